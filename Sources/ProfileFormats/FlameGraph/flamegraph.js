// Makes the picture interactive: reads the tree, and draws it as the reader and the address choose.

class Graph {
  selected = null;
  hovered = null;

  constructor(svg, tree) {
    const { dataset } = svg;
    this.tree = tree;
    this.hasIdle = tree.sleeps.includes(1);
    this.state = new State(dataset);
    this.toolbar = new Toolbar(svg.getAttribute("aria-label"), svg.querySelector("desc").textContent);
    this.toolbar.awake.hidden = !this.hasIdle;
    this.drawing = new Drawing(svg.querySelector(".rows"), tree, dataset.palette.split(" "));
    this.picture = new Picture(svg, this.drawing, this.toolbar);
    this.words = new Words(this, dataset);
    this.search = new Search(this);
  }

  // What keys and buttons act on, or null.
  get current() {
    return this.selected ?? this.zoomedOrNull;
  }

  get zoomedOrNull() {
    return this.zoomed === this.frames.root ? null : this.zoomed;
  }

  // Drawing

  // After a change of what is shown, frames are others; `address` says which one is zoomed.
  rebuild(address) {
    const { tree, state } = this;
    const labels = (names) => (names.length === 0 ? null : tree.names.map((name) => names.includes(name)));
    this.weights = weigh(tree, { hidden: labels(state.hidden), focus: labels(state.focus), isAwake: state.isAwake });
    this.frames = new (state.isInverted ? InvertedFrames : UprightFrames)(tree, this.weights, state.order);
    this.zoomed = (address && this.frames.at(address)) || this.frames.root;
    [this.selected, this.hovered] = [null, null];
    this.search.run();
  }

  layOut() {
    this.showControls();
    const width = this.draw();
    this.picture.followScrolling();
    // A scroll bar that came or went takes room.
    if (this.picture.width !== width) this.draw();
  }

  draw() {
    const { picture, drawing, words } = this;
    const width = picture.widen();
    drawing.layOut(this.frames, this.zoomed, width, this.state.isIcicle);
    picture.notes.textContent = words.notes(drawing);
    picture.place(width);
    drawing.draw(words.title);
    this.markHits();
    this.markFunction();
    return width;
  }

  markHits() {
    this.drawing.mark(this.drawing.hits, this.search.isHit);
  }

  // The same function in other places, and the frame that keys act on.
  markFunction() {
    const { drawing, tree: { names }, selected } = this;
    const frame = this.hovered ?? selected;
    const name = frame && frame.depth > 0 ? names[frame.label] : null;
    drawing.mark(drawing.same, (other) => name !== null && other !== frame && names[other.label] === name);
    drawing.mark(drawing.here, (other) => other === selected);
  }

  showControls() {
    const { toolbar, state } = this;
    toolbar.reset.disabled = !this.zoomedOrNull;
    for (const name of ["focus", "hide", "copyName", "copyStack"]) toolbar[name].disabled = !this.current;
    toolbar.show(state);
    const filters = (list, word) => state[list].map((name) => ({
      text: `${word} ${name.length > 40 ? `${name.slice(0, 39)}…` : name}`,
      end: () => this.change({ [list]: state[list].filter((other) => other !== name) }),
    }));
    toolbar.showFilters([...filters("focus", "only"), ...filters("hidden", "without")]);
  }

  showDetails(frame) {
    this.toolbar.say(frame ? this.words.details(frame) : HINT, !frame);
  }

  // Steps of the reader

  // Changes what is shown, and stays where the reader is if that is still there.
  change(changes) {
    const { state, frames } = this;
    const where = "isInverted" in changes ? null : frames.address(this.zoomed);
    Object.assign(state, changes);
    this.rebuild(where);
    this.layOut();
    this.writeAddress("focus" in changes || "hidden" in changes);
    this.showDetails(this.zoomedOrNull);
    this.revealZoomed();
  }

  // Changes what is searched for.
  find(changes) {
    Object.assign(this.state, changes);
    this.search.run();
    this.markHits();
    this.showControls();
    this.writeAddress(false);
  }

  zoom(frame) {
    const { picture } = this;
    const before = this.drawing.drawn.has(frame) ? picture.clientTop(frame) : null;
    this.zoomed = frame;
    this.select(null);
    this.layOut();
    if (before !== null && picture.isDocument) window.scrollBy(0, picture.clientTop(frame) - before);
    picture.reveal(frame);
    this.search.show();
    this.writeAddress(true);
    this.showDetails(this.zoomedOrNull);
  }

  select(frame) {
    this.selected = frame;
    this.markFunction();
    this.showControls();
    this.showDetails(frame);
    if (frame) this.picture.reveal(frame);
  }

  hover(frame) {
    if (frame === this.hovered) return;
    this.hovered = frame;
    this.markFunction();
    this.showDetails(frame ?? this.selected);
  }

  goToMatch(step) {
    const frame = this.search.next(step);
    if (!frame) return;
    if (!this.drawing.drawn.has(frame) || frame.width < SINGLE) {
      const { caller } = frame;
      const isSeenWithCaller = caller && frame.weight / caller.weight * this.picture.width >= SINGLE;
      this.zoom(isSeenWithCaller ? caller : frame);
    }
    this.select(frame);
    this.search.show();
  }

  revealZoomed() {
    if (this.zoomedOrNull) this.picture.reveal(this.zoomed);
    else this.picture.revealRoot(this.state.isIcicle);
  }

  nameOf(frame) {
    return this.tree.names[frame.label];
  }

  focusOn(frame) {
    if (frame && frame.depth > 0) this.change({ focus: [this.nameOf(frame)] });
  }

  hide(frame) {
    if (frame && frame.depth > 0) this.change({ hidden: [...new Set([...this.state.hidden, this.nameOf(frame)])] });
  }

  copyName(frame) {
    if (frame) this.copy(this.nameOf(frame), "name");
  }

  copyStack(frame) {
    if (frame) this.copy(stackOf(frame, this.tree, this.state.isInverted), "stack");
  }

  copy(text, what) {
    copy(text, this.toolbar.body);
    this.toolbar.say(`Copied the ${what}: ${text.replaceAll("\n", " ← ")}`);
  }

  // Undoes one thing: the search, the zoom, or the filters.
  reset() {
    const { state, toolbar: { field } } = this;
    if (state.search) this.find({ search: field.value = "" });
    else if (this.zoomedOrNull) this.zoom(this.frames.root);
    else if (state.focus.length > 0 || state.hidden.length > 0) this.change({ focus: [], hidden: [] });
    this.select(null);
    field.blur();
  }

  // The address

  get address() {
    return this.state.address(this.zoomedOrNull && this.frames.address(this.zoomed));
  }

  readAddress() {
    const zoom = this.state.read(this.picture.isDocument ? location.hash.slice(1) || location.search : "");
    this.toolbar.field.value = this.state.search;
    this.rebuild(zoom);
    this.layOut();
    this.showDetails(this.zoomedOrNull);
  }

  writeAddress(isNewStep) {
    if (this.picture.isDocument) writeAddress(this.address, isNewStep);
  }

  followAddress() {
    if (this.picture.isDocument && !isAt(this.address)) this.readAddress();
  }

  open() {
    const { svg } = this.picture;
    svg.classList.add("live");
    svg.setAttribute("role", "group");
    svg.setAttribute("tabindex", "0");
    this.readAddress();
    this.revealZoomed();
  }
}

async function start(svg) {
  const graph = new Graph(svg, readTree(await unpacked(svg.querySelector(".tree").textContent)));
  new Input(graph);
  graph.open();
}

start(document.currentScript.closest("svg"));
