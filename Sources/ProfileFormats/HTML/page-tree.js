// Call trees: the samples merged from their roots, under rows of processes or threads, with filters applied.

// The nodes of a call tree while samples are added.
class Nodes {
  size = 1;
  parents = new Int32Array(1 << 16);
  // Twice the row, and one more of an inlined call.
  codes = new Int32Array(1 << 16);
  // Of each node the profile's node that it stands for; NONE for none, SEVERAL where hiding frames has joined some.
  origins = new Int32Array(1 << 16).fill(NONE);
  // An open hash table of nodes by parent and code; an empty slot has 0, as the root is no callee.
  #slots = new Int32Array(1 << 12);
  #found = 1;

  constructor() { this.parents[0] = NONE; }

  append(parent, code) {
    const node = this.size;
    if (node === this.parents.length) this.#enlarge();
    this.parents[node] = parent;
    this.codes[node] = code;
    this.size = node + 1;
    return node;
  }

  // The node of a row under another: the same for the same.
  callee(parent, code) {
    if (2 * this.#found > this.#slots.length) this.#rehash();
    const slot = this.#slot(this.#slots, parent, code);
    if (this.#slots[slot] === 0) {
      this.#found += 1;
      this.#slots[slot] = this.append(parent, code);
    }
    return this.#slots[slot];
  }

  // Where a node is, or would be.
  #slot(slots, parent, code) {
    const { parents, codes } = this;
    const mask = slots.length - 1;
    let hash = Math.imul(parent, 0x9E3779B1) ^ Math.imul(code, 0x85EBCA6B);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2C1B3C6D);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (let node = slots[slot]; node > 0 && (parents[node] !== parent || codes[node] !== code); node = slots[slot]) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #rehash() {
    const slots = new Int32Array(4 * this.#slots.length);
    for (const node of this.#slots) if (node > 0) slots[this.#slot(slots, this.parents[node], this.codes[node])] = node;
    this.#slots = slots;
  }

  #enlarge() {
    for (const name of ["parents", "codes", "origins"]) {
      const larger = new Int32Array(2 * this.size).fill(NONE);
      larger.set(this[name]);
      this[name] = larger;
    }
  }
}

// More than one.
const SEVERAL = -2;

// What two are: one that both are, or SEVERAL; NONE adds nothing.
const joined = (one, other) => (other === NONE || one === other ? one : one === NONE ? other : SEVERAL);

class CallTree {
  #outermost = null;
  #threads = null;

  // `filters` are lists of Uint8Arrays, which say of each row whether it matches.
  constructor(profile, grouping, filters) {
    this.profile = profile;
    // The node at which each sample ends, NONE where a filter leaves it out.
    this.places = new Int32Array(profile.sampleCount).fill(NONE);
    const nodes = new Nodes();
    this.#addSamples(nodes, grouping, new PathFilter(profile, filters));
    this.size = nodes.size;
    this.parents = nodes.parents;
    this.codes = nodes.codes;
    this.origins = nodes.origins;
    this.own = new Float64Array(this.size);
    this.totals = new Float64Array(this.size);
    this.#indexCallees();
  }

  row(node) { return this.codes[node] >> 1; }

  // Takes new weights of the samples.
  weigh(weights) {
    const { own, totals, parents, places } = this;
    this.#threads = null;
    this.weights = weights;
    own.fill(0);
    for (let sample = 0; sample < places.length; sample += 1) {
      if (places[sample] !== NONE) own[places[sample]] += weights[sample];
    }
    totals.set(own);
    for (let node = this.size - 1; node > 0; node -= 1) totals[parents[node]] += totals[node];
  }

  // Of each node the thread of the samples that end in it (`own`), and of all its samples (`total`), SEVERAL or NONE.
  get threads() {
    if (this.#threads) return this.#threads;
    const { size, places, parents, weights } = this;
    const own = new Int32Array(size).fill(NONE);
    for (let sample = 0; sample < places.length; sample += 1) {
      const place = places[sample];
      if (place !== NONE && weights[sample] > 0) own[place] = joined(own[place], this.profile.sampleThreads[sample]);
    }
    const total = own.slice();
    for (let node = size - 1; node > 0; node -= 1) total[parents[node]] = joined(total[parents[node]], total[node]);
    return (this.#threads = { own, total });
  }

  // The samples of one process or thread's row and one kind of truncation stand on one base; one base after another, so
  // that one list of places serves all.
  #addSamples(nodes, grouping, pathFilter) {
    const { profile, places } = this;
    const bases = new Map();
    for (let sample = 0; sample < profile.sampleCount; sample += 1) {
      const thread = profile.sampleThreads[sample];
      const truncation = profile.sampleTruncations[sample];
      const leaf = profile.sampleNodes[sample];
      if (pathFilter.isSelective && !pathFilter.isKept(leaf, thread, truncation)) continue;
      const group = grouping === NONE ? 0 : profile.threadRows[grouping][thread];
      const key = group * (profile.names.length + 1) + truncation + 1;
      const base = bases.get(key);
      if (base) base.samples.push(sample); else bases.set(key, { group, truncation, samples: [sample] });
    }
    const nodePlaces = new Int32Array(profile.nodeRows.length).fill(NONE);
    const placed = new Int32Array(profile.nodeRows.length);
    for (const { group, truncation, samples } of bases.values()) {
      let base = 0;
      if (group > 0) base = nodes.callee(base, 2 * group);
      if (truncation !== NONE) base = nodes.callee(base, 2 * truncation);
      let count = 0;
      for (const sample of samples) {
        count = this.#place(profile.sampleNodes[sample], base, nodes, nodePlaces, placed, count, pathFilter);
        const leaf = profile.sampleNodes[sample];
        places[sample] = leaf === NONE ? base : nodePlaces[leaf];
      }
      for (let position = 0; position < count; position += 1) nodePlaces[placed[position]] = NONE;
    }
  }

  // Gives a path its nodes; returns how many have been placed on this base. Paths differ, so that only hidden frames make
  // two of them one.
  #place(leaf, base, nodes, places, placed, count, pathFilter) {
    const { callers, nodeRows, nodeInlined } = this.profile;
    const missing = [];
    let cursor = leaf;
    while (cursor !== NONE && places[cursor] === NONE) {
      missing.push(cursor);
      cursor = callers[cursor];
    }
    let place = cursor === NONE ? base : places[cursor];
    for (let position = missing.length - 1; position >= 0; position -= 1) {
      const node = missing[position];
      const code = 2 * nodeRows[node] + nodeInlined[node];
      if (!pathFilter.hides) place = nodes.append(place, code);
      else if (!pathFilter.isHidden(nodeRows[node])) place = nodes.callee(place, code);
      if (!pathFilter.hides || !pathFilter.isHidden(nodeRows[node])) nodes.origins[place] = joined(nodes.origins[place], node);
      places[node] = place;
      placed[count] = node;
      count += 1;
    }
    return count;
  }

  // The callees of node n are calleeNodes[calleeStarts[n]], up to calleeStarts[n + 1].
  #indexCallees() {
    const { size, parents } = this;
    const starts = new Int32Array(size + 2);
    for (let node = 1; node < size; node += 1) starts[parents[node] + 2] += 1;
    for (let node = 1; node < starts.length; node += 1) starts[node] += starts[node - 1];
    const callees = new Int32Array(Math.max(0, size - 1));
    for (let node = 1; node < size; node += 1) {
      const place = parents[node] + 1;
      callees[starts[place]] = node;
      starts[place] += 1;
    }
    this.calleeStarts = starts;
    this.calleeNodes = callees;
  }

  // Of each node whether it is in no call of its own row, so that recursion counts once.
  get isOutermost() {
    if (this.#outermost) return this.#outermost;
    const { size, codes, calleeStarts, calleeNodes } = this;
    const isOutermost = new Uint8Array(size);
    const active = new Int32Array(this.profile.names.length);
    // Nodes to enter, and the complements of those to leave.
    const steps = new Int32Array(2 * size);
    let count = 1;
    while (count > 0) {
      count -= 1;
      const step = steps[count];
      if (step < 0) {
        active[codes[~step] >> 1] -= 1;
        continue;
      }
      const row = codes[step] >> 1;
      if (active[row] === 0) isOutermost[step] = 1;
      active[row] += 1;
      steps[count] = ~step;
      count += 1;
      for (let at = calleeStarts[step]; at < calleeStarts[step + 1]; at += 1) {
        steps[count] = calleeNodes[at];
        count += 1;
      }
    }
    return (this.#outermost = isOutermost);
  }

  // Of each row its own weight, and the weight of the samples that it is anywhere in.
  rowWeights() {
    const own = new Float64Array(this.profile.names.length);
    const total = new Float64Array(this.profile.names.length);
    const { isOutermost, codes } = this;
    for (let node = 1; node < this.size; node += 1) {
      own[codes[node] >> 1] += this.own[node];
      if (isOutermost[node]) total[codes[node] >> 1] += this.totals[node];
    }
    return { own, total };
  }

  // What the rows that match are in: the weight of the samples, the number of rows and of nodes, and of each node whether
  // it or a caller of it matches.
  matches(isMatch) {
    const { size, parents, codes, totals } = this;
    const isCovered = new Uint8Array(size);
    const isFound = new Uint8Array(isMatch.length);
    const found = { weight: 0, nodes: 0, rows: 0, isCovered };
    for (let node = 1; node < size; node += 1) {
      isCovered[node] = isCovered[parents[node]];
      const row = codes[node] >> 1;
      if (isMatch[row] === 0) continue;
      if (totals[node] > 0) {
        found.nodes += 1;
        if (isFound[row] === 0) found.rows += 1;
        isFound[row] = 1;
        if (isCovered[node] === 0) found.weight += totals[node];
      }
      isCovered[node] = 1;
    }
    return found;
  }
}
