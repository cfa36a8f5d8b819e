// The whole call tree, unpacked from the file: names and columns with a row per node, callers before their callees,
// callees in order of name.

async function unpacked(text) {
  const packed = atob(text.trim());
  const bytes = new Uint8Array(packed.length);
  for (let index = 0; index < packed.length; index += 1) bytes[index] = packed.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function readTree(bytes) {
  let offset = 0;

  function number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[offset];
      offset += 1;
      value += (byte & 127) * scale;
      if (!(byte & 128)) return value;
    }
  }

  function numbers(column) {
    for (let row = 0; row < column.length; row += 1) column[row] = number();
    return column;
  }

  function lines() {
    const length = number();
    const text = new TextDecoder().decode(bytes.subarray(offset, offset + length));
    offset += length;
    return text.split("\n");
  }

  const labelCount = number();
  const [names, withoutArguments, methods, objects] = [lines(), lines(), lines(), lines()];
  const tree = {
    // What a box shows of a label, the longest first.
    spellings: names.map((name, label) => [name, withoutArguments[label] || name, methods[label] || name]),
    names,
    colours: numbers(new Uint8Array(labelCount)),
    idleFlags: numbers(new Uint8Array(labelCount)),
    objects: numbers(new Int32Array(labelCount)),
    objectNames: objects,
    count: number(),
  };
  tree.labels = numbers(new Int32Array(tree.count));
  const rises = numbers(new Int32Array(tree.count));
  tree.own = numbers(new Float64Array(tree.count));
  const remarkCount = offset < bytes.length ? number() : 0;
  if (remarkCount > 0) {
    // Of each node whose its own samples are, by the place of what is said of it.
    tree.families = numbers(new Uint8Array(remarkCount));
    tree.threadRemarks = lines();
    tree.threads = numbers(new Int32Array(tree.count));
  } else if (offset < bytes.length) {
    [tree.nodeColours, tree.remarks] = [numbers(new Uint8Array(tree.count)), lines()];
  }
  [tree.callers, tree.ends] = shape(rises);
  tree.sleeps = sleepingNodes(tree);
  return tree;
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
