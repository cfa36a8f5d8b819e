// Menu: what can be done with a frame.

class ActionMenu {
  // `host` gives profile, search and details, opens functions and adds filters.
  constructor(host) {
    this.host = host;
    this.element = element("menu");
  }

  actions(view, branch) {
    const { host } = this;
    const { row } = branch;
    const name = host.name(branch);
    const exactly = Pattern.exactly(name);
    const isFunction = host.profile.kinds[row] !== Kind.group;
    return [
      { key: "Enter", label: "Zoom in", act: () => view.zoom(branch) },
      { key: "s", label: "Callers and callees", isUsable: isFunction, act: () => host.openFunction(row) },
      { key: "f", label: "Focus on it", isUsable: row > 0, act: () => host.addFilter("focus", exactly) },
      { key: "x", label: "Ignore stacks with it", isUsable: row > 0, act: () => host.addFilter("ignore", exactly) },
      { key: "d", label: "Hide its frames", isUsable: isFunction, act: () => host.addFilter("hide", exactly) },
      { key: "e", label: "Search for it", isUsable: row > 0, act: () => host.search.find(exactly) },
      { key: "c", label: "Copy the name", act: () => this.#copy(name, "name") },
      { key: "C", label: "Copy the stack", act: () => this.#copy(this.#stack(branch), "stack") },
    ].filter((action) => action.isUsable !== false);
  }

  // One frame a line, the innermost first.
  #stack({ path: [root, ...branches], growth }) {
    const names = branches.map((branch) => this.host.name(branch));
    const isAscent = growth instanceof Ascent;
    // The root is a function where it isn't all.
    if (isAscent ? !growth.isFromLeaves : growth.isMerged) names.unshift(this.host.name(root));
    return (isAscent ? names : names.reverse()).join("\n");
  }

  async #copy(text, what) {
    const isCopied = await copy(text, document.body);
    this.host.details.say(isCopied ? `Copied the ${what}.` : `The browser doesn't let the page copy the ${what}.`);
  }

  get isOpen() { return !this.element.hidden; }

  close() { this.element.hidden = true; }

  open(view, branch, { x, y }) {
    const menu = this.element;
    const close = () => {
      this.close();
      view.element.focus();
    };
    const buttons = this.actions(view, branch).map(({ key, label, act }) => make("button", {
      type: "button", role: "menuitem", "data-key": key, onclick: () => {
        close();
        act();
      },
    }, label, make("kbd", { "aria-hidden": "true" }, key)));
    menu.replaceChildren(make("p", {}, this.host.name(branch)), ...buttons);
    menu.hidden = false;
    menu.style.left = `${Math.max(8, Math.min(x, window.innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(y, window.innerHeight - menu.offsetHeight - 8))}px`;
    buttons[0].focus();
    menu.onkeydown = (event) => this.#press(event, buttons, close);
  }

  #press(event, buttons, close) {
    const at = buttons.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) buttons.at(next % buttons.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key === "Enter" || event.key === " ") return;
    else buttons.find((button) => button.dataset.key === event.key)?.click();
    event.preventDefault();
    event.stopPropagation();
  }
}
