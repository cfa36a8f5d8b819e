// Heat map: when samples were taken. A column is a span of time, its rows are the parts of it from the bottom up, as in
// FlameScope.

const NICE_SPANS = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap((number) => [number * 1e3, number * 1e6])
  .concat([1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400]
    .map((seconds) => seconds * 1e9))
  .sort((left, right) => left - right);
const ROW_CHOICES = [30, 25, 20, 15, 12, 10, 6, 5, 4, 3, 2, 1];
const NARROWEST_COLUMN = 7;
const HEAT_HEIGHT = 120;
const AXIS = 18;

// How a span of time is divided so that columns are wide enough; rows are no shorter than two ticks.
class HeatGrid {
  constructor(from, to, width, unit, period) {
    const span = Math.max(unit, (to - from) * unit);
    const most = Math.max(8, Math.floor(width / NARROWEST_COLUMN));
    const atLeast = span / most;
    let column = NICE_SPANS.find((nice) => nice >= atLeast && nice >= 2 * unit) ?? Math.ceil(span / most);
    // A short recording has at least a few columns.
    if (span / column < 4) column = NICE_SPANS.findLast((nice) => nice <= span / 4 && nice >= 2 * unit) ?? column;
    const shortest = Math.max(unit, 2 * period);
    this.rowCount = ROW_CHOICES.find((rows) => column / rows >= shortest && column % rows === 0) ?? 1;
    this.columnCount = Math.max(1, Math.ceil(span / column));
    this.from = from;
    // All in units of the profile's times.
    this.column = column / unit;
    this.cell = this.column / this.rowCount;
    this.end = from + this.columnCount * this.column;
  }

  get cellCount() { return this.columnCount * this.rowCount; }

  start(cell) { return this.from + cell * this.cell; }
}

// The union of ranges, sorted.
function united(ranges) {
  const sorted = ranges.filter(([from, to]) => to > from).sort((left, right) => left[0] - right[0]);
  const union = [];
  for (const [from, to] of sorted) {
    const last = union[union.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to); else union.push([from, to]);
  }
  return union;
}

class HeatMap {
  #drag = null;
  #cursor = NONE;
  #anchor = NONE;

  // `host` gives isIncluded, search, theme and text; of a search the map shows when what matches was sampled. `timeline`
  // gives times, unit, period, duration, startNanoseconds and ranges, and is given new ranges.
  constructor(host, timeline) {
    this.host = host;
    this.timeline = timeline;
    this.canvas = make("canvas", {
      tabindex: "0", role: "application", "aria-roledescription": "heat map", "aria-describedby": "heat-status",
      "aria-label": "Samples over time. Arrow keys move, Shift with them extends, Enter selects, Escape selects all.",
    });
    this.context = this.canvas.getContext("2d");
    this.caption = document.getElementById("heat-caption");
    this.status = document.getElementById("heat-status");
    document.getElementById("heat-cells").replaceChildren(this.canvas);
    this.window = [0, timeline.duration];
    this.#listen();
    new ResizeObserver(() => this.update()).observe(this.canvas.parentElement);
  }

  // Counts anew: the size, the included samples or the window have changed.
  update() {
    const width = this.canvas.parentElement.clientWidth;
    if (width === 0 || !this.timeline.times) return;
    const [from, to] = this.window;
    this.grid = new HeatGrid(from, to, width, this.timeline.unit, this.timeline.period);
    this.cells = new Float64Array(this.grid.cellCount);
    this.timeline.times.addToCells(this.cells, from, this.grid.cell, this.host.isIncluded);
    this.most = this.cells.reduce((most, weight) => Math.max(most, weight), 0);
    const { column, cell } = this.grid;
    this.caption.textContent = `Heat map: a column is ${durationText(column * this.timeline.unit)}, a cell `
      + `${durationText(cell * this.timeline.unit)}; at most ${this.host.text(this.most)}`
      + `${this.host.search.hits ? " that match the search" : ""} in one`;
    this.draw();
  }

  show(from, to) {
    this.window = [from, to];
    this.#cursor = NONE;
    this.update();
  }

  get isZoomed() { return this.window[0] > 0 || this.window[1] < this.timeline.duration; }

  #box(cell) {
    const { rowCount, columnCount } = this.grid;
    const width = this.width / columnCount;
    const height = HEAT_HEIGHT / rowCount;
    const column = Math.floor(cell / rowCount);
    return [column * width, HEAT_HEIGHT - (cell % rowCount + 1) * height, width, height];
  }

  draw() {
    if (!this.grid) return;
    const { context, canvas, grid, host } = this;
    this.width = canvas.parentElement.clientWidth;
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(this.width * scale);
    canvas.height = Math.round((HEAT_HEIGHT + AXIS) * scale);
    canvas.style.width = `${this.width}px`;
    canvas.style.height = `${HEAT_HEIGHT + AXIS}px`;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.width, HEAT_HEIGHT + AXIS);
    const ranges = this.#selection();
    for (let cell = 0; cell < grid.cellCount; cell += 1) {
      const [left, top, width, height] = this.#box(cell);
      const start = grid.start(cell);
      if (start >= this.timeline.duration) continue;
      context.fillStyle = this.#shade(this.cells[cell]);
      context.fillRect(left, top, width - 0.6, height - 0.6);
      if (ranges.length > 0 && !ranges.some(([from, to]) => start < to && start + grid.cell > from)) {
        context.fillStyle = host.theme.page;
        context.globalAlpha = 0.72;
        context.fillRect(left, top, width - 0.6, height - 0.6);
        context.globalAlpha = 1;
      }
    }
    if (this.#cursor !== NONE) {
      const [left, top, width, height] = this.#box(this.#cursor);
      context.strokeStyle = host.theme.accent;
      context.lineWidth = 2.5;
      context.strokeRect(left - 1, top - 1, width + 1.4, height + 1.4);
    }
    this.#drawAxis();
  }

  #shade(weight) {
    if (weight === 0) return this.host.theme.empty;
    return this.host.theme.heat[Math.round(16 * Math.sqrt(weight / this.most))];
  }

  #drawAxis() {
    const { context, grid, host, timeline } = this;
    context.font = host.theme.font;
    context.fillStyle = host.theme.quiet;
    context.textBaseline = "middle";
    const columnWidth = this.width / grid.columnCount;
    const step = NICE_SPANS.map((span) => span / timeline.unit / grid.column)
      .find((columns) => Number.isInteger(columns) && columns * columnWidth >= 80) ?? grid.columnCount;
    for (let column = 0; column < grid.columnCount; column += step) {
      const text = clockText((grid.from + column * grid.column) * timeline.unit, step * grid.column * timeline.unit);
      const label = column === 0 ? `${text} ${text.includes(":") ? "" : "s"}` : text;
      if (column * columnWidth + 60 < this.width || column === 0) {
        context.fillRect(column * columnWidth, HEAT_HEIGHT, 1, 4);
        context.fillText(label, column * columnWidth + 3, HEAT_HEIGHT + AXIS / 2 + 1);
      }
    }
  }

  // The ranges that are chosen, with the one that is being drawn.
  #selection() {
    if (!this.#drag) return this.timeline.ranges;
    return united([...(this.#drag.isAdding ? this.timeline.ranges : []), this.#span(this.#drag.from, this.#drag.to)]);
  }

  #span(one, other) {
    const [first, last] = [Math.min(one, other), Math.max(one, other)];
    return [Math.floor(this.grid.start(first)), Math.ceil(this.grid.start(last + 1))];
  }

  #at(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { columnCount, rowCount } = this.grid;
    const within = (value, most) => Math.min(most - 1, Math.max(0, Math.floor(value)));
    const column = within(((event.clientX - left) / this.width) * columnCount, columnCount);
    return column * rowCount + within((1 - (event.clientY - top) / HEAT_HEIGHT) * rowCount, rowCount);
  }

  rangeText([from, to]) {
    const step = Math.max(this.timeline.unit, this.grid ? this.grid.cell * this.timeline.unit : 0);
    return `${clockText(from * this.timeline.unit, step)} – ${clockText(to * this.timeline.unit, step)}`;
  }

  #describe(cell) {
    const start = this.grid.start(cell);
    const at = this.timeline.startNanoseconds === null ? ""
      : ` (${new Date((this.timeline.startNanoseconds + start * this.timeline.unit) / 1e6).toISOString().slice(0, 19).replace("T", " ")} UTC)`;
    return `${this.rangeText([start, start + this.grid.cell])}${at}: ${this.host.text(this.cells[cell])}`;
  }

  #finish(isAdding, from, to) {
    this.timeline.choose(united([...(isAdding ? this.timeline.ranges : []), this.#span(from, to)]));
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.grid) return;
      canvas.setPointerCapture(event.pointerId);
      const cell = this.#at(event);
      this.#cursor = NONE;
      this.#drag = { from: cell, to: cell, isAdding: event.ctrlKey || event.metaKey || event.shiftKey };
      this.draw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.grid) return;
      const cell = this.#at(event);
      this.status.textContent = this.#drag
        ? this.rangeText(this.#span(this.#drag.from, cell)) : this.#describe(cell);
      if (!this.#drag || this.#drag.to === cell) return;
      this.#drag.to = cell;
      this.draw();
    });
    canvas.addEventListener("pointerup", () => {
      const drag = this.#drag;
      this.#drag = null;
      if (drag) this.#finish(drag.isAdding, drag.from, drag.to);
    });
    canvas.addEventListener("pointercancel", () => {
      this.#drag = null;
      this.draw();
    });
    canvas.addEventListener("pointerleave", () => { if (!this.#drag) this.timeline.describe(); });
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.grid) return;
      if (this.#press(event)) event.preventDefault();
    });
  }

  #press(event) {
    const rows = this.grid.rowCount;
    const steps = { ArrowRight: rows, ArrowLeft: -rows, ArrowUp: 1, ArrowDown: -1 };
    if (event.key in steps) {
      const from = this.#cursor;
      const next = from === NONE ? 0 : from + steps[event.key];
      if (next < 0 || next >= this.grid.cellCount) return true;
      if (event.shiftKey) {
        if (this.#anchor === NONE) this.#anchor = Math.max(from, 0);
        this.#drag = { from: this.#anchor, to: next, isAdding: false };
      } else {
        this.#anchor = NONE;
        this.#drag = null;
      }
      this.#cursor = next;
      this.status.textContent = this.#describe(next);
      this.draw();
      return true;
    }
    if (event.key === "Enter" && this.#cursor !== NONE) {
      const from = this.#anchor === NONE ? this.#cursor : this.#anchor;
      this.#drag = null;
      this.#anchor = NONE;
      this.#finish(event.ctrlKey, from, this.#cursor);
      return true;
    }
    return false;
  }
}

