// Draws the rows of frames from a zoomed one on: an element for each frame of a pixel or more, a box for narrower ones
// that are beside each other, and paths over them for what is marked.

const [ROW, BOX, EDGE, MARGIN, OUTLINED] = [18, 17, 12, 4, 4];
const [NARROWEST, SINGLE, GAP] = [0.1, 1, 0.5];
const [SHADES, MIDDLE] = [10, 5];
const [MAXIMUM_ROWS, SHOWN_CALLERS] = [500, 40];

class Drawing {
  constructor(graph, tree, palette) {
    this.tree = tree;
    this.palette = palette;
    this.lines = [];
    this.layers = ["narrow", "boxes", "same", "hits", "labels", "here"].map((name) => makeShape("g", { class: name }));
    [this.narrow, this.boxes, this.same, this.hits, this.labels, this.here] = this.layers;
    graph.replaceChildren(...this.layers);
    const probe = makeShape("text", {}, "M".repeat(100));
    this.labels.append(probe);
    this.column = (probe.getComputedTextLength() || 735) / 100;
    probe.remove();
  }

  // Chooses what is drawn, and where.
  layOut(frames, zoom, width, isIcicle) {
    const callers = [];
    for (let caller = zoom.caller; caller; caller = caller.caller) callers.unshift(caller);
    if (callers.length > SHOWN_CALLERS + 1) callers.splice(1, callers.length - SHOWN_CALLERS - 1);
    this.isIcicle = isIcicle;
    this.first = callers.length;
    this.lines = [];
    this.drawn = new Set();
    this.omitted = { narrow: 0, deep: 0 };
    for (const caller of callers) this.add([this.placed(caller, 0, width)]);
    let row = [this.placed(zoom, 0, width)];
    const scale = zoom.weight > 0 ? width / zoom.weight : 0;
    while (row.length > 0) {
      this.add(row);
      row = this.nextRow(row, frames, scale);
    }
  }

  add(row) {
    for (const frame of row) this.drawn.add(frame);
    this.lines.push(row);
  }

  placed(frame, left, width) {
    return Object.assign(frame, { left, width, line: this.lines.length });
  }

  nextRow(row, frames, scale) {
    const next = [];
    const isLast = this.lines.length - this.first >= MAXIMUM_ROWS;
    for (const frame of row) {
      let left = frame.left;
      for (const callee of frames.callees(frame)) {
        const width = callee.weight * scale;
        if (isLast) this.omitted.deep += callee.weight;
        else if (width < NARROWEST) this.omitted.narrow += callee.weight;
        else next.push(this.placed(callee, left, width));
        left += width;
      }
    }
    return next;
  }

  get height() {
    return this.lines.length * ROW;
  }

  top(frame) {
    return (this.isIcicle ? frame.line : this.lines.length - 1 - frame.line) * ROW;
  }

  // The frame at a place, or nothing.
  frameAt(x, y) {
    const place = Math.floor(y / ROW);
    const row = this.lines[this.isIcicle ? place : this.lines.length - 1 - place];
    return row ? boxAt(row, x) : null;
  }

  draw(title) {
    const [boxes, labels] = [document.createDocumentFragment(), document.createDocumentFragment()];
    this.lines.forEach((row, line) => {
      for (const frame of row) {
        if (frame.width < SINGLE) continue;
        const isDim = line < this.first;
        boxes.append(this.box(frame, this.palette[this.colour(frame)], isDim, title(frame)));
        const label = this.fitted(this.tree.spellings[frame.label], frame.width);
        if (label) labels.append(this.text(frame, isDim, label));
      }
    });
    this.boxes.replaceChildren(boxes);
    this.labels.replaceChildren(labels);
    this.drawNarrow();
  }

  // The place in the palette; of a differential tree each node has its own.
  colour(frame) {
    const { families, nodeColours, colours } = this.tree;
    if (families) return families[frame.thread] * SHADES + colours[frame.label] % SHADES;
    return nodeColours?.[frame.node] ?? colours[frame.label];
  }

  drawNarrow() {
    const paths = new Map();
    const kind = (frame) => Math.floor(this.colour(frame) / SHADES);
    for (const run of this.runs((frame) => frame.width < SINGLE, kind)) {
      const key = `${run.key} ${run.top}`;
      if (!paths.has(key)) paths.set(key, { fill: this.palette[run.key * SHADES + MIDDLE], d: "" });
      paths.get(key).d += outline(run);
    }
    this.narrow.replaceChildren(...[...paths.values()].map((path) => makeShape("path", path)));
  }

  // The places of frames; narrow ones of one key that are beside each other share one.
  * runs(isWanted, key) {
    for (const row of this.lines) {
      let run = null;
      for (const frame of row) {
        if (!isWanted(frame)) continue;
        const right = frame.left + frame.width;
        const isNarrow = frame.width < SINGLE;
        if (run && isNarrow && run.isNarrow && run.key === key(frame) && frame.left - run.right < GAP) {
          run.right = right;
          continue;
        }
        if (run) yield run;
        run = { left: frame.left, right, top: this.top(frame), key: key(frame), isNarrow };
      }
      if (run) yield run;
    }
  }

  box(frame, fill, isDim, title) {
    const box = makeShape("rect", { fill, x: frame.left, y: this.top(frame), width: frame.width, height: BOX });
    if (frame.width >= OUTLINED) box.setAttribute("class", "w");
    return makeShape("g", isDim ? { class: "dim" } : {}, makeShape("title", {}, title), box);
  }

  text(frame, isDim, label) {
    const place = { x: frame.left + MARGIN, y: this.top(frame) + 12.5 };
    return makeShape("text", isDim ? { ...place, class: "dim" } : place, label);
  }

  // What fits of a label: all of it, or without arguments, or the method, or the beginning of its name.
  fitted(spellings, width) {
    const columns = Math.floor((width - 2 * MARGIN) / this.column);
    if (columns < 3) return "";
    return spellings.find((spelling) => columnsOf(spelling) <= columns) ?? clipped(spellings.at(-1), columns);
  }

  // Marks the frames of a layer; those narrower than a pixel become visible. A path for each row, as browsers paint
  // small ones faster.
  mark(layer, isMarked) {
    const paths = new Map();
    for (const run of this.runs(isMarked, () => 0)) {
      paths.set(run.top, (paths.get(run.top) ?? "") + outline(run, SINGLE));
    }
    layer.replaceChildren(...[...paths.values()].map((d) => makeShape("path", { d })));
  }
}

function outline({ left, right, top }, narrowest = 0) {
  const width = round(Math.max(right - left, narrowest));
  return `M${round(left)} ${top}h${width}v${BOX}h-${width}z`;
}

const round = (value) => Math.round(value * 100) / 100;
