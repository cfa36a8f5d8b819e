// Colours: what the styles of boxes stand for: kinds of code, object files, or threads.

const KIND_LEGEND = [[Kind.native, "n5", "native"], [Kind.inlined, "i5", "inlined"], [Kind.kernel, "k5", "kernel"],
  [Kind.jit, "j5", "JIT"], [Kind.unknown, "u5", "unknown"], [Kind.truncated, "m5", "truncated"]];
const GREY = 0;
const LONGEST_LEGEND = 12;

class Colouring {
  static names = ["kind", "object", "thread"];
  #legends = new Map();

  constructor(profile) { this.profile = profile; }

  choose(name) { this.name = name; }

  // The class of a branch's box: of its kind, or of a hue and the shade of its name.
  style(branch) {
    const { styles, inlinedStyles, objectHues } = this.profile;
    const style = (branch.isInlined ? inlinedStyles : styles)[branch.row];
    if (this.name === "kind") return style;
    return hueStyle(this.name === "object" ? objectHues[branch.row] : this.#threadHue(branch), style.at(-1));
  }

  #threadHue(branch) { return branch.thread < 0 ? GREY : this.profile.threadHues[branch.thread]; }

  // What is said of a branch where colours are by thread.
  remark(branch) {
    if (this.name !== "thread" || branch.thread === NONE) return null;
    return branch.thread === SEVERAL ? "several threads" : `thread ${this.profile.threadName(branch.thread)}`;
  }

  // All classes that branches may have.
  get styles() {
    const { styles, inlinedStyles, objectHues, threadHues } = this.profile;
    if (this.name === "kind") return new Set([...styles, ...inlinedStyles]);
    const hues = new Set([GREY, ...(this.name === "object" ? objectHues : threadHues)]);
    return new Set([...hues].flatMap((hue) => [..."0123456789"].map((shade) => hueStyle(hue, shade))));
  }

  // A class and a text each.
  get legend() {
    if (!this.#legends.has(this.name)) this.#legends.set(this.name, this.#makeLegend());
    return this.#legends.get(this.name);
  }

  #makeLegend() {
    const { profile } = this;
    if (this.name === "kind") {
      const kinds = new Set(profile.kinds);
      if (profile.nodeInlined.includes(1)) kinds.add(Kind.inlined);
      return KIND_LEGEND.filter(([kind]) => kinds.has(kind)).map(([, style, text]) => [style, text]);
    }
    const entries = this.name === "object" ? this.#objectEntries() : this.#threadEntries();
    const known = entries.filter(({ hue }) => hue !== GREY).sort((a, b) => b.weight - a.weight);
    const shown = known.slice(0, LONGEST_LEGEND).map(({ hue, text }) => [hueStyle(hue, 5), text]);
    const rest = known.length > shown.length ? `, and ${known.length - shown.length} more` : "";
    return [...shown, [hueStyle(GREY, 5), `${this.name === "object" ? "no object file" : "several threads"}${rest}`]];
  }

  // Object files by the area of their boxes.
  #objectEntries() {
    const { callers, nodeRows, objects, objectHues, sampleNodes, sampleValues } = this.profile;
    const totals = new Float64Array(callers.length);
    const entries = new Map();
    sampleNodes.forEach((node, sample) => { if (node !== NONE) totals[node] += sampleValues[sample]; });
    for (let node = totals.length - 1; node >= 0; node -= 1) {
      if (callers[node] !== NONE) totals[callers[node]] += totals[node];
      const text = objects[nodeRows[node]].split("/").pop();
      if (!entries.has(text)) entries.set(text, { text, hue: objectHues[nodeRows[node]], weight: 0 });
      entries.get(text).weight += totals[node];
    }
    return [...entries.values()];
  }

  #threadEntries() {
    const { sampleThreads, sampleValues, threadHues } = this.profile;
    const entries = [...threadHues].map((hue, thread) => ({ text: this.profile.threadName(thread), hue, weight: 0 }));
    sampleThreads.forEach((thread, sample) => { entries[thread].weight += sampleValues[sample]; });
    return entries;
  }
}

function hueStyle(hue, shade) { return `h${hue}-${shade}`; }

