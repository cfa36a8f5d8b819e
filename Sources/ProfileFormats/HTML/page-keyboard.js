// Keyboard: keys that mean something wherever the focus is.

const KEYS = [
  ["1 2 3 4", "flame graph, inverted, callers and callees, table"],
  ["← → ↑ ↓", "walk over frames, functions or times"], ["Enter", "zoom into the frame, open the function, select the time"],
  ["Backspace", "zoom out to the caller"], ["Home", "the root"],
  ["/ or Ctrl-F", "search; Enter and Shift-Enter go on"], ["n, N", "next and previous match"],
  ["i", "roots at the top or at the bottom"], ["s", "callers and callees of the frame"],
  ["f, x, d", "focus on the function, ignore stacks with it, hide its frames"], ["e", "search for the function"],
  ["c, C", "copy the name, the stack"], ["m or right click", "all actions of the frame"],
  ["t", "choose threads"], ["h", "heat map; Shift with arrow keys extends"], ["r", "reset: show everything again"],
  ["Escape", "undo one thing: panel, search, zoom, selected time"], ["?", "this help"],
];

class Keyboard {
  // `host` gives state, active, search, menu and timeline, and shows what is chosen.
  constructor(host) {
    this.host = host;
    this.keys = {
      "/": () => this.#focusSearch(),
      "?": () => element("help").showModal(),
      i: () => host.choose({ isIcicle: !host.state.isIcicle }),
      n: () => host.search.step(1),
      N: () => host.search.step(-1),
      r: () => host.reset(),
      t: () => this.#openThreads(),
      h: () => host.timeline.focus(),
      m: () => this.#openMenu(),
    };
    VIEWS.forEach((view, position) => { this.keys[position + 1] = () => host.setView(view); });
    document.addEventListener("keydown", (event) => { if (this.#press(event)) event.preventDefault(); });
    element("keys").replaceChildren(
      ...KEYS.flatMap(([keys, text]) => [make("dt", {}, make("kbd", {}, keys)), make("dd", {}, text)]));
  }

  #press(event) {
    const act = this.#actionOf(event);
    if (!act) return;
    act();
    event.preventDefault();
  }

  // What a key means now, or nothing.
  #actionOf({ key, target, ctrlKey, metaKey, altKey, shiftKey }) {
    const { host } = this;
    const isSearch = target.id === "search";
    if ((ctrlKey || metaKey) && key === "f" && !isSearch) return () => this.#focusSearch();
    if (ctrlKey || metaKey || altKey || element("help").open) return null;
    if (key === "Escape") return () => this.#stepBack(target);
    if (isSearch && key === "Enter") return () => host.search.step(shiftKey ? -1 : 1);
    if (target.matches("input[type=search], select")) return null;
    return this.keys[key] ?? this.#actionOnFrame(key) ?? this.#firstStep(key, target);
  }

  // The frame that actions are for.
  get #branch() { return this.host.active.selected ?? this.host.active.zoomed; }

  #actionOnFrame(key) {
    const { active, menu, state } = this.host;
    if (!this.#branch || state.view === "table" || key === "Enter") return null;
    return menu.actions(active, this.#branch).find((action) => action.key === key)?.act;
  }

  // Walking begins in the graph, wherever nothing has the focus.
  #firstStep(key, target) {
    const { active, state } = this.host;
    const isWalking = key.startsWith("Arrow") || (key === "Enter" && active.selected);
    if (target !== document.body || !isWalking || state.view === "table") return null;
    return () => {
      active.element.focus({ preventScroll: true });
      active.press(key);
    };
  }

  #focusSearch() {
    element("search").focus();
    element("search").select();
  }

  #openThreads() {
    if (element("threads").hidden) return;
    element("threads").open = true;
    element("thread-search").focus();
  }

  #openMenu() {
    const { active, menu } = this.host;
    if (this.#branch) menu.open(active, this.#branch, active.placeOf(this.#branch));
  }

  // Escape undoes one thing: an open panel, a search, a zoom, a selected time.
  #stepBack(target) {
    const { active, menu, search, state, timeline } = this.host;
    const open = document.querySelector(".menu[open]");
    if (menu.isOpen) menu.close();
    else if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else if (state.search) search.find("");
    else if (active.zoomed && active.zoomed !== active.root) active.zoom(active.root);
    else if (state.ranges.length > 0) timeline.choose([]);
    else active.select(null);
    if (target.id === "search") target.blur();
  }
}
