// Branches: what is drawn as one box, merged from nodes of a call tree as they are needed.

// A box of a flame graph: nodes of a call tree that are one row below one branch.
class Branch {
  #callees = null;
  #thread = null;

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

  // The thread of its samples, SEVERAL or NONE.
  get thread() { return (this.#thread ??= this.growth.threadOf(this)); }

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

  threadOf(branch) {
    const { total } = this.tree.threads;
    return branch.nodes.reduce((thread, node) => joined(thread, total[node]), NONE);
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

// Branches towards the roots: a branch's callees are the callers of its nodes. `starts` are nodes with their weights; of
// each node of a branch, `origins` has the start that it was reached from.
class Ascent {
  constructor(tree, row, starts) {
    this.tree = tree;
    this.root = new Branch(this, null, row, false);
    this.root.weights = [];
    this.root.origins = [];
    for (const { node, weight } of starts) this.#add(node, weight, node, this.root);
  }

  // The samples that end in any of the functions.
  static fromLeaves(tree) {
    const starts = [];
    for (let node = 1; node < tree.size; node += 1) if (tree.own[node] > 0) starts.push({ node, weight: tree.own[node] });
    const ascent = new Ascent(tree, 0, starts);
    ascent.isFromLeaves = true;
    return ascent;
  }

  // A caller has only the samples of the starts that lead to it.
  threadOf(branch) {
    const { own, total } = this.tree.threads;
    const threads = this.isFromLeaves ? own : total;
    return branch.origins.reduce((thread, start) => joined(thread, threads[start]), NONE);
  }

  #add(node, weight, origin, branch) {
    branch.nodes.push(node);
    branch.weights.push(weight);
    branch.origins.push(origin);
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
        next.origins = [];
      }
      this.#add(caller, branch.weights[position], branch.origins[position], next);
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

