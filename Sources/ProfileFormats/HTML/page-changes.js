// Changes: what differs between the two profiles of a comparison, of each node and of each function.

const FAMILY = 10;
// Callers in graphs that are merged from the leaves, whose parts aren't compared.
const UNCOLOURED = "r5";

class Changes {
  constructor(columns) {
    const texts = columns.texts();
    const text = (numbers) => Array.from(numbers, (number) => texts[number]);
    this.valuesBefore = columns.numbers();
    this.nodeStyles = columns.numbers();
    this.nodeTexts = text(columns.numbers());
    // Of each row its place among the functions, those that differ first; NONE of a process. The same by probability.
    this.ranks = columns.indices();
    this.probabilityRanks = columns.indices();
    this.rowStyles = columns.numbers();
    [this.before, this.after, this.changes, this.probabilities, this.verdicts] = [...Array(5)].map(() => text(columns.numbers()));
  }

  // `widths` says whose shares these are: `before` or `after`.
  values(profile, widths) { return widths === "before" ? this.valuesBefore : profile.sampleValues; }

  columns(profile) {
    const number = (key, title, texts) => (
      { key, title, isNumber: true, values: (row) => [parseFloat(texts[row])], text: (row) => texts[row] });
    return [
      number("before", "Before", this.before), number("after", "After", this.after), number("change", "Change", this.changes),
      {
        key: "probability", title: "p", values: (row) => [this.probabilityRanks[row]],
        text: (row) => this.probabilities[row],
      },
      {
        key: "verdict", title: "Result", isFirst: true, values: (row) => [this.ranks[row]],
        text: (row) => this.verdicts[row], hint: (row) => this.verdicts[row],
      },
      ...nameColumns(profile),
    ];
  }

  // `3.00% → 5.02%, grew: +2.02 ±0.61` of a function by itself.
  text(row) {
    return `function by itself ${this.before[row]} → ${this.after[row]}, ${this.verdicts[row]}: ${this.changes[row]}, `
      + `p ${this.probabilities[row]}`;
  }
}

// Colours of a comparison: of each node what became of it with all that it calls; of a function that is merged from
// several nodes, what became of it by itself.
class ChangeColouring {
  name = "change";

  constructor(profile) {
    this.profile = profile;
    this.words = document.body.dataset.verdicts.split("|");
  }

  choose() {}

  #node(branch) {
    const isPart = branch.growth instanceof Ascent || this.#isFunction(branch);
    return isPart || branch.nodes.length !== 1 ? NONE : branch.growth.tree.origins[branch.nodes[0]];
  }

  #isFunction(branch) {
    return branch.growth.isFromLeaves ? branch.depth === 1 : branch.depth === 0 && branch.row > 0;
  }

  style(branch) {
    const { nodeStyles, rowStyles, ranks } = this.profile.changes;
    const node = this.#node(branch);
    if (node >= 0) return `c${nodeStyles[node]}`;
    return this.#isFunction(branch) && ranks[branch.row] >= 0 ? `c${rowStyles[branch.row]}` : UNCOLOURED;
  }

  remark(branch) {
    const { changes } = this.profile;
    const node = this.#node(branch);
    if (node >= 0) return changes.nodeTexts[node];
    return changes.ranks[branch.row] >= 0 ? changes.text(branch.row) : null;
  }

  get styles() {
    return new Set([UNCOLOURED, ...this.words.flatMap((_, family) => [...Array(FAMILY).keys()].map((shade) => `c${family * FAMILY + shade}`))]);
  }

  get legend() {
    const { nodeStyles, rowStyles, ranks } = this.profile.changes;
    const families = new Set([...nodeStyles, ...rowStyles.filter((_, row) => ranks[row] >= 0)].map((style) => Math.floor(style / FAMILY)));
    return this.words.map((word, family) => [`c${family * FAMILY + FAMILY / 2}`, word]).filter((_, family) => families.has(family));
  }
}

