// Sandwich: the functions, and of one of them the callers and the callees.

class Sandwich {
  // `host` is that of its views and its table, and gives state, tree, rowWeights and total.
  constructor(host, columns) {
    this.host = host;
    this.callers = new FlameView(host, "Callers");
    this.callees = new FlameView(host, "Callees", true);
    this.list = new FunctionTable(host, columns, "Functions");
    this.list.element.classList.add("compact");
    this.title = make("h2");
    this.emptyNote = make("p", { class: "quiet" });
    this.graphs = [make("p", { class: "quiet" }, "Callers"), this.callers.element,
      make("p", { class: "quiet" }, "Callees"), this.callees.element];
    const halves = make("div", { class: "halves" }, this.title, this.emptyNote, ...this.graphs);
    this.element = make("div", { class: "sandwich" }, this.list.element, halves);
  }

  get narrow() { return this.callers.narrow + this.callees.narrow; }

  show() {
    const { host, host: { state, tree, total, profile: { names } } } = this;
    if (state.row === NONE) state.row = this.#hottest();
    const { row } = state;
    this.list.current = row;
    const calls = outermostCalls(tree, row);
    const weight = calls.reduce((sum, node) => sum + tree.totals[node], 0);
    this.title.textContent = `${names[row]} · self ${percent(host.rowWeights.own[row], total)}, `
      + `total ${percent(weight, total)}`;
    // Hidden graphs have no size to draw for.
    for (const graph of this.graphs) graph.hidden = false;
    this.#showGraphs(tree, row, calls);
    this.emptyNote.textContent = this.#emptyText;
    this.emptyNote.hidden = weight > 0;
    for (const graph of this.graphs) graph.hidden = weight === 0;
  }

  #showGraphs(tree, row, calls) {
    const starts = calls.map((node) => ({ node, weight: tree.totals[node] }));
    this.callers.show(new Ascent(tree, row, starts).root);
    const descent = new Descent(tree, calls, true);
    descent.root.row = row;
    this.callees.show(descent.root);
  }

  // Why the function has no weight.
  get #emptyText() {
    const { profile, state } = this.host;
    if (!profile.changes || state.filters.length > 0) {
      return "in none of the stacks that are left: reset shows everything again";
    }
    const other = WIDTHS.find((side) => side !== state.widths);
    return `not in the profile ${state.widths}: choose the shares ${other} as widths`;
  }

  // The function that differs most, or that has the most samples of its own.
  #hottest() {
    const { profile: { kinds, changes }, rowWeights: { own } } = this.host;
    let hottest = changes?.ranks.indexOf(0) ?? NONE;
    if (hottest !== NONE) return hottest;
    for (let row = 1; row < own.length; row += 1) {
      if (kinds[row] !== Kind.group && (hottest === NONE || own[row] > own[hottest])) hottest = row;
    }
    return hottest;
  }
}
