// Flame graph: branches as boxes on a canvas that is as large as what is seen of them.

const ROW = 18;
const TEXT_MARGIN = 4;
const OUTLINED = 3;

class FlameView {
  #layout = null;
  #zoom = null;
  #selected = null;
  #hovered = null;
  #isDrawing = false;
  // Whether the root is in sight, and has to stay there when the size changes.
  #isAtRoot = true;

  // `host` says what is drawn: names, colours, theme, matches, the order of callees; it is given what is pointed at,
  // chosen and zoomed into, and has the menu.
  constructor(host, label, isIcicle = false) {
    this.host = host;
    this.isIcicle = isIcicle;
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.spacer = make("div", { class: "spacer" });
    this.element = make("div", {
      class: "flames", tabindex: "0", role: "application", "aria-roledescription": "flame graph", "aria-label": label,
      "aria-describedby": "details",
    }, this.canvas, this.spacer);
    this.context = this.canvas.getContext("2d");
    this.#listen();
    new ResizeObserver(() => this.layOut()).observe(this.element);
  }

  get selected() { return this.#selected; }

  get zoomed() { return this.#zoom; }

  get narrow() { return this.#layout?.narrow ?? 0; }

  get drawn() { return this.#layout?.rows.flat().filter((box) => box.branch).map((box) => box.branch) ?? []; }

  // Draws other branches; the rows on `path` stay zoomed into as far as they are there.
  show(root, path = []) {
    this.root = root;
    this.#zoom = this.#branch(path) ?? root;
    this.#selected = null;
    this.#hovered = null;
    this.#isAtRoot = true;
    this.layOut();
    this.#scrollTo(this.#zoom.depth);
  }

  #branch(path) {
    let branch = this.root;
    for (const row of path) {
      const next = branch.callees.find((callee) => callee.row === row);
      if (!next) break;
      branch = next;
    }
    return branch;
  }

  // The rows under the root down to what is zoomed into.
  get path() { return this.#zoom ? this.#zoom.path.slice(1).map((branch) => branch.row) : []; }

  zoom(branch) {
    this.#zoom = branch;
    this.#selected = branch;
    this.layOut();
    this.#scrollTo(branch.depth);
    this.host.zoomed(this, branch);
  }

  select(branch) {
    this.#selected = branch;
    if (branch) this.#scrollTo(branch.depth);
    this.draw();
    this.host.chosen(this, branch);
  }

  layOut() {
    if (!this.root || this.element.clientWidth === 0) return;
    this.#layout = new FlameLayout(this.#zoom, this.element.clientWidth, this.host.order);
    this.element.style.height = this.spacer.style.height = `${this.#layout.rows.length * ROW}px`;
    // A scroll bar may have come or gone.
    if (this.#layout.rows[0][0].width !== this.element.clientWidth) {
      this.#layout = new FlameLayout(this.#zoom, this.element.clientWidth, this.host.order);
    }
    if (this.#isAtRoot) this.scrollToRoot();
    this.draw();
    this.host.laidOut(this);
  }

  scrollToRoot() {
    this.#isAtRoot = true;
    this.element.scrollTop = this.isIcicle ? 0 : this.element.scrollHeight;
  }

  #followScrolling() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    this.#isAtRoot = this.isIcicle ? scrollTop < 2 : scrollTop + clientHeight > scrollHeight - 2;
    this.draw();
  }

  #line(depth) { return this.isIcicle ? depth : this.#layout.rows.length - 1 - depth; }

  #scrollTo(depth) {
    if (!this.#layout) return;
    const top = this.#line(depth) * ROW;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.element.scrollTop = top + ROW - clientHeight;
  }

  draw() {
    if (this.#isDrawing || !this.#layout) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#paint();
    });
  }

  // Draws what is in sight.
  #paint() {
    const { canvas, context, element, host } = this;
    const [width, height] = [element.clientWidth, Math.min(element.clientHeight, this.#layout.rows.length * ROW)];
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = host.theme.page;
    context.fillRect(0, 0, width, height);
    context.font = host.theme.font;
    context.textBaseline = "middle";
    this.column ??= context.measureText("M".repeat(100)).width / 100;
    const first = Math.floor(element.scrollTop / ROW);
    const last = Math.ceil((element.scrollTop + height) / ROW);
    const marked = (this.#hovered ?? this.#selected)?.row ?? NONE;
    for (let line = first; line < Math.min(last, this.#layout.rows.length); line += 1) {
      const depth = this.#line(line);
      const top = line * ROW - element.scrollTop;
      for (const box of this.#layout.rows[depth]) this.#paintBox(box, top, marked);
    }
    this.#paintSelection();
  }

  #paintBox({ branch, left, width }, top, marked) {
    const { context, host } = this;
    const height = ROW - 1;
    if (!branch) {
      context.fillStyle = host.theme.remainder;
      context.fillRect(left, top, Math.max(width, NARROWEST), height);
      return;
    }
    const isHit = host.isHit(branch.row);
    const isOutlined = width >= OUTLINED;
    context.globalAlpha = branch.depth < this.#zoom.depth ? 0.45 : 1;
    context.fillStyle = isHit ? host.theme.hit : host.colour(branch);
    context.fillRect(left, top, isOutlined ? width - 0.7 : width, height);
    context.globalAlpha = 1;
    if (isHit && isOutlined) this.#outline(left + 0.75, top + 0.75, width - 2.2, height - 1.5, host.theme.ink, 1.5);
    else if (branch.row === marked && branch.depth > 0 && isOutlined) {
      this.#outline(left + 0.5, top + 0.5, width - 1.7, height - 1, host.theme.ink, 1);
    }
    const label = shortened(host.name(branch), Math.floor((width - 2 * TEXT_MARGIN) / this.column));
    if (!label) return;
    context.fillStyle = branch.depth < this.#zoom.depth && !isHit ? host.theme.ink : "#14171c";
    context.fillText(label, left + TEXT_MARGIN, top + height / 2 + 0.5);
  }

  #outline(left, top, width, height, colour, thickness) {
    this.context.strokeStyle = colour;
    this.context.lineWidth = thickness;
    this.context.strokeRect(left, top, width, height);
  }

  #paintSelection() {
    const branch = this.#selected;
    const box = branch && this.#layout.find(branch.depth, (box) => box.branch === branch);
    if (!box) return;
    const top = this.#line(branch.depth) * ROW - this.element.scrollTop;
    this.#outline(box.left + 1.25, top + 1.25, Math.max(0, box.width - 2.5), ROW - 3.5, this.host.theme.accent, 2.5);
  }

  #listen() {
    const { element } = this;
    element.addEventListener("scroll", () => this.#followScrolling(), { passive: true });
    element.addEventListener("pointermove", (event) => this.#hover(this.#at(event)));
    element.addEventListener("pointerleave", () => this.#hover(null));
    element.addEventListener("click", (event) => {
      const box = this.#at(event);
      const branch = box?.branch ?? box?.caller;
      if (branch) this.zoom(branch);
    });
    element.addEventListener("contextmenu", (event) => {
      const isAtPointer = event.button === 2;
      const branch = isAtPointer ? this.#at(event)?.branch : this.#selected;
      if (!branch) return;
      event.preventDefault();
      this.select(branch);
      this.host.menu.open(this, branch, isAtPointer ? { x: event.clientX, y: event.clientY } : this.placeOf(branch));
    });
    element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.#layout) return;
      if (this.press(event.key)) event.preventDefault();
    });
    element.addEventListener("focus", () => this.host.focused(this));
  }

  #hover(box) {
    const branch = box?.branch ?? null;
    if (branch === this.#hovered && !box?.count) return;
    this.#hovered = branch;
    this.draw();
    this.host.pointed(this, box);
  }

  #at(event) {
    if (!this.#layout) return null;
    const { left, top } = this.element.getBoundingClientRect();
    const line = Math.floor((event.clientY - top - this.element.clientTop + this.element.scrollTop) / ROW);
    if (line < 0 || line >= this.#layout.rows.length) return null;
    return this.#layout.at(this.#line(line), event.clientX - left - this.element.clientLeft);
  }

  // Where a branch is in the window.
  placeOf(branch) {
    const box = this.#layout?.find(branch.depth, (box) => box.branch === branch);
    const { left, top } = this.element.getBoundingClientRect();
    if (!box) return { x: left, y: top };
    return { x: left + box.left + 12, y: top + this.#line(branch.depth) * ROW - this.element.scrollTop + ROW };
  }

  // Selects, walking like the arrow keys; returns whether the key means something.
  press(key) {
    const from = this.#selected ?? this.#zoom;
    const steps = {
      ArrowLeft: () => this.select(this.#beside(from, -1) ?? from),
      ArrowRight: () => this.select(this.#beside(from, 1) ?? from),
      ArrowUp: () => this.select((this.isIcicle ? from.caller : this.#widest(from)) ?? from),
      ArrowDown: () => this.select((this.isIcicle ? this.#widest(from) : from.caller) ?? from),
      Home: () => this.select(this.root),
      Enter: () => this.zoom(from),
      Backspace: () => this.zoom(this.#zoom.caller ?? this.root),
    };
    if (!steps[key]) return false;
    steps[key]();
    return true;
  }

  #beside(branch, step) {
    const row = (this.#layout.rows[branch.depth] ?? []).filter((box) => box.branch);
    return row[row.findIndex((box) => box.branch === branch) + step]?.branch;
  }

  #widest(branch) {
    const drawn = (this.#layout.rows[branch.depth + 1] ?? []).filter((box) => box.branch?.caller === branch);
    return drawn.reduce((widest, box) => (!widest || box.branch.weight > widest.weight ? box.branch : widest), null);
  }
}

