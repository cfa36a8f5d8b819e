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
    document.getElementById("threads-all").addEventListener("click", () => this.#choose(() => true));
    document.getElementById("threads-none").addEventListener("click", () => this.#choose(() => false));
    this.#build();
  }

  // `threads` are those that count, or null for all.
  show(threads) {
    this.isOn.fill(threads ? 0 : 1);
    for (const thread of threads ?? []) this.isOn[thread] = 1;
    for (const { thread, box } of this.lines) box.checked = this.isOn[thread] === 1;
    const all = count(this.isOn.length, "thread");
    this.summary.textContent = !threads ? (this.isOn.length === 1 ? "1 thread" : `All ${all}`)
      : threads.length === 1 ? this.name(threads[0]) : `${threads.length} of ${all}`;
  }

  name(thread) { return this.host.profile.threadName(thread); }

  #build() {
    const { profile, text } = this.host;
    const weights = new Float64Array(profile.threadCount);
    profile.sampleThreads.forEach((thread, sample) => { weights[thread] += profile.sampleValues[sample]; });
    const total = profile.total;
    const order = [...weights.keys()].sort((left, right) => weights[right] - weights[left]);
    this.lines = order.map((thread) => {
      const onchange = () => this.#choose((other) => (other === thread ? box.checked : this.isOn[other]));
      const box = make("input", { type: "checkbox", onchange });
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

  #choose(isWanted) { this.host.chooseThreads(new Set([...this.isOn.keys()].filter(isWanted))); }
}
