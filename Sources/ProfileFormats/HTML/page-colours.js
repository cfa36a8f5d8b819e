// Colours: what the styles of boxes stand for: kinds of code, object files, or threads.

const KIND_LEGEND = [[Kind.native, "n5", "native"], [Kind.inlined, "i5", "inlined"], [Kind.kernel, "k5", "kernel"],
  [Kind.jit, "j5", "JIT"], [Kind.python, "p5", "Python"], [Kind.unknown, "u5", "unknown"], [Kind.truncated, "m5", "truncated"]];
const GREY = 0;
const LONGEST_LEGEND = 12;
const SEVERAL_THREADS = "several threads";

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
    return branch.thread === SEVERAL ? SEVERAL_THREADS : `thread ${this.profile.threadName(branch.thread)}`;
  }

  // All classes that branches may have.
  get styles() {
    const { styles, inlinedStyles, objectHues, threadHues } = this.profile;
    if (this.name === "kind") return new Set([...styles, ...inlinedStyles]);
    const hues = new Set([GREY, ...(this.name === "object" ? objectHues : threadHues)]);
    return new Set([...hues].flatMap((hue) => [..."0123456789"].map((shade) => hueStyle(hue, shade))));
  }

  // A class and a text each; without a class, of those that are not shown.
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
    const known = entries.filter(({ hue, weight }) => hue !== GREY && weight > 0).sort((a, b) => b.weight - a.weight);
    const legend = known.slice(0, LONGEST_LEGEND).map(({ hue, text }) => [hueStyle(hue, 5), text]);
    if (known.length > legend.length) legend.push([null, `and ${known.length - legend.length} more`]);
    if (this.name === "thread" && known.length > 1) legend.push([hueStyle(GREY, 5), SEVERAL_THREADS]);
    const isGrey = ({ hue, weight }) => hue === GREY && weight > 0;
    if (this.name === "object" && entries.some(isGrey)) legend.push([hueStyle(GREY, 5), "no object file, or several"]);
    return legend;
  }

  // Object files by the area of their boxes; those of missing parts of stacks are in none.
  #objectEntries() {
    const { callers, nodeRows, objects, objectHues, sampleNodes, sampleTruncations, sampleValues } = this.profile;
    const totals = new Float64Array(callers.length);
    const entries = new Map();
    sampleNodes.forEach((node, sample) => { if (node !== NONE) totals[node] += sampleValues[sample]; });
    for (let node = totals.length - 1; node >= 0; node -= 1) {
      if (callers[node] !== NONE) totals[callers[node]] += totals[node];
      const text = objects[nodeRows[node]].split("/").pop();
      if (!entries.has(text)) entries.set(text, { text, hue: objectHues[nodeRows[node]], weight: 0 });
      entries.get(text).weight += totals[node];
    }
    const truncated = sampleValues.filter((_, sample) => sampleTruncations[sample] !== NONE);
    const none = { text: "", hue: GREY, weight: truncated.reduce((sum, value) => sum + value, 0) };
    return [...entries.values(), none];
  }

  #threadEntries() {
    const { sampleThreads, sampleValues, threadHues } = this.profile;
    const entries = [...threadHues].map((hue, thread) => ({ text: this.profile.threadName(thread), hue, weight: 0 }));
    sampleThreads.forEach((thread, sample) => { entries[thread].weight += sampleValues[sample]; });
    return entries;
  }
}

function hueStyle(hue, shade) { return `h${hue}-${shade}`; }

