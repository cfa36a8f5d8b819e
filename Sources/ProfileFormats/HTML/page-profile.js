// Profile: rows (what a box stands for), call paths as a prefix tree of nodes, threads, samples, and when they were taken.

const Kind = { group: 0, native: 1, inlined: 2, kernel: 3, jit: 4, unknown: 5, truncated: 6 };
const NONE = -1;

class Profile {
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
    const distances = columns.numbers();
    // A caller precedes its callees.
    this.callers = Int32Array.from(distances, (distance, node) => (distance > 0 ? node - distance : NONE));
    this.nodeRows = columns.numbers();
    this.nodeInlined = columns.numbers();
    // Of each grouping the rows of all threads.
    this.threadRows = [columns.numbers(), columns.numbers(), columns.numbers()];
    this.sampleNodes = Int32Array.from(columns.numbers(), (number) => number - 1);
    this.sampleThreads = columns.numbers();
    this.sampleTruncations = Int32Array.from(columns.numbers(), (number) => number - 1);
    this.sampleValues = columns.numbers();
  }

  get threadCount() { return this.threadRows[0].length; }

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
    let start = 0;
    for (let run = 0; run < this.starts.length; run += 1) this.starts[run] = start += this.starts[run];
    const totals = new Float64Array(profile.sampleCount);
    this.samples.forEach((sample, run) => { totals[sample] += this.counts[run]; });
    // What one count of a run of each sample weighs.
    this.weights = totals.map((count, sample) => (count > 0 ? profile.sampleValues[sample] / count : 0));
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

  // Adds what was sampled in [from, to) to the weights of the samples.
  addTo(weights, from, to) {
    const { starts, lengths, counts, samples } = this;
    const first = this.#firstRun(from);
    const end = this.#firstRun(to);
    for (let run = 0; run < first; run += 1) {
      if (starts[run] + lengths[run] < from || lengths[run] === 0) continue;
      weights[samples[run]] += this.#countWithin(run, from, to) * this.weights[samples[run]];
    }
    for (let run = first; run < end; run += 1) {
      const count = starts[run] + lengths[run] < to ? counts[run] : this.#countWithin(run, from, to);
      weights[samples[run]] += count * this.weights[samples[run]];
    }
  }

  // Adds to each of the cells, of one length from `origin` on, what was sampled in it, of the samples that are included.
  addToCells(cells, origin, length, isIncluded) {
    const limit = origin + length * cells.length;
    for (let run = 0; run < this.starts.length; run += 1) {
      const start = this.starts[run];
      const end = start + this.lengths[run];
      const sample = this.samples[run];
      if (start >= limit) break;
      if (end < origin || !isIncluded[sample]) continue;
      const first = Math.max(0, Math.floor((start - origin) / length));
      const last = Math.min(cells.length - 1, Math.floor((end - origin) / length));
      if (first === last && start >= origin && end < limit) {
        cells[first] += this.counts[run] * this.weights[sample];
        continue;
      }
      for (let cell = first; cell <= last; cell += 1) {
        const from = origin + cell * length;
        cells[cell] += this.#countWithin(run, from, from + length) * this.weights[sample];
      }
    }
  }
}

