// Frames of the tree, made when they are first asked for: a picture of a large tree costs what it shows.
//
// A frame has a label, a caller (the frame that it is drawn on), a depth, a weight, what ends in it (`own`), and, where
// colours are by thread, the thread of its samples.

class Frames {
  constructor(tree, weights, order) {
    this.tree = tree;
    this.weights = weights;
    this.order = order;
    this.root = this.makeRoot();
  }

  callees(frame) {
    if (!frame.callees) {
      frame.callees = this.expanded(frame);
      if (this.order === "weight") frame.callees.sort((a, b) => b.weight - a.weight);
    }
    return frame.callees;
  }
}

// The root calls what threads began with.
class UprightFrames extends Frames {
  makeRoot() {
    return this.frame(0, null);
  }

  frame(node, caller) {
    const { own, total } = this.weights;
    return {
      node, caller, depth: caller ? caller.depth + 1 : 0, label: this.tree.labels[node], weight: total[node],
      own: own[node], thread: this.weights.threads?.[node],
    };
  }

  expanded(frame) {
    const callees = [];
    const end = this.tree.ends[frame.node];
    for (let node = frame.node + 1; node < end; node = this.tree.ends[node]) {
      if (this.weights.total[node] > 0) callees.push(this.frame(node, frame));
    }
    return callees;
  }

  address(frame) {
    return String(frame.node);
  }

  // The frame of an address, or nothing.
  at(address) {
    const path = [];
    for (let node = Number(address); node > 0 && node < this.tree.count; node = this.tree.callers[node]) path.push(node);
    let frame = this.root;
    while (path.length > 0 && frame) {
      const node = path.pop();
      frame = this.callees(frame).find((callee) => callee.node === node);
    }
    return frame;
  }
}

// The root is followed by the functions in which stacks end, and each of them by its callers.
class InvertedFrames extends Frames {
  makeRoot() {
    const [nodes, weights] = [[], []];
    this.weights.own.forEach((weight, node) => {
      if (node > 0 && weight > 0) {
        nodes.push(node);
        weights.push(weight);
      }
    });
    const root = this.frame(this.tree.labels[0], null, 0);
    const thread = this.weights.threads?.[0];
    return Object.assign(root, { nodes, weights, origins: nodes, weight: this.weights.total[0], thread });
  }

  // `nodes` come next, with their part of the weight and the nodes in which their stacks end.
  frame(label, caller, origin) {
    return {
      label, caller, origin, depth: caller ? caller.depth + 1 : 0, weight: 0, own: 0, thread: NO_THREAD,
      nodes: [], weights: [], origins: [],
    };
  }

  expanded(frame) {
    const callees = new Map();
    const threads = this.weights.ownThreads;
    frame.nodes.forEach((node, index) => {
      const label = this.tree.labels[node];
      let callee = callees.get(label);
      if (!callee) callees.set(label, callee = this.frame(label, frame, frame.origins[index]));
      const weight = frame.weights[index];
      callee.weight += weight;
      if (threads) callee.thread = joined(callee.thread, threads[frame.origins[index]]);
      if (frame.depth === 0) callee.own += weight;
      if (this.tree.callers[node] <= 0) return;
      callee.nodes.push(this.tree.callers[node]);
      callee.weights.push(weight);
      callee.origins.push(frame.origins[index]);
    });
    return [...callees.values()].sort((a, b) => a.label - b.label);
  }

  address(frame) {
    return `${frame.origin}.${frame.depth}`;
  }

  at(address) {
    let [node, depth] = address.split(".").map(Number);
    let frame = this.root;
    for (; depth > 0 && frame; depth -= 1) {
      const label = this.tree.labels[node];
      frame = this.callees(frame).find((callee) => callee.label === label);
      node = this.tree.callers[node];
    }
    return frame;
  }
}
