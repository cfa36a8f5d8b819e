// What the scripts of flame graphs and of pages compute: unpacked data, texts of a width, the box at a place.

function bytesOfBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let position = 0; position < bytes.length; position += 1) bytes[position] = binary.charCodeAt(position);
  return bytes;
}

// What is gzipped and in base64.
async function unpacked(text) {
  const stream = new Blob([bytesOfBase64(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const percent = (part, whole) => `${(whole > 0 ? (100 * part) / whole : 0).toFixed(2)}%`;

// What isn't ASCII counts as two columns.
const columnCount = (character) => (character > "\x7f" ? 2 : 1);

function columnsOf(text) {
  let columns = 0;
  for (const character of text) columns += columnCount(character);
  return columns;
}

function clipped(text, columns) {
  let used = 0;
  let cut = "";
  for (const character of text.slice(0, columns + 1)) {
    used += columnCount(character);
    if (used > columns) return `${cut}…`;
    if (used < columns) cut += character;
  }
  return text;
}

// Of a row of boxes from left to right, the one at a place, or null.
function boxAt(row, x) {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row[middle].left + row[middle].width <= x) low = middle + 1;
    else high = middle;
  }
  return low < row.length && row[low].left <= x ? row[low] : null;
}
