// Timeline: the heat map with its buttons, and the times that are selected.

class Timeline {
  // Both once the times have been read.
  times = null;
  heat = null;

  // `host` is that of the heat map, gives state and total, and weighs samples anew.
  constructor(host, { timed, timeUnit, duration, period, start }) {
    this.host = host;
    this.unit = Number(timeUnit);
    this.duration = Math.max(1, Math.ceil(Number(duration) / this.unit));
    this.period = Number(period) || 0;
    this.startNanoseconds = start === "" ? null : Number(start);
    const { profile } = host;
    if (profile.sampleCount > 0 && !profile.changes) element(timed === "true" ? "heat" : "heat-note").hidden = false;
    element("heat-whole").addEventListener("click", () => this.choose([]));
    element("heat-in").addEventListener("click", () => this.#magnify(this.ranges[0][0], this.ranges.at(-1)[1]));
    element("heat-out").addEventListener("click", () => this.#magnify(0, this.duration));
  }

  get ranges() { return this.host.state.ranges; }

  add(times) {
    this.times = times;
    this.heat = new HeatMap(this.host, this);
    if (this.ranges.length > 0) this.host.reweigh(); else this.describe();
  }

  choose(ranges) {
    this.host.state.ranges = ranges;
    this.host.reweigh();
    this.heat.draw();
    this.host.writeAddress(true);
  }

  update() { this.heat?.update(); }

  draw() { this.heat?.draw(); }

  focus() { this.heat?.canvas.focus(); }

  showAll() { if (this.heat) this.heat.window = [0, this.duration]; }

  #magnify(from, to) {
    this.heat.show(from, to);
    this.describe();
  }

  describe() {
    const { heat, ranges } = this;
    if (!heat) return;
    const isWhole = ranges.length === 0;
    element("heat-whole").hidden = element("heat-in").hidden = isWhole;
    element("heat-out").hidden = !heat.isZoomed;
    element("heat-status").textContent = isWhole ? "Drag to select a time, with Ctrl or Shift to add another"
      : `Selected ${ranges.slice(0, 3).map((range) => heat.rangeText(range)).join(", ")}`
        + `${ranges.length > 3 ? ` and ${ranges.length - 3} more` : ""}: ${this.host.text(this.host.total)}`;
  }
}
