// What is said of frames, and of what isn't drawn.

const grouped = (number) => number.toLocaleString("en-US");

class Words {
  // `graph` has tree, frames, zoomed and state.
  constructor(graph, { unit, units, whole }) {
    this.graph = graph;
    this.tree = graph.tree;
    this.units = [unit, units];
    this.whole = whole;
    this.sum = this.tree.own.reduce((a, b) => a + b, 0);
  }

  amount(weight) {
    return `${grouped(Math.round(weight))} ${this.units[weight === 1 ? 0 : 1]}`;
  }

  ofAll(weight) {
    return percent(weight, this.graph.frames.root.weight);
  }

  // What colours by thread, or of a comparison, say of a frame.
  remark(frame) {
    return this.tree.threadRemarks?.[frame.thread] ?? this.tree.remarks?.[frame.node];
  }

  title = (frame) => {
    const remark = this.remark(frame);
    return `${this.tree.names[frame.label]} (${this.amount(frame.weight)}, ${this.ofAll(frame.weight)})`
      + (remark ? `\n${remark}` : "");
  };

  details(frame) {
    const { graph: { zoomed, state }, tree } = this;
    const { weight, own, caller, label } = frame;
    const object = tree.objectNames[tree.objects[label]];
    const isUpright = !state.isInverted;
    return [
      this.ofAll(weight), this.amount(weight),
      (isUpright || frame.depth === 1) && `self ${this.ofAll(own)} (${this.amount(own)})`,
      caller && `${percent(weight, caller.weight)} of its ${isUpright ? "caller" : "callee"}`,
      zoomed.caller && frame !== zoomed && isWithin(frame, zoomed) && `${percent(weight, zoomed.weight)} of the zoomed frame`,
      this.remark(frame), tree.names[label], object && `in ${object}`,
    ].filter(Boolean).join(" · ");
  }

  notes({ omitted: { narrow, deep }, lines }) {
    const filtered = this.sum - this.graph.frames.root.weight;
    const parts = [
      narrow > 0 && `frames too narrow to be seen, in ${this.ofAll(narrow)} of the ${this.whole}`,
      deep > 0 && `frames beyond row ${lines.length}, in ${this.ofAll(deep)}`,
      filtered > 0 && `stacks that filters leave out, ${percent(filtered, this.sum)}`,
    ].filter(Boolean);
    if (parts.length === 0) return "";
    return `Not shown: ${parts.join("; ")}.${narrow > 0 || deep > 0 ? " Zoom in to see more." : ""}`;
  }
}

function isWithin(frame, outer) {
  let caller = frame;
  while (caller && caller.depth > outer.depth) caller = caller.caller;
  return caller === outer;
}

// The leaf first, as debuggers do.
function stackOf(frame, { names }, isInverted) {
  const stack = [];
  for (let caller = frame; caller && caller.depth > 0; caller = caller.caller) stack.push(names[caller.label]);
  return (isInverted ? stack.reverse() : stack).join("\n");
}
