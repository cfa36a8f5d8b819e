// Page: what is shown, the controls, and the address, which keeps what was chosen.

const VIEWS = ["flames", "inverted", "sandwich", "table"];
const WIDTHS = ["before", "after"];
const FILTERS = { focus: "Focus on", ignore: "Ignore", hide: "Hide" };
const MOST_FILTERS = 30;
const element = (id) => document.getElementById(id);

class Page {
  constructor(profile) {
    const { dataset } = document.body;
    this.profile = profile;
    this.unitName = dataset.unit;
    this.unit = Number(dataset.timeUnit);
    this.duration = Math.max(1, Math.ceil(Number(dataset.duration) / this.unit));
    this.period = Number(dataset.period) || 0;
    this.startNanoseconds = dataset.start === "" ? null : Number(dataset.start);
    this.defaults = {
      grouping: Number(dataset.grouping), isIcicle: dataset.orientation === "icicles", colours: dataset.colours,
    };
    this.times = null;
    this.text = (value) => valueText(value, this.unitName);
    this.isHit = (row) => this.hits !== null && this.hits[row] === 1;
    this.hits = null;
    this.weights = new Float64Array(profile.sampleCount);
    this.theme = null;
    this.threads = new ThreadList(this);
    this.flames = new FlameView(this, "Flame graph", this.defaults.isIcicle);
    this.callers = new FlameView(this, "Callers", false);
    this.callees = new FlameView(this, "Callees", true);
    const columns = profile.changes?.columns(profile) ?? weightColumns(this);
    this.table = new FunctionTable(this, columns, "Functions");
    this.list = new FunctionTable(this, columns, "Functions");
    this.list.element.classList.add("compact");
    this.active = this.flames;
    this.colouring = profile.changes ? new ChangeColouring(profile) : new Colouring(profile);
    this.readAddress();
    this.listen();
    for (const id of ["bar", "main", "foot"]) element(id).hidden = false;
    for (const id of ["grouping-line", "colours-line", "threads"]) element(id).hidden = profile.changes !== null;
    element("widths-line").hidden = profile.changes === null;
    if (profile.sampleCount > 0 && !profile.changes) element(dataset.timed === "true" ? "heat" : "heat-note").hidden = false;
    this.readTheme();
    this.rebuild();
  }

  // Of each sample whether a thread that is chosen has it, no filter leaves it out, and a search finds it, at whatever
  // time.
  get isIncluded() {
    const { places } = this.tree;
    const { isOn } = this.threads;
    const isCovered = this.hits ? this.tree.matches(this.hits).isCovered : null;
    return places.map((place, sample) => (
      place === NONE || isCovered?.[place] === 0 ? 0 : isOn[this.profile.sampleThreads[sample]]));
  }

  // State and the address

  readAddress() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const view = parts.get("view");
    this.view = VIEWS.includes(view) ? view : "flames";
    this.grouping = parts.has("rows") ? Number(parts.get("rows")) : this.defaults.grouping;
    if (![-1, 0, 1, 2].includes(this.grouping)) this.grouping = this.defaults.grouping;
    this.isIcicle = parts.has("icicle") ? parts.get("icicle") === "1" : this.defaults.isIcicle;
    const colours = parts.get("colours");
    this.colouring.choose(Colouring.names.includes(colours) ? colours : this.defaults.colours);
    const widths = parts.get("widths");
    if (this.profile.changes) this.profile.changes.widths = WIDTHS.includes(widths) ? widths : document.body.dataset.widths;
    this.orderName = parts.get("order") === "weight" ? "weight" : "name";
    this.filters = Object.keys(FILTERS)
      .flatMap((kind) => parts.getAll(kind).map((source) => ({ kind, pattern: new Pattern(source) }))).slice(0, MOST_FILTERS);
    this.search = parts.get("search") ?? "";
    this.row = Number(parts.get("function") ?? NONE);
    if (!(this.row > 0 && this.row < this.profile.names.length)) this.row = NONE;
    const pairs = (parts.get("time") ?? "").split(",").map((range) => range.split("-").map(Number));
    this.ranges = united(pairs.filter((range) => range.length === 2 && range.every(Number.isFinite)));
    const chosen = parts.get("threads");
    this.threads.chosen = chosen === null ? this.threads.isOn.keys() : chosen.split(".").filter(Boolean).map(Number);
    this.path = (parts.get("zoom") ?? "").split(".").filter(Boolean).map(Number);
  }

  get address() {
    const parts = new URLSearchParams();
    if (this.view !== "flames") parts.set("view", this.view);
    if (this.grouping !== this.defaults.grouping) parts.set("rows", this.grouping);
    if (this.isIcicle !== this.defaults.isIcicle) parts.set("icicle", this.isIcicle ? "1" : "0");
    if (this.colouring.name !== this.defaults.colours) parts.set("colours", this.colouring.name);
    const widths = this.profile.changes?.widths ?? null;
    if (widths !== null && widths !== document.body.dataset.widths) parts.set("widths", widths);
    if (this.orderName !== "name") parts.set("order", this.orderName);
    for (const { kind, pattern } of this.filters) parts.append(kind, pattern.source);
    if (this.search) parts.set("search", this.search);
    if (this.view === "sandwich" && this.row !== NONE) parts.set("function", this.row);
    if (this.ranges.length > 0) parts.set("time", this.ranges.map((range) => range.join("-")).join(","));
    if (!this.threads.isAll) parts.set("threads", this.threads.chosen.join("."));
    if (this.path.length > 0) parts.set("zoom", this.path.join("."));
    return `#${parts}`;
  }

  writeAddress(isNewStep) {
    if ((location.hash || "#") === this.address) return;
    try {
      history[isNewStep ? "pushState" : "replaceState"](null, "", this.address);
    } catch {
      // A sandboxed page may not change its address; it works without it.
    }
  }

  // From the filters to what is shown, each step with all that follows

  rebuild() {
    const lists = { focus: [], ignore: [], hide: [] };
    for (const { kind, pattern } of this.filters) lists[kind].push(pattern.matches(this.profile.names));
    this.tree = new CallTree(this.profile, this.grouping, lists);
    this.showFilters();
    this.reweigh();
  }

  reweigh() {
    const { weights, profile } = this;
    if (this.ranges.length > 0 && this.times) {
      this.times.weigh(weights, this.ranges);
    } else {
      weights.set(profile.changes?.values(profile) ?? profile.sampleValues);
    }
    if (!this.threads.isAll) {
      const { isOn } = this.threads;
      for (let sample = 0; sample < weights.length; sample += 1) weights[sample] *= isOn[profile.sampleThreads[sample]];
    }
    this.tree.weigh(weights);
    this.rowWeights = null;
    this.total = this.tree.totals[0];
    this.describeRanges();
    this.searchAll();
    this.render();
  }

  searchAll() {
    this.hits = this.search ? new Pattern(this.search).matches(this.profile.names) : null;
    const found = element("found");
    element("search").value = this.search;
    for (const id of ["previous", "next"]) element(id).disabled = !this.hits;
    if (!this.hits) {
      found.textContent = "";
      return;
    }
    this.hits[0] = 0;
    const { weight, rows, nodes } = this.tree.matches(this.hits);
    const plain = new Pattern(this.search).isPlain ? "As plain text: " : "";
    found.textContent = rows === 0 ? `${plain}no matches`
      : `${plain}${count(rows, "function")}, ${count(nodes, "frame")}, ${percent(weight, this.total)}`;
  }

  order = (left, right) => {
    if (this.orderName === "weight" && left.weight !== right.weight) return right.weight - left.weight;
    const [one, other] = [this.profile.names[left.row], this.profile.names[right.row]];
    return one < other ? -1 : one > other ? 1 : left.row - right.row || left.isInlined - right.isInlined;
  };

  render() {
    const main = element("main");
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", button.dataset.view === this.view);
    }
    element("icicle").checked = this.isIcicle;
    element("grouping").value = this.grouping;
    element("order").value = this.orderName;
    element("colours").value = this.colouring.name;
    if (this.profile.changes) element("widths").value = this.profile.changes.widths;
    this.showDetails(null);
    if (this.total === 0) {
      const reason = this.profile.sampleCount === 0 ? "no samples" : "nothing is left: reset shows everything again";
      main.replaceChildren(make("p", { class: "empty" }, reason));
      element("narrow").textContent = "";
      return;
    }
    const views = { flames: this.renderFlames, inverted: this.renderFlames, sandwich: this.renderSandwich, table: this.renderTable };
    views[this.view].call(this, main);
  }

  renderFlames(main) {
    const isInverted = this.view === "inverted";
    if (this.flames.element.parentElement !== main || main.children.length > 1) main.replaceChildren(this.flames.element);
    this.active = this.flames;
    this.flames.isIcicle = this.isIcicle;
    this.flames.element.setAttribute("aria-label", isInverted ? "Inverted flame graph" : "Flame graph");
    this.flames.show(isInverted ? Ascent.fromLeaves(this.tree).root : new Descent(this.tree, [0]).root, this.path);
  }

  renderTable(main) {
    if (main.firstChild !== this.table.element) main.replaceChildren(this.table.element);
    element("narrow").textContent = "";
    this.fillTable(this.table);
  }

  renderSandwich(main) {
    if (!this.halves) {
      this.title = make("h2");
      this.emptyNote = make("p", { class: "quiet" });
      this.halves = make("div", { class: "halves" }, this.title, this.emptyNote);
      this.graphs = [make("p", { class: "quiet" }, "Callers"), this.callers.element,
        make("p", { class: "quiet" }, "Callees"), this.callees.element];
      this.halves.append(...this.graphs);
      this.sandwich = make("div", { class: "sandwich" }, this.list.element, this.halves);
    }
    if (main.firstChild !== this.sandwich) main.replaceChildren(this.sandwich);
    this.fillTable(this.list);
    if (this.row === NONE) this.row = this.hottest();
    this.list.current = this.row;
    this.active = this.callees;
    const calls = outermostCalls(this.tree, this.row);
    const weight = calls.reduce((sum, node) => sum + this.tree.totals[node], 0);
    const own = this.rowWeights.own[this.row];
    for (const graph of this.graphs) graph.hidden = false;
    this.title.textContent = `${this.profile.names[this.row]} · self ${percent(own, this.total)}, `
      + `total ${percent(weight, this.total)}`;
    const starts = calls.map((node) => ({ node, weight: this.tree.totals[node] }));
    this.callers.show(new Ascent(this.tree, this.row, starts).root);
    const descent = new Descent(this.tree, calls, true);
    descent.root.row = this.row;
    this.callees.show(descent.root);
    this.emptyNote.textContent = this.emptyText;
    this.emptyNote.hidden = weight > 0;
    for (const graph of this.graphs) graph.hidden = weight === 0;
  }

  // Why the function of the sandwich has no weight.
  get emptyText() {
    const { changes } = this.profile;
    if (!changes || this.filters.length > 0) return "in none of the stacks that are left: reset shows everything again";
    const other = WIDTHS.find((side) => side !== changes.widths);
    return `not in the profile ${changes.widths}: choose the shares ${other} as widths`;
  }

  hottest() {
    let hottest = this.profile.changes?.ranks.indexOf(0) ?? NONE;
    if (hottest !== NONE) return hottest;
    for (let row = 1; row < this.rowWeights.own.length; row += 1) {
      if (this.profile.kinds[row] === Kind.group) continue;
      if (hottest === NONE || this.rowWeights.own[row] > this.rowWeights.own[hottest]) hottest = row;
    }
    return hottest;
  }

  fillTable(table) {
    this.rowWeights ??= this.tree.rowWeights();
    table.show(this.rowWeights, (row) => this.view === "sandwich" || !this.hits || this.isHit(row));
  }

  // What the flame graphs ask and report

  name(branch) { return this.profile.names[branch.row]; }

  colour(branch) { return this.theme.fills.get(this.colouring.style(branch)); }

  zoomed(view, branch) {
    if (view === this.flames) {
      this.path = view.path;
      this.writeAddress(true);
    }
    this.showDetails(branch, view);
  }

  chosen(view, branch) { this.showDetails(branch, view); }

  pointed(view, box) {
    if (box && !box.branch) {
      element("details").textContent = `${percent(box.weight, this.total)} · ${this.text(box.weight)} · `
        + `${count(box.count, "frame")} narrower than half a pixel: zoom in to see them`;
      return;
    }
    this.showDetails(box?.branch ?? view.selected, view);
  }

  focused(view) { this.active = view; }

  laidOut() {
    const narrow = this.view === "sandwich" ? this.callers.narrow + this.callees.narrow : this.flames.narrow;
    element("narrow").textContent = narrow === 0 ? ""
      : `· ${count(narrow, "frame")} narrower than half a pixel ${narrow === 1 ? "is" : "are"} grey, with all above ${narrow === 1 ? "it" : "them"}: zoom in`;
  }

  showDetails(branch, view = this.active) {
    const details = element("details");
    if (!branch) {
      details.replaceChildren(make("span", { class: "quiet" },
        "Click or Enter zooms in · arrow keys walk · right-click or m for actions · / searches · ? shows all keys"));
      return;
    }
    const { profile } = this;
    const zoomed = view.zoomed;
    const caller = branch.caller;
    const isAscent = branch.growth instanceof Ascent;
    const parts = [
      percent(branch.weight, this.total), this.text(branch.weight),
      isAscent && branch.depth !== 1 ? null : `self ${percent(branch.own, this.total)}`,
      caller && caller.depth > 0 ? `${percent(branch.weight, caller.weight)} of ${isAscent ? "its callee" : "its caller"}` : null,
      zoomed && zoomed !== view.root && branch.depth > zoomed.depth ? `${percent(branch.weight, zoomed.weight)} of the zoomed frame` : null,
      branch.isInlined ? "inlined" : KIND_NAMES[profile.kinds[branch.row]],
      this.colouring.remark(branch), profile.objects[branch.row], profile.files[branch.row],
    ].filter(Boolean);
    details.replaceChildren(
      make("span", { class: "quiet" }, `${parts.join(" · ")} `), make("strong", {}, this.name(branch)),
      ...(branch === view.selected ? [" ", make("button", { type: "button", onclick: () => this.menu(view, branch, view.placeOf(branch)) }, "Actions")] : []));
  }

  // Actions of a frame

  actions(view, branch) {
    const name = this.name(branch);
    const exactly = Pattern.exactly(name);
    const isFunction = this.profile.kinds[branch.row] !== Kind.group;
    return [
      { key: "Enter", label: "Zoom in", act: () => view.zoom(branch) },
      { key: "s", label: "Callers and callees", isUsable: isFunction, act: () => this.openFunction(branch.row) },
      { key: "f", label: "Focus on it", isUsable: branch.row > 0, act: () => this.addFilter("focus", exactly) },
      { key: "x", label: "Ignore stacks with it", isUsable: branch.row > 0, act: () => this.addFilter("ignore", exactly) },
      { key: "d", label: "Hide its frames", isUsable: isFunction, act: () => this.addFilter("hide", exactly) },
      { key: "e", label: "Search for it", isUsable: branch.row > 0, act: () => this.find(exactly) },
      { key: "c", label: "Copy the name", act: () => this.copy(name, "name") },
      { key: "C", label: "Copy the stack", act: () => this.copy(this.stack(branch), "stack") },
    ].filter((action) => action.isUsable !== false);
  }

  // One frame a line, the innermost first.
  stack(branch) {
    const names = branch.path.slice(1).map((branch) => this.name(branch));
    if (branch.growth instanceof Ascent) {
      const isSandwich = !branch.growth.isFromLeaves;
      return (isSandwich ? [this.name(branch.path[0]), ...names] : names).join("\n");
    }
    if (branch.growth.isMerged) names.unshift(this.name(branch.path[0]));
    return names.reverse().join("\n");
  }

  async copy(text, what) {
    const isCopied = await copy(text);
    element("details").textContent = isCopied ? `Copied the ${what}.` : `The browser doesn't let the page copy the ${what}.`;
  }

  menu(view, branch, { x, y }) {
    const menu = element("menu");
    const close = () => {
      menu.hidden = true;
      view.element.focus();
    };
    const buttons = this.actions(view, branch).map(({ key, label, act }) => make("button", {
      type: "button", role: "menuitem", "data-key": key, onclick: () => {
        close();
        act();
      },
    }, label, make("kbd", { "aria-hidden": "true" }, key)));
    menu.replaceChildren(make("p", {}, this.name(branch)), ...buttons);
    menu.hidden = false;
    menu.style.left = `${Math.max(8, Math.min(x, window.innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(y, window.innerHeight - menu.offsetHeight - 8))}px`;
    buttons[0].focus();
    menu.onkeydown = (event) => {
      const at = buttons.indexOf(document.activeElement);
      const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
      if (next !== undefined) buttons.at(next % buttons.length).focus();
      else if (event.key === "Escape" || event.key === "Tab") close();
      else if (event.key === "Enter" || event.key === " ") return;
      else buttons.find((button) => button.dataset.key === event.key)?.click();
      event.preventDefault();
      event.stopPropagation();
    };
  }

  openFunction(row) {
    this.row = row;
    this.setView("sandwich");
  }

  pointedAtFunction(row) {
    if (this.view === "sandwich" && row !== NONE) this.openFunction(row);
  }

  setView(view) {
    const isOther = view !== this.view;
    if (isOther) this.path = [];
    this.view = view;
    this.render();
    this.writeAddress(isOther);
  }

  addFilter(kind, source) {
    if (this.filters.length >= MOST_FILTERS) return;
    this.filters.push({ kind, pattern: new Pattern(source) });
    this.changeFilters();
  }

  changeFilters() {
    this.path = [];
    this.rebuild();
    this.heat?.update();
    this.writeAddress(true);
  }

  showFilters() {
    const list = element("filters");
    list.hidden = this.filters.length === 0;
    list.replaceChildren(...this.filters.map((filter) => make("li", {}, FILTERS[filter.kind],
      make("span", { class: "name", title: filter.pattern.label }, filter.pattern.label),
      make("button", { type: "button", "aria-label": `Remove: ${FILTERS[filter.kind]} ${filter.pattern.label}`, onclick: () => {
        this.filters = this.filters.filter((other) => other !== filter);
        this.changeFilters();
      } }, "✕"))));
  }

  find(source) {
    this.search = source;
    this.searchAll();
    if (this.view === "table") this.fillTable(this.table);
    else if (this.view === "sandwich") this.fillTable(this.list);
    for (const view of [this.flames, this.callers, this.callees]) view.draw();
    // Counting a day's samples anew would be felt at each key.
    clearTimeout(this.heatDelay);
    this.heatDelay = setTimeout(() => this.heat?.update(), 250);
    this.writeAddress(false);
  }

  // The next frame that is drawn and matches; `step` of -1 goes back.
  step(step) {
    if (this.view === "table") return;
    const hits = this.active.drawn.filter((branch) => this.isHit(branch.row));
    if (hits.length === 0) return;
    const at = hits.indexOf(this.active.selected);
    const next = at === NONE ? (step > 0 ? 0 : hits.length - 1) : (at + step + hits.length) % hits.length;
    this.active.select(hits[next]);
    element("details").prepend(`Match ${next + 1} of ${hits.length} drawn · `);
  }

  reset() {
    Object.assign(this, { filters: [], search: "", ranges: [], path: [] });
    this.threads.chosen = this.threads.isOn.keys();
    if (this.heat) this.heat.window = [0, this.duration];
    this.changeFilters();
  }

  // Times

  addTimes(times) {
    this.times = times;
    this.heat = new HeatMap(this);
    if (this.ranges.length > 0) this.reweigh(); else this.describeRanges();
  }

  choose(ranges) {
    this.ranges = ranges;
    this.reweigh();
    this.heat.draw();
    this.writeAddress(true);
  }

  chooseThreads() {
    this.reweigh();
    this.heat?.update();
    this.writeAddress(true);
  }

  describeRanges() {
    if (!this.heat) return;
    const isWhole = this.ranges.length === 0;
    element("heat-whole").hidden = element("heat-in").hidden = isWhole;
    element("heat-out").hidden = !this.heat.isZoomed;
    element("heat-status").textContent = isWhole ? "Drag to select a time, with Ctrl or Shift to add another"
      : `Selected ${this.ranges.slice(0, 3).map((range) => this.heat.rangeText(range)).join(", ")}`
        + `${this.ranges.length > 3 ? ` and ${this.ranges.length - 3} more` : ""}: ${this.text(this.total)}`;
  }

  // Controls

  showLegend() {
    element("legend").replaceChildren(...this.colouring.legend.flatMap(([style, text]) => {
      if (style === null) return [` ${text}`];
      const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      for (const [name, value] of [["class", style], ["width", "11"], ["height", "11"]]) box.setAttribute(name, value);
      svg.append(box);
      return [svg, text];
    }));
  }

  // After another choice of colours, or of light or dark.
  readTheme() {
    this.showLegend();
    this.theme = new FlameTheme(document.body, this.colouring.styles);
    for (const view of [this.flames, this.callers, this.callees]) view.draw();
    this.heat?.draw();
  }

  setIcicle(isIcicle) {
    this.isIcicle = isIcicle;
    this.render();
    this.writeAddress(false);
  }

  listen() {
    for (const button of document.querySelectorAll("[data-view]")) {
      button.addEventListener("click", () => this.setView(button.dataset.view));
    }
    const change = (id, act) => element(id).addEventListener("change", (event) => act(event.target));
    element("search").addEventListener("input", (event) => this.find(event.target.value));
    element("previous").addEventListener("click", () => this.step(-1));
    element("next").addEventListener("click", () => this.step(1));
    element("reset").addEventListener("click", () => this.reset());
    element("help-button").addEventListener("click", () => element("help").showModal());
    change("icicle", (box) => this.setIcicle(box.checked));
    change("grouping", (select) => {
      this.grouping = Number(select.value);
      this.changeFilters();
    });
    change("order", (select) => {
      this.orderName = select.value;
      this.render();
      this.writeAddress(false);
    });
    change("colours", (select) => {
      this.colouring.choose(select.value);
      this.readTheme();
      this.writeAddress(false);
    });
    change("widths", (select) => {
      this.profile.changes.widths = select.value;
      this.changeFilters();
    });
    change("theme", (select) => {
      document.documentElement.dataset.theme = select.value;
      this.readTheme();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readTheme());
    element("filter-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const field = element("filter-text");
      if (field.value) this.addFilter(element("filter-kind").value, field.value);
      field.value = "";
    });
    element("heat-whole").addEventListener("click", () => this.choose([]));
    element("heat-in").addEventListener("click", () => this.magnify(this.ranges[0][0], this.ranges.at(-1)[1]));
    element("heat-out").addEventListener("click", () => this.magnify(0, this.duration));
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest("#menu")) element("menu").hidden = true;
      for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    });
    document.addEventListener("keydown", (event) => { if (this.press(event)) event.preventDefault(); });
    for (const name of ["popstate", "hashchange"]) {
      window.addEventListener(name, () => {
        if ((location.hash || "#") === this.address) return;
        this.readAddress();
        this.readTheme();
        this.rebuild();
        this.heat?.update();
      });
    }
    element("keys").replaceChildren(...KEYS.flatMap(([keys, text]) => [make("dt", {}, make("kbd", {}, keys)), make("dd", {}, text)]));
  }

  magnify(from, to) {
    this.heat.show(from, to);
    this.describeRanges();
  }

  press(event) {
    const { key, target } = event;
    const isTyping = target.matches("input[type=search], select");
    if ((event.ctrlKey || event.metaKey) && key === "f" && target.id !== "search") return this.focusSearch();
    if (event.ctrlKey || event.metaKey || event.altKey || element("help").open) return false;
    if (key === "Escape") return this.stepBack(target);
    if (target.id === "search" && key === "Enter") return this.stepFromSearch(event.shiftKey);
    if (isTyping) return false;
    const keys = {
      "/": () => this.focusSearch(), "?": () => element("help").showModal(), i: () => this.setIcicle(!this.isIcicle),
      n: () => this.step(1), N: () => this.step(-1), r: () => this.reset(), t: () => this.openThreads(),
      h: () => this.heat?.canvas.focus(), m: () => this.openMenu(),
    };
    VIEWS.forEach((view, position) => { keys[position + 1] = () => this.setView(view); });
    const selected = this.active.selected ?? this.active.zoomed;
    const action = selected && this.view !== "table" && key !== "Enter" && this.actions(this.active, selected).find((action) => action.key === key);
    const act = keys[key] ?? action?.act;
    if (act) {
      act();
      return true;
    }
    const isWalking = key.startsWith("Arrow") || (key === "Enter" && this.active.selected);
    if (target !== document.body || !isWalking || this.view === "table") return false;
    this.active.element.focus({ preventScroll: true });
    return this.active.press(key);
  }

  focusSearch() {
    element("search").focus();
    element("search").select();
    return true;
  }

  stepFromSearch(isBack) {
    this.step(isBack ? -1 : 1);
    return true;
  }

  openThreads() {
    if (element("threads").hidden) return;
    element("threads").open = true;
    element("thread-search").focus();
  }

  openMenu() {
    const branch = this.active.selected ?? this.active.zoomed;
    if (branch) this.menu(this.active, branch, this.active.placeOf(branch));
  }

  // Escape undoes one thing: an open panel, a search, a zoom, a selected time.
  stepBack(target) {
    const open = document.querySelector(".menu[open]");
    if (!element("menu").hidden) element("menu").hidden = true;
    else if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else if (this.search) this.find("");
    else if (this.active.zoomed && this.active.zoomed !== this.active.root) this.active.zoom(this.active.root);
    else if (this.ranges.length > 0) this.choose([]);
    else this.active.select(null);
    if (target.id === "search") target.blur();
    return true;
  }
}

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

function report(problem) {
  element("problem").textContent = problem;
  element("problem").hidden = false;
}

async function start() {
  if (!globalThis.DecompressionStream) {
    report("This browser can't decompress the page's tables: use Chrome 80, Firefox 113, Safari 16.4 or a later one.");
    return;
  }
  let columns = await Columns.of("tables");
  const profile = new Profile(columns);
  columns = await Columns.of("changes");
  if (columns) profile.changes = new Changes(columns);
  columns = null;
  const page = new Page(profile);
  if (document.readyState === "loading") await new Promise((done) => document.addEventListener("DOMContentLoaded", done));
  // The graph is drawn before the times are read.
  await new Promise((done) => setTimeout(done, 30));
  const times = await Columns.of("times");
  if (times) page.addTimes(new Times(times, profile));
}

start().catch((error) => report(`The page can't be shown: ${error.message}. Its file may be incomplete.`));
