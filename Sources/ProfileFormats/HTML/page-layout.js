// Layout: where the boxes of a flame graph are, and the colours that they are painted with.

// Narrower boxes are drawn together, as one of no name.
const NARROWEST = 0.5;

// Where boxes are: of each depth from the root those from left to right.
class FlameLayout {
  constructor(zoom, width, order) {
    this.rows = [];
    for (const branch of zoom.path) this.rows.push([{ branch, left: 0, width }]);
    this.narrow = 0;
    const scale = zoom.weight > 0 ? width / zoom.weight : 0;
    let row = scale > 0 ? this.rows[this.rows.length - 1] : [];
    while (row.length > 0) {
      const next = [];
      for (const box of row) if (box.branch) this.#addCallees(box, scale, order, next);
      if (next.length > 0) this.rows.push(next);
      row = next;
    }
  }

  #addCallees(box, scale, order, next) {
    let left = box.left;
    let remainder = null;
    for (const branch of box.branch.callees.sort(order)) {
      const width = branch.weight * scale;
      if (width >= NARROWEST) {
        next.push({ branch, left, width });
        remainder = null;
      } else {
        this.narrow += 1;
        if (!remainder) next.push(remainder = { branch: null, caller: box.branch, left, width: 0, count: 0, weight: 0 });
        remainder.width += width;
        remainder.count += 1;
        remainder.weight += branch.weight;
      }
      left += width;
    }
  }

  find(depth, isWanted) { return this.rows[depth]?.find(isWanted) ?? null; }

  at(depth, x) { return boxAt(this.rows[depth] ?? [], x); }
}

// The colours and the font, as the style sheet has them now.
class FlameTheme {
  constructor(element, styles) {
    const probe = makeShape("rect");
    const holder = makeShape("svg", { class: "unseen" }, probe);
    element.append(holder);
    this.fills = new Map();
    for (const style of styles) {
      probe.setAttribute("class", style);
      this.fills.set(style, getComputedStyle(probe).fill);
    }
    probe.removeAttribute("class");
    for (const name of ["page", "ink", "quiet", "hit", "accent", "remainder", "empty"]) {
      probe.style.fill = `var(--${name})`;
      this[name] = getComputedStyle(probe).fill;
    }
    this.heat = [...Array(17).keys()].map((step) => {
      probe.style.fill = `color-mix(in oklab, var(--heat-most) ${(100 * step) / 16}%, var(--heat-least))`;
      return getComputedStyle(probe).fill;
    });
    holder.remove();
    this.font = `12px ${getComputedStyle(element).getPropertyValue("--mono").trim()}`;
  }
}
