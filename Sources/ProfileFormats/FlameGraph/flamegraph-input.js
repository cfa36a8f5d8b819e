// What the reader does: buttons, keys, the pointer, and the window.

class Input {
  constructor(graph) {
    this.graph = graph;
    this.actions = this.makeActions();
    this.keys = this.makeKeys();
    this.listenToToolbar();
    this.listenToWindow();
  }

  makeActions() {
    const { graph } = this;
    const { state, toolbar } = graph;
    return {
      previous: () => graph.goToMatch(-1),
      next: () => graph.goToMatch(1),
      ignoreCase: () => graph.find({ ignoreCase: !state.ignoreCase }),
      icicle: () => graph.change({ isIcicle: !state.isIcicle }),
      inverted: () => graph.change({ isInverted: !state.isInverted }),
      byWeight: () => graph.change({ order: state.order === "weight" ? "name" : "weight" }),
      awake: () => graph.hasIdle && graph.change({ isAwake: !state.isAwake }),
      focus: () => graph.focusOn(graph.current),
      hide: () => graph.hide(graph.current),
      copyName: () => graph.copyName(graph.current),
      copyStack: () => graph.copyStack(graph.current),
      reset: () => graph.zoom(graph.frames.root),
      help: () => toolbar.say(KEYS),
    };
  }

  makeKeys() {
    const { graph, actions } = this;
    const pointed = (act) => () => act.call(graph, graph.hovered ?? graph.current);
    return {
      "/": () => graph.toolbar.field.focus(),
      "?": actions.help,
      n: actions.next,
      N: actions.previous,
      i: actions.icicle,
      v: actions.inverted,
      o: actions.byWeight,
      w: actions.awake,
      f: pointed(graph.focusOn),
      h: pointed(graph.hide),
      c: pointed(graph.copyName),
      C: pointed(graph.copyStack),
      Enter: () => graph.selected && graph.zoom(graph.selected),
    };
  }

  listenToToolbar() {
    const { graph: { toolbar }, graph } = this;
    for (const [control, action] of Object.entries(this.actions)) toolbar[control].addEventListener("click", action);
    toolbar.field.addEventListener("input", () => graph.find({ search: toolbar.field.value }));
  }

  listenToWindow() {
    const { graph, graph: { picture, picture: { svg } } } = this;
    svg.addEventListener("click", (event) => {
      const frame = picture.frameUnder(event);
      if (!frame) return;
      graph.hovered = null;
      graph.zoom(frame);
    });
    svg.addEventListener("pointermove", (event) => graph.hover(picture.frameUnder(event)));
    svg.addEventListener("pointerleave", () => graph.hover(null));
    (picture.isDocument ? window : svg).addEventListener("keydown", (event) => this.press(event));
    window.addEventListener("resize", () => requestAnimationFrame(() => graph.layOut()));
    window.addEventListener("scroll", () => picture.followScrolling(), { passive: true });
    for (const name of ["hashchange", "popstate"]) window.addEventListener(name, () => graph.followAddress());
  }

  press(event) {
    const act = this.actionOf(event);
    if (!act) return;
    act();
    event.preventDefault();
  }

  // What a key means now, or nothing.
  actionOf({ key, code, ctrlKey, metaKey, altKey, shiftKey }) {
    const { graph, keys, actions } = this;
    const { field } = graph.toolbar;
    const active = document.activeElement;
    const isTyping = active === field;
    if ((ctrlKey || metaKey) && key === "f" && !isTyping) return () => [field.focus(), field.select()];
    if (altKey && code === "KeyC") return actions.ignoreCase;
    if (key === "Escape") return () => graph.reset();
    if (isTyping && key === "Enter") return () => graph.goToMatch(shiftKey ? -1 : 1);
    if (isTyping || ctrlKey || metaKey || altKey) return null;
    if (key.startsWith("Arrow")) return () => this.walk(key);
    return key === "Enter" && active?.localName === "button" ? null : keys[key];
  }

  walk(key) {
    const { graph, graph: { drawing, selected, zoomed } } = this;
    const frame = this.neighbour(key, selected ?? zoomed);
    graph.select(frame && drawing.drawn.has(frame) ? frame : selected ?? zoomed);
  }

  neighbour(key, from) {
    const { drawing, frames, state } = this.graph;
    const row = drawing.lines[from.line];
    const position = row.indexOf(from);
    if (key === "ArrowLeft") return row[position - 1];
    if (key === "ArrowRight") return row[position + 1];
    if (key !== (state.isIcicle ? "ArrowDown" : "ArrowUp")) return from.caller;
    const callees = frames.callees(from).filter((frame) => drawing.drawn.has(frame));
    return callees.reduce((widest, frame) => (!widest || frame.weight > widest.weight ? frame : widest), null);
  }
}
