// Filters: which stacks a call tree is made of.

// Which stacks are kept, and which of their frames are hidden.
class PathFilter {
  #hidden;
  #focus;
  #ignored;
  // Of each node a bit per focus that it or a caller of it matches; of each thread those that any of its rows matches.
  #focused;
  #isIgnored;
  #threadFocused;
  #isThreadIgnored;

  constructor(profile, { focus, ignore, hide }) {
    const any = (lists) => (lists.length === 0 ? null : lists[0].map((_, row) => (lists.some((list) => list[row]) ? 1 : 0)));
    this.#hidden = any(hide);
    this.#ignored = any(ignore);
    this.#focus = focus;
    this.isSelective = focus.length > 0 || this.#ignored !== null;
    this.hides = this.#hidden !== null;
    if (!this.isSelective) return;
    const threads = [...profile.threadRows[0].keys()].map((thread) => profile.threadRows.map((rows) => rows[thread]));
    this.#threadFocused = threads.map((rows) => rows.reduce((bits, row) => bits | this.#bits(row), 0));
    this.#isThreadIgnored = threads.map((rows) => rows.some((row) => this.#ignored?.[row]));
    this.#focused = new Uint32Array(profile.nodeRows.length);
    this.#isIgnored = new Uint8Array(profile.nodeRows.length);
    for (let node = 0; node < profile.nodeRows.length; node += 1) {
      const caller = profile.callers[node];
      const row = profile.nodeRows[node];
      this.#focused[node] = this.#bits(row) | (caller === NONE ? 0 : this.#focused[caller]);
      this.#isIgnored[node] = this.#ignored?.[row] || (caller === NONE ? 0 : this.#isIgnored[caller]);
    }
  }

  #bits(row) {
    let bits = 0;
    for (let position = 0; position < this.#focus.length; position += 1) bits |= this.#focus[position][row] << position;
    return bits;
  }

  isKept(node, thread, truncation) {
    if (this.#isThreadIgnored[thread] || this.#ignored?.[truncation] || this.#isIgnored[node]) return false;
    let bits = this.#threadFocused[thread];
    if (truncation !== NONE) bits |= this.#bits(truncation);
    if (node !== NONE) bits |= this.#focused[node];
    return (bits >>> 0) === 2 ** this.#focus.length - 1;
  }

  isHidden(row) { return this.#hidden[row] === 1; }
}
