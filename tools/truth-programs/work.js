// Computes, allocates, calls native code and waits.
'use strict';
const crypto = require('crypto');
const zlib = require('zlib');

class Shape { constructor(side) { this.side = side; } area() { return this.side ** 2; } }
class Round extends Shape { area() { return Math.PI * super.area(); } }

function shapes() {
  const list = Array.from({ length: 300 }, (_, i) => (i % 2 ? new Round(i) : new Shape(i)));
  return list.sort((a, b) => a.area() - b.area()).reduce((sum, shape) => sum + shape.area(), 0);
}

function text(round) {
  const object = { round, list: Array.from({ length: 100 }, (_, i) => `item ${i * round}`) };
  const back = JSON.parse(JSON.stringify(object));
  return back.list.map((item) => item.replace(/(\d)(\d)/g, '$2$1')).join();
}

async function rounds() {
  for (let round = 0; ; round++) {
    shapes();
    const long = text(round);
    crypto.createHash('sha256').update(long).digest('hex');
    if (round % 10 === 0) zlib.gzipSync(long);
    if (round % 20 === 0) await new Promise((resolve) => zlib.gzip(long, resolve));
    if (round % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

rounds();
