// What the reader has chosen, and its copy in the address, which has what differs from the picture in the file.

class State {
  constructor(data) {
    this.initial = {
      isIcicle: data.root === "top", isInverted: data.inverted === "true", order: data.order,
      isAwake: data.idle === "hidden",
    };
  }

  // Takes over what an address has; returns where it zooms to, or null.
  read(address) {
    const { initial } = this;
    const parts = new URLSearchParams(address);
    const flag = (key, normally) => (parts.has(key) ? parts.get(key) === "1" : normally);
    const order = parts.get("order");
    Object.assign(this, {
      search: parts.get("search") ?? "",
      ignoreCase: flag("ignorecase", false),
      isIcicle: flag("icicle", initial.isIcicle),
      isInverted: flag("inverted", initial.isInverted),
      order: order === "weight" || order === "name" ? order : initial.order,
      isAwake: !flag("idle", !initial.isAwake),
      focus: parts.getAll("focus"),
      hidden: parts.getAll("hide"),
    });
    return parts.get("zoom");
  }

  // `zoom` is where the picture is zoomed to, or null.
  address(zoom) {
    const { initial } = this;
    const parts = new URLSearchParams();
    const set = (key, value, isOther) => isOther && parts.set(key, value);
    set("zoom", zoom, zoom !== null);
    set("search", this.search, this.search);
    set("ignorecase", "1", this.ignoreCase);
    set("icicle", Number(this.isIcicle), this.isIcicle !== initial.isIcicle);
    set("inverted", Number(this.isInverted), this.isInverted !== initial.isInverted);
    set("order", this.order, this.order !== initial.order);
    set("idle", Number(!this.isAwake), this.isAwake !== initial.isAwake);
    for (const name of this.focus) parts.append("focus", name);
    for (const name of this.hidden) parts.append("hide", name);
    return `#${parts}`;
  }
}
