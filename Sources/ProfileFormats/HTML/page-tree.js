// Call trees: the samples merged from their roots, under rows of processes or threads, with filters applied; and the
// branches that are drawn, which are merged from nodes of it as they are needed.

class CallTree {
  #size = 0;
  #slots = new Int32Array(1 << 12);

  // `filters` are lists of Uint8Arrays, which say of each row whether it matches.
  constructor(profile, grouping, filters) {
    this.profile = profile;
    this.parents = new Int32Array(1 << 12);
    // Twice the row, and one more of an inlined call.
    this.codes = new Int32Array(1 << 12);
    // The node at which each sample ends, NONE where a filter leaves it out.
    this.places = new Int32Array(profile.sampleCount).fill(NONE);
    this.#append(NONE, 0);
    this.#addSamples(grouping, filters);
    this.parents = this.parents.slice(0, this.#size);
    this.codes = this.codes.slice(0, this.#size);
    this.own = new Float64Array(this.#size);
    this.totals = new Float64Array(this.#size);
    this.#indexCallees();
    this.#markOutermost();
  }

  get size() { return this.#size; }

  row(node) { return this.codes[node] >> 1; }

  // Takes new weights of the samples.
  weigh(weights) {
    const { own, totals, parents, places } = this;
    own.fill(0);
    for (let sample = 0; sample < places.length; sample += 1) {
      if (places[sample] !== NONE) own[places[sample]] += weights[sample];
    }
    totals.set(own);
    for (let node = this.#size - 1; node > 0; node -= 1) totals[parents[node]] += totals[node];
  }

  #append(parent, code) {
    if (this.#size === this.parents.length) {
      for (const name of ["parents", "codes"]) {
        const larger = new Int32Array(2 * this.#size);
        larger.set(this[name]);
        this[name] = larger;
      }
    }
    this.parents[this.#size] = parent;
    this.codes[this.#size] = code;
    this.#size += 1;
    return this.#size - 1;
  }

  // An open hash table of nodes by parent and code; an empty slot has 0, as the root is no callee.
  #callee(parent, code) {
    if (2 * this.#size > this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    let slot = this.#slot(parent, code);
    for (let node = this.#slots[slot]; node > 0; node = this.#slots[slot]) {
      if (this.parents[node] === parent && this.codes[node] === code) return node;
      slot = (slot + 1) & mask;
    }
    return (this.#slots[slot] = this.#append(parent, code));
  }

  #slot(parent, code) {
    let hash = Math.imul(parent, 0x9E3779B1) ^ Math.imul(code, 0x85EBCA6B);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2C1B3C6D);
    return (hash ^ (hash >>> 13)) & (this.#slots.length - 1);
  }

  #grow() {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let node = 1; node < this.#size; node += 1) {
      let slot = this.#slot(this.parents[node], this.codes[node]);
      while (this.#slots[slot] > 0) slot = (slot + 1) & mask;
      this.#slots[slot] = node;
    }
  }

  // The samples of one thread's row and one kind of truncation share a base; one base after another, so that one list of
  // places serves all.
  #addSamples(grouping, filters) {
    const { profile } = this;
    const pathFilter = new PathFilter(profile, filters);
    const bases = new Map();
    for (let sample = 0; sample < profile.sampleCount; sample += 1) {
      const group = grouping === NONE ? 0 : profile.threadRows[grouping][profile.sampleThreads[sample]];
      const thread = profile.threadRows[THREAD_GROUPING][profile.sampleThreads[sample]];
      const truncation = profile.sampleTruncations[sample];
      if (!pathFilter.isKept(profile.sampleNodes[sample], thread, truncation)) continue;
      const key = `${group} ${truncation}`;
      if (!bases.has(key)) bases.set(key, { group, truncation, samples: [] });
      bases.get(key).samples.push(sample);
    }
    const nodes = new Int32Array(profile.nodeRows.length).fill(NONE);
    for (const { group, truncation, samples } of bases.values()) {
      let base = 0;
      if (group > 0) base = this.#callee(base, 2 * group);
      if (truncation !== NONE) base = this.#callee(base, 2 * truncation);
      const placed = [];
      for (const sample of samples) {
        this.places[sample] = this.#place(profile.sampleNodes[sample], base, nodes, placed, pathFilter);
      }
      for (const node of placed) nodes[node] = NONE;
    }
  }

  #place(leaf, base, nodes, placed, pathFilter) {
    const { callers, nodeRows, nodeInlined } = this.profile;
    const missing = [];
    let cursor = leaf;
    while (cursor !== NONE && nodes[cursor] === NONE) {
      missing.push(cursor);
      cursor = callers[cursor];
    }
    let place = cursor === NONE ? base : nodes[cursor];
    for (let position = missing.length - 1; position >= 0; position -= 1) {
      const node = missing[position];
      const row = nodeRows[node];
      if (!pathFilter.isHidden(row)) place = this.#callee(place, 2 * row + nodeInlined[node]);
      nodes[node] = place;
      placed.push(node);
    }
    return place;
  }

  // The callees of node n are calleeNodes[calleeStarts[n]], up to calleeStarts[n + 1].
  #indexCallees() {
    this.calleeStarts = new Int32Array(this.#size + 2);
    for (let node = 1; node < this.#size; node += 1) this.calleeStarts[this.parents[node] + 2] += 1;
    for (let node = 1; node < this.calleeStarts.length; node += 1) this.calleeStarts[node] += this.calleeStarts[node - 1];
    this.calleeNodes = new Int32Array(Math.max(0, this.#size - 1));
    for (let node = 1; node < this.#size; node += 1) {
      this.calleeNodes[this.calleeStarts[this.parents[node] + 1]++] = node;
    }
  }

  // Which nodes aren't in a call of their own row, so that recursion counts once.
  #markOutermost() {
    this.isOutermost = new Uint8Array(this.#size);
    const active = new Int32Array(this.profile.names.length);
    const steps = [0];
    while (steps.length > 0) {
      const step = steps.pop();
      if (step < 0) {
        active[this.row(~step)] -= 1;
        continue;
      }
      const row = this.row(step);
      if (active[row] === 0) this.isOutermost[step] = 1;
      active[row] += 1;
      steps.push(~step);
      for (let at = this.calleeStarts[step]; at < this.calleeStarts[step + 1]; at += 1) steps.push(this.calleeNodes[at]);
    }
  }

  // Of each row its own weight, and the weight of the samples that it is anywhere in.
  rowWeights() {
    const own = new Float64Array(this.profile.names.length);
    const total = new Float64Array(this.profile.names.length);
    for (let node = 1; node < this.#size; node += 1) {
      own[this.row(node)] += this.own[node];
      if (this.isOutermost[node]) total[this.row(node)] += this.totals[node];
    }
    return { own, total };
  }

  // What the rows that match are in: the weight of the samples, the number of rows and of nodes.
  matches(isMatch) {
    const isCovered = new Uint8Array(this.#size);
    const rows = new Set();
    const found = { weight: 0, nodes: 0, rows: 0 };
    for (let node = 1; node < this.#size; node += 1) {
      if (this.totals[node] === 0) continue;
      const parent = this.parents[node];
      if (isMatch[this.row(node)]) {
        found.nodes += 1;
        rows.add(this.row(node));
        if (!isCovered[parent]) found.weight += this.totals[node];
        isCovered[node] = 1;
      } else {
        isCovered[node] = isCovered[parent];
      }
    }
    found.rows = rows.size;
    return found;
  }
}

const THREAD_GROUPING = 2;

// Which stacks are kept, and which of their frames are hidden.
class PathFilter {
  #hidden;
  #focus;
  #ignored;
  // Of each node a bit per focus that it or a caller of it matches.
  #focused;
  #isIgnored;

  constructor(profile, { focus, ignore, hide }) {
    const any = (lists) => (lists.length === 0 ? null : lists[0].map((_, row) => (lists.some((list) => list[row]) ? 1 : 0)));
    this.#hidden = any(hide);
    this.#ignored = any(ignore);
    this.#focus = focus;
    if (focus.length === 0 && !this.#ignored) return;
    this.#focused = new Uint32Array(profile.nodeRows.length);
    this.#isIgnored = new Uint8Array(profile.nodeRows.length);
    for (let node = 0; node < profile.nodeRows.length; node += 1) {
      const caller = profile.callers[node];
      const row = profile.nodeRows[node];
      this.#focused[node] = this.#bits(row) | (caller === NONE ? 0 : this.#focused[caller]);
      this.#isIgnored[node] = this.#ignored?.[row] || (caller === NONE ? 0 : this.#isIgnored[caller]);
    }
  }

  #bits(row) { return this.#focus.reduce((bits, list, position) => (list[row] ? bits | (1 << position) : bits), 0); }

  isKept(node, ...baseRows) {
    if (!this.#focused) return true;
    const rows = baseRows.filter((row) => row !== NONE);
    if (this.#ignored && (rows.some((row) => this.#ignored[row]) || (node !== NONE && this.#isIgnored[node]))) return false;
    const bits = rows.reduce((sum, row) => sum | this.#bits(row), node === NONE ? 0 : this.#focused[node]);
    return (bits >>> 0) === 2 ** this.#focus.length - 1;
  }

  isHidden(row) { return this.#hidden !== null && this.#hidden[row] === 1; }
}

// A box of a flame graph: nodes of a call tree that are one row below one branch.
class Branch {
  #callees = null;

  constructor(growth, caller, row, isInlined) {
    this.growth = growth;
    this.caller = caller;
    this.depth = caller ? caller.depth + 1 : 0;
    this.row = row;
    this.isInlined = isInlined;
    this.nodes = [];
    this.weight = 0;
    this.own = 0;
  }

  get callees() { return (this.#callees ??= this.growth.calleesOf(this)); }

  // The branches from the root to this one.
  get path() {
    const path = [];
    for (let branch = this; branch; branch = branch.caller) path.push(branch);
    return path.reverse();
  }
}

// Branches towards the leaves. Where `isMerged`, calls of a function are one branch, inlined or not.
class Descent {
  constructor(tree, nodes, isMerged = false) {
    this.tree = tree;
    this.isMerged = isMerged;
    this.root = new Branch(this, null, tree.row(nodes[0] ?? 0), false);
    for (const node of nodes) this.#add(node, this.root);
  }

  #add(node, branch) {
    branch.nodes.push(node);
    branch.weight += this.tree.totals[node];
    branch.own += this.tree.own[node];
  }

  calleesOf(branch) {
    const { tree } = this;
    const found = new Map();
    for (const caller of branch.nodes) {
      for (let at = tree.calleeStarts[caller]; at < tree.calleeStarts[caller + 1]; at += 1) {
        const node = tree.calleeNodes[at];
        if (tree.totals[node] === 0) continue;
        const code = tree.codes[node];
        const key = this.isMerged ? code >> 1 : code;
        let callee = found.get(key);
        if (!callee) found.set(key, callee = new Branch(this, branch, code >> 1, (code & 1) === 1 && !this.isMerged));
        this.#add(node, callee);
      }
    }
    return [...found.values()];
  }
}

// Branches towards the roots: a branch's callees are the callers of its nodes. `starts` are nodes with their weights.
class Ascent {
  constructor(tree, row, starts) {
    this.tree = tree;
    this.root = new Branch(this, null, row, false);
    this.root.weights = [];
    for (const { node, weight } of starts) this.#add(node, weight, this.root);
  }

  // The samples that end in any of the functions.
  static fromLeaves(tree) {
    const starts = [];
    for (let node = 1; node < tree.size; node += 1) if (tree.own[node] > 0) starts.push({ node, weight: tree.own[node] });
    const ascent = new Ascent(tree, 0, starts);
    ascent.isFromLeaves = true;
    return ascent;
  }

  #add(node, weight, branch) {
    branch.nodes.push(node);
    branch.weights.push(weight);
    branch.weight += weight;
  }

  calleesOf(branch) {
    const { tree } = this;
    const found = new Map();
    const isLeaf = this.isFromLeaves && branch === this.root;
    branch.nodes.forEach((node, position) => {
      const caller = isLeaf ? node : tree.parents[node];
      if (caller <= 0) return;
      const row = tree.row(caller);
      let next = found.get(row);
      if (!next) {
        found.set(row, next = new Branch(this, branch, row, false));
        next.weights = [];
      }
      this.#add(caller, branch.weights[position], next);
      if (isLeaf) next.own += branch.weights[position];
    });
    return [...found.values()];
  }
}

// The outermost calls of a row: its callers and its callees count a recursive sample once.
function outermostCalls(tree, row) {
  const nodes = [];
  for (let node = 1; node < tree.size; node += 1) {
    if (tree.row(node) === row && tree.isOutermost[node] && tree.totals[node] > 0) nodes.push(node);
  }
  return nodes;
}

