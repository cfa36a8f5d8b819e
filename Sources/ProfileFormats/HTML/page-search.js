// Search: which rows match, what they weigh, and the way from one drawn match to the next.

class Search {
  // Of each row whether it matches; null without a search.
  hits = null;
  #delay = 0;

  // `host` gives profile, state, tree, total, active, details and timeline, and draws anew what shows matches.
  constructor(host) {
    this.host = host;
  }

  isHit = (row) => this.hits !== null && this.hits[row] === 1;

  run() {
    const { profile, state: { search } } = this.host;
    const pattern = search ? new Pattern(search) : null;
    this.hits = pattern?.matches(profile.names) ?? null;
    element("search").value = search;
    for (const id of ["previous", "next"]) element(id).disabled = !this.hits;
    element("found").textContent = this.hits ? this.#text(pattern) : "";
  }

  #text({ isPlain }) {
    const { tree, total } = this.host;
    // All isn't a function.
    this.hits[0] = 0;
    const { weight, rows, nodes } = tree.matches(this.hits);
    const found = rows === 0 ? "no matches"
      : `${count(rows, "function")}, ${count(nodes, "frame")}, ${percent(weight, total)}`;
    return (isPlain ? "As plain text: " : "") + found;
  }

  find(source) {
    const { host } = this;
    host.state.search = source;
    this.run();
    host.showMatches();
    // Counting a day's samples anew would be felt at each key.
    clearTimeout(this.#delay);
    this.#delay = setTimeout(() => host.timeline.update(), 250);
    host.writeAddress(false);
  }

  // The next frame that is drawn and matches; `step` of -1 goes back.
  step(step) {
    const { state, active, details } = this.host;
    if (state.view === "table") return;
    const hits = active.drawn.filter((branch) => this.isHit(branch.row));
    if (hits.length === 0) return;
    const at = hits.indexOf(active.selected);
    const next = at === NONE ? (step > 0 ? 0 : hits.length - 1) : (at + step + hits.length) % hits.length;
    active.select(hits[next]);
    details.prepend(`Match ${next + 1} of ${hits.length} drawn · `);
  }
}
