// The whole call tree, unpacked from the file: names and columns with a row per node, callers before their callees,
// callees in order of name.

class TreeReader {
  offset = 0;

  constructor(bytes) {
    this.bytes = bytes;
  }

  get isAtEnd() {
    return this.offset === this.bytes.length;
  }

  number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.offset];
      this.offset += 1;
      value += (byte & 127) * scale;
      if (!(byte & 128)) return value;
    }
  }

  numbers(column) {
    for (let row = 0; row < column.length; row += 1) column[row] = this.number();
    return column;
  }

  lines() {
    const length = this.number();
    const text = new TextDecoder().decode(this.bytes.subarray(this.offset, this.offset + length));
    this.offset += length;
    return text.split("\n");
  }
}

function readTree(bytes) {
  const reader = new TreeReader(bytes);
  const labelCount = reader.number();
  const [names, withoutArguments, methods, objectNames] = [...Array(4)].map(() => reader.lines());
  const tree = {
    // What a box shows of a label, the longest first.
    spellings: names.map((name, label) => [name, withoutArguments[label] || name, methods[label] || name]),
    names,
    objectNames,
    colours: reader.numbers(new Uint8Array(labelCount)),
    idleFlags: reader.numbers(new Uint8Array(labelCount)),
    objects: reader.numbers(new Int32Array(labelCount)),
    count: reader.number(),
  };
  tree.labels = reader.numbers(new Int32Array(tree.count));
  [tree.callers, tree.ends] = shape(reader.numbers(new Int32Array(tree.count)));
  tree.own = reader.numbers(new Float64Array(tree.count));
  tree.sleeps = sleepingNodes(tree);
  if (!reader.isAtEnd) readRemarks(reader, tree);
  return tree;
}

function readRemarks(reader, tree) {
  const count = reader.number();
  if (count > 0) {
    // Of each node whose its own samples are, by the place of what is said of it.
    tree.families = reader.numbers(new Uint8Array(count));
    tree.threadRemarks = reader.lines();
    tree.threads = reader.numbers(new Int32Array(tree.count));
  } else {
    tree.nodeColours = reader.numbers(new Uint8Array(tree.count));
    tree.remarks = reader.lines();
  }
}

// The caller of each node, and the node that follows its callees; a node is called by the one that is `rises` nodes
// above the one before it.
function shape(rises) {
  const callers = new Int32Array(rises.length).fill(-1);
  const ends = new Int32Array(rises.length).fill(rises.length);
  let above = 0;
  for (let node = 1; node < rises.length; node += 1) {
    for (let rise = rises[node]; rise > 0; rise -= 1) {
      ends[above] = node;
      above = callers[above];
    }
    callers[node] = above;
    above = node;
  }
  return [callers, ends];
}

const [WAITS, ENTERS_KERNEL] = [1, 2];
const [NO_THREAD, SEVERAL_THREADS] = [0, 1];

const joined = (one, other) => (other === NO_THREAD || one === other ? one : one === NO_THREAD ? other : SEVERAL_THREADS);

// 1 for a node that is an idle wait, or below one only the kernel's code and the entry to it.
function sleepingNodes(tree) {
  const sleeps = new Uint8Array(tree.count);
  for (let node = 1; node < tree.count; node += 1) {
    const flag = tree.idleFlags[tree.labels[node]];
    sleeps[node] = flag === WAITS || (flag === ENTERS_KERNEL && sleeps[tree.callers[node]]) ? 1 : 0;
  }
  return sleeps;
}

// The weights of the stacks that filters leave: `own` of those that end at a node, `total` of those through it; where
// colours are by thread, whose these are too.
// `hidden` and `focus` have a 1 for each label whose stacks are left out, or are the only ones that stay.
function weigh(tree, { hidden, focus, isAwake }) {
  const own = tree.own.slice();
  const isHidden = new Uint8Array(tree.count);
  const isFocused = new Uint8Array(tree.count);
  for (let node = 0; node < tree.count; node += 1) {
    const [caller, label] = [tree.callers[node], tree.labels[node]];
    isHidden[node] = (caller >= 0 && isHidden[caller]) || (hidden && hidden[label]) ? 1 : 0;
    isFocused[node] = (caller >= 0 && isFocused[caller]) || !focus || focus[label] ? 1 : 0;
    if (isHidden[node] || !isFocused[node] || (isAwake && tree.sleeps[node])) own[node] = 0;
  }
  const total = own.slice();
  for (let node = tree.count - 1; node > 0; node -= 1) total[tree.callers[node]] += total[node];
  if (!tree.threads) return { own, total };
  const ownThreads = tree.threads.map((thread, node) => (own[node] > 0 ? thread : NO_THREAD));
  const threads = ownThreads.slice();
  for (let node = tree.count - 1; node > 0; node -= 1) {
    threads[tree.callers[node]] = joined(threads[tree.callers[node]], threads[node]);
  }
  return { own, total, ownThreads, threads };
}
