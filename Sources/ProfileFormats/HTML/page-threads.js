// Threads: which of them count.

class ThreadList {
  // `host` gives profile and text, and is given the threads that are chosen.
  constructor(host) {
    this.host = host;
    this.isOn = new Uint8Array(host.profile.threadCount).fill(1);
    this.list = document.getElementById("thread-list");
    this.summary = document.getElementById("thread-summary");
    this.field = document.getElementById("thread-search");
    this.field.addEventListener("input", () => this.#filter());
    document.getElementById("threads-all").addEventListener("click", () => this.#choose(() => 1));
    document.getElementById("threads-none").addEventListener("click", () => this.#choose(() => 0));
    this.#build();
    this.#summarise();
  }

  get isAll() { return this.isOn.every((isOn) => isOn === 1); }

  get chosen() { return [...this.isOn.keys()].filter((thread) => this.isOn[thread]); }

  set chosen(threads) {
    this.isOn.fill(0);
    for (const thread of threads) if (thread < this.isOn.length) this.isOn[thread] = 1;
    this.#summarise();
  }

  name(thread) { return this.host.profile.threadName(thread); }

  #build() {
    const { profile, text } = this.host;
    const weights = new Float64Array(profile.threadCount);
    profile.sampleThreads.forEach((thread, sample) => { weights[thread] += profile.sampleValues[sample]; });
    const total = profile.total;
    const order = [...weights.keys()].sort((left, right) => weights[right] - weights[left]);
    this.lines = order.map((thread) => {
      const box = make("input", { type: "checkbox", onchange: () => this.#choose((other) => (other === thread ? box.checked : this.isOn[other])) });
      const only = make("button", {
        type: "button", "aria-label": `Only ${this.name(thread)}`, onclick: () => this.#choose((other) => other === thread),
      }, "only");
      const line = make("li", {}, make("label", {}, box, make("span", { class: "name" }, this.name(thread)),
        make("span", { class: "share" }, `${percent(weights[thread], total)} · ${text(weights[thread])}`)), only);
      return { thread, box, line };
    });
    this.list.replaceChildren(...this.lines.map(({ line }) => line));
  }

  #filter() {
    const pattern = new Pattern(this.field.value);
    for (const { thread, line } of this.lines) line.hidden = !pattern.expression.test(this.name(thread));
  }

  #choose(isWanted) {
    for (const thread of this.isOn.keys()) this.isOn[thread] = isWanted(thread) ? 1 : 0;
    this.#summarise();
    this.host.chooseThreads();
  }

  #summarise() {
    const chosen = this.chosen;
    for (const { thread, box } of this.lines) box.checked = this.isOn[thread] === 1;
    const all = count(this.isOn.length, "thread");
    this.summary.textContent = chosen.length === this.isOn.length ? (chosen.length === 1 ? "1 thread" : `All ${all}`)
      : chosen.length === 1 ? this.name(chosen[0]) : `${chosen.length} of ${all}`;
  }
}

