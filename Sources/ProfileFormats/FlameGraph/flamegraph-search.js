// Search: which labels match, how many frames these are, and the way from one to the next.

class Search {
  // Of each label whether it matches; null without a search.
  hits = null;

  // `graph` has tree, weights, frames, zoomed, drawing, state and toolbar.
  constructor(graph) {
    this.graph = graph;
  }

  run() {
    const { state, toolbar, tree } = this.graph;
    const regex = state.search ? pattern(state) : null;
    toolbar.field.setAttribute("aria-invalid", Boolean(state.search) && !regex);
    this.hits = regex ? Uint8Array.from(tree.names, (name) => (regex.test(name) ? 1 : 0)) : null;
    // The matches by weight, and the place of the one that is shown.
    [this.matches, this.match] = [null, -1];
    this.show();
  }

  isHit = (frame) => frame.depth > 0 && this.hits !== null && this.hits[frame.label] === 1;

  // How many frames match, and the weight under them between two nodes; a match inside another adds none.
  matched(first, end) {
    const { tree, weights } = this.graph;
    let [count, weight, covered] = [0, 0, 0];
    for (let node = first; node < end; node += 1) {
      if (!this.hits[tree.labels[node]] || weights.total[node] === 0) continue;
      count += 1;
      if (node < covered) continue;
      weight += weights.total[node];
      covered = tree.ends[node];
    }
    return { count, weight };
  }

  weightInZoom() {
    const { zoomed, tree } = this.graph;
    for (let frame = zoomed; frame.caller; frame = frame.caller) if (this.isHit(frame)) return zoomed.weight;
    return this.matched(zoomed.node, tree.ends[zoomed.node]).weight;
  }

  show() {
    const { toolbar, state, zoomed, words, tree } = this.graph;
    for (const name of ["previous", "next"]) toolbar[name].disabled = !this.hits;
    if (!this.hits) {
      toolbar.found.textContent = state.search ? "Not a regular expression" : "";
      return;
    }
    const { count, weight } = this.matched(1, tree.count);
    const place = this.match >= 0 ? `${grouped(this.match + 1)} of ` : "";
    const inZoom = !zoomed.caller || state.isInverted
      ? "" : ` · ${percent(this.weightInZoom(), zoomed.weight)} of the zoomed frame`;
    toolbar.found.textContent = `Matched: ${place}${grouped(count)} `
      + `frame${count === 1 ? "" : "s"} · ${words.ofAll(weight)}${inZoom}`;
  }

  // Of an inverted graph those that are drawn.
  sortedMatches() {
    const { state, drawing, tree, weights } = this.graph;
    if (state.isInverted) return [...drawing.drawn].filter(this.isHit).sort((a, b) => b.weight - a.weight);
    const nodes = [];
    for (let node = 1; node < tree.count; node += 1) {
      if (this.hits[tree.labels[node]] && weights.total[node] > 0) nodes.push(node);
    }
    return nodes.sort((a, b) => weights.total[b] - weights.total[a]);
  }

  // The frame that is `step` matches on, or null.
  next(step) {
    if (!this.hits) return null;
    this.matches ??= this.sortedMatches();
    const { matches, graph: { state, frames } } = this;
    if (matches.length === 0) return null;
    this.match = this.match < 0 && step < 0 ? matches.length - 1 : (this.match + step + matches.length) % matches.length;
    const match = matches[this.match];
    return state.isInverted ? match : frames.at(String(match));
  }
}

// The expression that is searched for, or null.
function pattern({ search, ignoreCase }) {
  // Upper-case letters make a difference where the reader typed some; \S and \W are none.
  const isLower = !/\p{Lu}/u.test(search.replace(/\\./gu, ""));
  const flags = ignoreCase || isLower ? "i" : "";
  // Names such as operator{} are no Unicode-mode patterns, but they are patterns.
  for (const mode of ["u", ""]) {
    try {
      return new RegExp(search, flags + mode);
    } catch {
      continue;
    }
  }
  return null;
}
