// Profile: rows (what a box stands for), call paths as a prefix tree of nodes, threads, samples, and when they were taken.

const Kind = { group: 0, native: 1, inlined: 2, kernel: 3, jit: 4, python: 5, unknown: 6, truncated: 7 };

// What a thread's row is called by: `comm-PID/TID`.
const THREAD_GROUPING = 2;

class Profile {
  // What became of its parts, of a comparison: Changes.
  changes = null;

  constructor(columns) {
    const texts = columns.texts();
    const text = (numbers) => Array.from(numbers, (number) => texts[number]);
    const optionalText = (numbers) => Array.from(numbers, (number) => (number > 0 ? texts[number - 1] : ""));
    this.names = text(columns.numbers());
    this.kinds = columns.numbers();
    this.objects = optionalText(columns.numbers());
    this.files = optionalText(columns.numbers());
    this.styles = text(columns.numbers());
    this.inlinedStyles = text(columns.numbers());
    // A caller precedes its callees; the column has how far.
    this.callers = new Int32Array(columns.numbers());
    for (let node = 0; node < this.callers.length; node += 1) {
      this.callers[node] = this.callers[node] > 0 ? node - this.callers[node] : NONE;
    }
    this.nodeRows = columns.numbers();
    this.nodeInlined = columns.numbers();
    // Of each grouping the rows of all threads.
    this.threadRows = [columns.numbers(), columns.numbers(), columns.numbers()];
    this.sampleNodes = columns.indices();
    this.sampleThreads = columns.numbers();
    this.sampleTruncations = columns.indices();
    this.sampleValues = columns.numbers();
    // Families of hues; 0 is grey.
    this.objectHues = columns.numbers();
    this.threadHues = columns.numbers();
  }

  get threadCount() { return this.threadRows[0].length; }

  threadName(thread) { return this.names[this.threadRows[THREAD_GROUPING][thread]]; }

  get sampleCount() { return this.sampleNodes.length; }

  get total() { return this.sampleValues.reduce((sum, value) => sum + value, 0); }
}

// The samples' times: runs of so many samples at even distances, by start. A run's share of its sample's value is its
// share of the sample's count.
class Times {
  constructor(columns, profile) {
    this.starts = columns.numbers();
    this.samples = columns.numbers();
    this.counts = columns.numbers();
    this.lengths = columns.numbers();
    const { starts, samples, counts } = this;
    // What one count of a run of each sample weighs.
    const weights = new Float64Array(profile.sampleCount);
    let start = 0;
    for (let run = 0; run < starts.length; run += 1) {
      start += starts[run];
      starts[run] = start;
      weights[samples[run]] += counts[run];
    }
    for (let sample = 0; sample < weights.length; sample += 1) {
      if (weights[sample] > 0) weights[sample] = profile.sampleValues[sample] / weights[sample];
    }
    this.weights = weights;
    this.values = profile.sampleValues;
  }

  // The number of a run's samples in [from, to).
  #countWithin(run, from, to) {
    const start = this.starts[run];
    const count = this.counts[run];
    if (count === 1 || this.lengths[run] === 0) return start >= from && start < to ? count : 0;
    const distance = this.lengths[run] / (count - 1);
    const first = Math.max(0, Math.ceil((from - start) / distance));
    return Math.max(0, Math.min(count, Math.ceil((to - start) / distance)) - first);
  }

  #firstRun(time) {
    let [low, high] = [0, this.starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] < time) low = middle + 1; else high = middle;
    }
    return low;
  }

  // Sets the weights of the samples to what was taken in any of the ranges, which are apart and in order. Of more than half
  // of the runs, it takes away what was taken outside.
  weigh(weights, ranges) {
    const { values, weights: shares } = this;
    const within = ranges.reduce((sum, [from, to]) => sum + this.#firstRun(to) - this.#firstRun(from), 0);
    weights.fill(0);
    if (2 * within <= this.starts.length) {
      for (const [from, to] of ranges) this.#count(weights, from, to);
      for (let sample = 0; sample < weights.length; sample += 1) weights[sample] *= shares[sample];
      return;
    }
    const edges = [0, ...ranges.flat(), Infinity];
    for (let edge = 0; edge < edges.length; edge += 2) this.#count(weights, edges[edge], edges[edge + 1]);
    for (let sample = 0; sample < weights.length; sample += 1) {
      const value = shares[sample] > 0 ? values[sample] : 0;
      const rest = value - weights[sample] * shares[sample];
      // What rounding leaves of a sample that is outside as a whole is nothing.
      weights[sample] = rest > 1e-9 * value ? rest : 0;
    }
  }

  // Adds how often the samples were taken in [from, to).
  #count(counted, from, to) {
    const { starts, lengths, counts, samples } = this;
    const first = this.#firstRun(from);
    const end = this.#firstRun(to);
    for (let run = 0; run < first; run += 1) {
      if (starts[run] + lengths[run] < from || lengths[run] === 0) continue;
      counted[samples[run]] += this.#countWithin(run, from, to);
    }
    for (let run = first; run < end; run += 1) {
      counted[samples[run]] += starts[run] + lengths[run] < to ? counts[run] : this.#countWithin(run, from, to);
    }
  }

  // Adds to each of the cells, of one length from `origin` on, what was sampled in it, of the samples that are included.
  addToCells(cells, origin, length, isIncluded) {
    const { starts, lengths, counts, samples, weights } = this;
    const limit = origin + length * cells.length;
    for (let run = 0; run < starts.length; run += 1) {
      const start = starts[run];
      const end = start + lengths[run];
      const sample = samples[run];
      if (start >= limit) break;
      if (end < origin || !isIncluded[sample]) continue;
      const first = Math.max(0, Math.floor((start - origin) / length));
      const last = Math.min(cells.length - 1, Math.floor((end - origin) / length));
      if (first === last && start >= origin && end < limit) {
        cells[first] += counts[run] * weights[sample];
        continue;
      }
      for (let cell = first; cell <= last; cell += 1) {
        const from = origin + cell * length;
        cells[cell] += this.#countWithin(run, from, from + length) * weights[sample];
      }
    }
  }
}

