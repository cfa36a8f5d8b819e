// Details: the line at the bottom that says what a frame is.

const HINT = "Click or Enter zooms in · arrow keys walk · right-click or m for actions · / searches · ? shows all keys";

class Details {
  // `host` gives profile, total, text, colouring and menu.
  constructor(host) {
    this.host = host;
    this.element = element("details");
  }

  say(text) { this.element.textContent = text; }

  prepend(text) { this.element.prepend(text); }

  show(branch, view) {
    if (!branch) {
      this.element.replaceChildren(make("span", { class: "quiet" }, HINT));
      return;
    }
    const { profile, menu } = this.host;
    const facts = [...this.#weights(branch, view), ...this.#facts(branch)].filter(Boolean).join(" · ");
    this.element.replaceChildren(make("span", { class: "quiet" }, `${facts} `), make("strong", {}, profile.names[branch.row]));
    if (branch !== view.selected) return;
    const onclick = () => menu.open(view, branch, view.placeOf(branch));
    this.element.append(" ", make("button", { type: "button", onclick }, "Actions"));
  }

  #weights({ weight, own, depth, caller, growth }, { root, zoomed }) {
    const { total, text } = this.host;
    const isAscent = growth instanceof Ascent;
    return [
      percent(weight, total), text(weight),
      (!isAscent || depth === 1) && `self ${percent(own, total)}`,
      caller && caller.depth > 0 && `${percent(weight, caller.weight)} of its ${isAscent ? "callee" : "caller"}`,
      zoomed && zoomed !== root && depth > zoomed.depth && `${percent(weight, zoomed.weight)} of the zoomed frame`,
    ];
  }

  #facts(branch) {
    const { profile: { kinds, objects, files }, colouring } = this.host;
    const { row, isInlined } = branch;
    return [isInlined ? "inlined" : KIND_NAMES[kinds[row]], colouring.remark(branch), objects[row], files[row]];
  }

  // Of frames that are drawn as one.
  showNarrow({ weight, count: frames }) {
    const { total, text } = this.host;
    this.say(`${percent(weight, total)} · ${text(weight)} · ${count(frames, "frame")} narrower than half a pixel: zoom in to see them`);
  }
}
