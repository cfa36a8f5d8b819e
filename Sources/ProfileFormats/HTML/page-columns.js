// Columns: the tables that the page carries, gzipped and in base64, as texts and typed arrays.

const NONE = -1;

function addPlane(values, bytes, scale) {
  for (let position = 0; position < bytes.length; position += 1) values[position] += bytes[position] * scale;
}

function orPlane(values, bytes, shift) {
  for (let position = 0; position < bytes.length; position += 1) values[position] |= bytes[position] << shift;
}

class Columns {
  #bytes;
  #view;
  #offset = 0;

  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  // The columns of the script element `id`, which is removed.
  static async of(id) {
    const element = document.getElementById(id);
    if (!element) return null;
    const text = element.textContent;
    element.remove();
    return new Columns(await unpacked(text));
  }

  #count() {
    const count = this.#view.getUint32(this.#offset, true);
    this.#offset += 4;
    return count;
  }

  texts() {
    const length = this.#count();
    const bytes = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return new TextDecoder().decode(bytes).split("\n");
  }

  // Numbers beyond 2⁵³ lose their lowest bits.
  numbers() {
    const count = this.#count();
    const width = this.#bytes[this.#offset];
    this.#offset += 1;
    const values = width > 4 ? new Float64Array(count) : new Uint32Array(count);
    for (let plane = 0; plane < width; plane += 1) {
      const bytes = this.#bytes.subarray(this.#offset, this.#offset + count);
      if (width > 4) addPlane(values, bytes, 256 ** plane); else orPlane(values, bytes, 8 * plane);
      this.#offset += count;
    }
    return values;
  }

  // Numbers that are one more than an index, or 0 where there is none, which NONE stands for.
  indices() {
    const values = new Int32Array(this.numbers());
    for (let position = 0; position < values.length; position += 1) values[position] -= 1;
    return values;
  }
}

