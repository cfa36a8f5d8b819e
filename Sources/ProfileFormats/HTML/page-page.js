// Page: from what was chosen to what is shown.

const element = (id) => document.getElementById(id);

class Page {
  theme = null;

  constructor(profile) {
    const { dataset } = document.body;
    this.profile = profile;
    this.unitName = dataset.unit;
    this.weights = new Float64Array(profile.sampleCount);
    this.state = new PageState(profile, dataset);
    this.colouring = profile.changes ? new ChangeColouring(profile) : new Colouring(profile);
    this.search = new Search(this);
    this.isHit = this.search.isHit;
    this.threads = new ThreadList(this);
    this.details = new Details(this);
    this.menu = new ActionMenu(this);
    this.timeline = new Timeline(this, dataset);
    this.flames = new FlameView(this, "Flame graph");
    const columns = profile.changes?.columns(profile) ?? weightColumns(this);
    this.table = new FunctionTable(this, columns, "Functions");
    this.sandwich = new Sandwich(this, columns);
    this.active = this.flames;
    this.controls = new Controls(this);
    new Keyboard(this);
    this.readAddress();
    for (const name of ["popstate", "hashchange"]) {
      window.addEventListener(name, () => { if (!isAt(this.state.address)) this.readAddress(); });
    }
  }

  text = (value) => valueText(value, this.unitName);

  name(branch) { return this.profile.names[branch.row]; }

  colour(branch) { return this.theme.fills.get(this.colouring.style(branch)); }

  // The order of the callees of one caller.
  order = (left, right) => {
    if (this.state.order === "weight" && left.weight !== right.weight) return right.weight - left.weight;
    const [one, other] = [this.name(left), this.name(right)];
    return one < other ? -1 : one > other ? 1 : left.row - right.row || left.isInlined - right.isInlined;
  };

  // Of each sample whether a thread that is chosen has it, no filter leaves it out, and a search finds it, at whatever
  // time.
  get isIncluded() {
    const { tree, search: { hits }, threads: { isOn }, profile: { sampleThreads } } = this;
    const isCovered = hits ? tree.matches(hits).isCovered : null;
    return tree.places.map((place, sample) => (
      place === NONE || isCovered?.[place] === 0 ? 0 : isOn[sampleThreads[sample]]));
  }

  // The address

  readAddress() {
    this.state.read(location.hash.slice(1));
    this.colouring.choose(this.state.colours);
    this.readTheme();
    this.rebuild();
    this.timeline.update();
  }

  writeAddress(isNewStep) { writeAddress(this.state.address, isNewStep); }

  // From the filters to what is shown, each step with all that follows

  rebuild() {
    const { state, profile } = this;
    const lists = { focus: [], ignore: [], hide: [] };
    for (const { kind, pattern } of state.filters) lists[kind].push(pattern.matches(profile.names));
    this.tree = new CallTree(profile, state.grouping, lists);
    this.threads.show(state.threads);
    this.controls.showFilters();
    this.reweigh();
  }

  reweigh() {
    const { weights, profile, tree, threads: { isOn }, timeline, state } = this;
    if (state.ranges.length > 0 && timeline.times) {
      timeline.times.weigh(weights, state.ranges);
    } else {
      weights.set(profile.changes?.values(profile, state.widths) ?? profile.sampleValues);
    }
    if (state.threads) {
      for (let sample = 0; sample < weights.length; sample += 1) weights[sample] *= isOn[profile.sampleThreads[sample]];
    }
    tree.weigh(weights);
    this.rowWeights = null;
    this.total = tree.totals[0];
    timeline.describe();
    this.search.run();
    this.render();
  }

  render() {
    const main = element("main");
    this.controls.show();
    this.details.show(null);
    if (this.total === 0) {
      const reason = this.profile.sampleCount === 0 ? "no samples" : "nothing is left: reset shows everything again";
      main.replaceChildren(make("p", { class: "empty" }, reason));
      element("narrow").textContent = "";
      return;
    }
    const views = { flames: this.#showFlames, inverted: this.#showFlames, sandwich: this.#showSandwich, table: this.#showTable };
    views[this.state.view].call(this);
  }

  #replaceMain(child) {
    const main = element("main");
    if (main.firstChild !== child) main.replaceChildren(child);
  }

  #showFlames() {
    const { flames, tree, state } = this;
    const isInverted = state.view === "inverted";
    this.#replaceMain(flames.element);
    this.active = flames;
    flames.isIcicle = state.isIcicle;
    flames.element.setAttribute("aria-label", isInverted ? "Inverted flame graph" : "Flame graph");
    flames.show(isInverted ? Ascent.fromLeaves(tree).root : new Descent(tree, [0]).root, state.path);
  }

  #showTable() {
    this.#replaceMain(this.table.element);
    element("narrow").textContent = "";
    this.#fillTable();
  }

  #showSandwich() {
    this.#replaceMain(this.sandwich.element);
    this.#fillTable();
    this.active = this.sandwich.callees;
    this.sandwich.show();
  }

  #fillTable() {
    this.rowWeights ??= this.tree.rowWeights();
    const { view } = this.state;
    if (view === "sandwich") this.sandwich.list.show(this.rowWeights, () => true);
    else if (view === "table") this.table.show(this.rowWeights, (row) => !this.search.hits || this.isHit(row));
  }

  #drawGraphs() {
    for (const view of [this.flames, this.sandwich.callers, this.sandwich.callees]) view.draw();
  }

  // After a search has found others.
  showMatches() {
    this.#fillTable();
    this.#drawGraphs();
  }

  // After another choice of colours, or of light or dark.
  readTheme() {
    this.controls.showLegend();
    this.theme = new FlameTheme(document.body, this.colouring.styles);
    this.#drawGraphs();
    this.timeline.draw();
  }

  // What graphs and tables report

  zoomed(view, branch) {
    if (view === this.flames) {
      this.state.path = view.path;
      this.writeAddress(true);
    }
    this.details.show(branch, view);
  }

  chosen(view, branch) { this.details.show(branch, view); }

  pointed(view, box) {
    if (box && !box.branch) this.details.showNarrow(box);
    else this.details.show(box?.branch ?? view.selected, view);
  }

  focused(view) { this.active = view; }

  laidOut() {
    const { narrow } = this.state.view === "sandwich" ? this.sandwich : this.flames;
    element("narrow").textContent = narrow === 0 ? ""
      : `· ${count(narrow, "frame")} narrower than half a pixel ${narrow === 1 ? "is" : "are"} grey, `
        + `with all above ${narrow === 1 ? "it" : "them"}: zoom in`;
  }

  openFunction(row) {
    this.state.row = row;
    this.setView("sandwich");
  }

  pointedAtFunction(row) {
    if (this.state.view === "sandwich" && row !== NONE) this.openFunction(row);
  }

  // Steps of the reader

  setView(view) {
    const { state } = this;
    const isOther = view !== state.view;
    if (isOther) state.path = [];
    state.view = view;
    this.render();
    this.writeAddress(isOther);
  }

  // Changes how the same samples are shown.
  choose(changes) {
    Object.assign(this.state, changes);
    this.render();
    this.writeAddress(false);
  }

  chooseColours(name) {
    this.state.colours = name;
    this.colouring.choose(name);
    this.readTheme();
    this.writeAddress(false);
  }

  chooseThreads(chosen) {
    this.state.chooseThreads(chosen);
    this.threads.show(this.state.threads);
    this.reweigh();
    this.timeline.update();
    this.writeAddress(true);
  }

  addFilter(kind, source) {
    const { filters } = this.state;
    if (filters.length >= MOST_FILTERS) return;
    this.changeFilters({ filters: [...filters, { kind, pattern: new Pattern(source) }] });
  }

  // Changes which samples are shown, and as which rows.
  changeFilters(changes) {
    Object.assign(this.state, changes, { path: [] });
    this.rebuild();
    this.timeline.update();
    this.writeAddress(true);
  }

  reset() {
    this.state.reset();
    this.timeline.showAll();
    this.changeFilters({});
  }
}
