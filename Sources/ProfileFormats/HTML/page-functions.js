// Functions: a sortable table of which only the lines in sight are in the document.

const LINE = 26;
const COLUMNS = [
  { key: "own", title: "Self", isNumber: true },
  { key: "ownShare", title: "Self %", isNumber: true },
  { key: "total", title: "Total", isNumber: true },
  { key: "totalShare", title: "Total %", isNumber: true },
  { key: "name", title: "Function" },
  { key: "object", title: "Object" },
];

class FunctionTable {
  #lines = [];
  #current = NONE;

  // `host` gives profile, total, text, unitName and isHit, and is given what is chosen.
  constructor(host, label) {
    this.host = host;
    this.sorting = { key: "own", isAscending: false };
    this.heads = COLUMNS.map((column) => make("th", { scope: "col", class: column.key },
      make("button", { type: "button", onclick: () => this.sort(column.key) }, column.title)));
    this.body = make("tbody");
    this.table = make("table", { "aria-label": label }, make("thead", {}, make("tr", {}, ...this.heads)), this.body);
    this.element = make("div", {
      class: "functions", tabindex: "0", role: "group",
      "aria-label": `${label}: arrow keys choose a function, Enter shows its callers and callees`,
    }, this.table);
    this.element.addEventListener("scroll", () => this.#render(), { passive: true });
    this.element.addEventListener("keydown", (event) => {
      if (event.target === this.element && this.#press(event.key)) event.preventDefault();
    });
    new ResizeObserver(() => this.#render()).observe(this.element);
  }

  // The functions that weigh something, `isWanted` of them.
  show({ own, total }, isWanted) {
    const current = this.current;
    this.weights = { own, total };
    this.#lines = [];
    const { kinds } = this.host.profile;
    for (let row = 1; row < total.length; row += 1) {
      if (total[row] > 0 && kinds[row] !== Kind.group && isWanted(row)) this.#lines.push(row);
    }
    this.#order();
    this.#current = this.#lines.indexOf(current);
    this.#render();
  }

  get current() { return this.#lines[this.#current] ?? NONE; }

  set current(row) {
    this.#current = this.#lines.indexOf(row);
    this.#reveal();
  }

  get count() { return this.#lines.length; }

  sort(key) {
    const isSame = this.sorting.key === key;
    this.sorting = { key, isAscending: isSame ? !this.sorting.isAscending : !COLUMNS.find((column) => column.key === key).isNumber };
    const current = this.current;
    this.#order();
    this.#current = this.#lines.indexOf(current);
    this.element.scrollTop = 0;
    this.#render();
  }

  #order() {
    const { own, total } = this.weights;
    const { names, objects } = this.host.profile;
    const byText = (texts) => (left, right) => (texts[left] < texts[right] ? -1 : texts[left] > texts[right] ? 1 : 0);
    const orders = {
      own: (left, right) => own[left] - own[right] || total[left] - total[right],
      total: (left, right) => total[left] - total[right] || own[left] - own[right],
      name: byText(names), object: byText(objects),
    };
    const order = orders[this.sorting.key.replace("Share", "")];
    const sign = this.sorting.isAscending ? 1 : -1;
    this.#lines.sort((left, right) => sign * order(left, right) || byText(names)(left, right));
    this.heads.forEach((head, position) => {
      const isSorted = COLUMNS[position].key === this.sorting.key;
      head.setAttribute("aria-sort", isSorted ? (this.sorting.isAscending ? "ascending" : "descending") : "none");
    });
  }

  #render() {
    if (!this.weights || this.element.clientHeight === 0) return;
    const first = Math.max(0, Math.floor(this.element.scrollTop / LINE) - 4);
    const last = Math.min(this.#lines.length, first + Math.ceil(this.element.clientHeight / LINE) + 8);
    const gap = (lines) => {
      const row = make("tr", { "aria-hidden": "true", class: "gap" }, make("td", { colspan: COLUMNS.length }));
      row.style.height = `${lines * LINE}px`;
      return lines > 0 ? [row] : [];
    };
    const shown = [];
    for (let line = first; line < last; line += 1) shown.push(this.#line(line));
    this.table.setAttribute("aria-rowcount", this.#lines.length + 1);
    this.body.replaceChildren(...gap(first), ...shown, ...gap(this.#lines.length - last));
  }

  #line(line) {
    const row = this.#lines[line];
    const { profile, total, isHit } = this.host;
    const text = (value) => (this.host.unitName === "nanoseconds" ? this.host.text(value) : grouped.format(value));
    const { own, total: totals } = this.weights;
    const kind = KIND_NAMES[profile.kinds[row]];
    return make("tr", {
      "aria-rowindex": line + 2, "aria-current": line === this.#current ? "true" : null,
      class: isHit(row) ? "hit" : null, onclick: () => this.#choose(line), title: profile.names[row],
    },
    make("td", {}, text(own[row])), make("td", {}, percent(own[row], total)),
    make("td", {}, text(totals[row])), make("td", {}, percent(totals[row], total)),
    make("td", { class: "name" }, profile.names[row], kind ? make("small", {}, ` ${kind}`) : ""),
    make("td", { class: "object", title: profile.objects[row] }, profile.objects[row].split("/").pop()));
  }

  #choose(line) {
    this.#current = line;
    this.#render();
    this.host.openFunction(this.#lines[line]);
  }

  #reveal() {
    if (this.#current !== NONE) {
      const top = this.#current * LINE;
      const height = this.element.clientHeight - LINE - 4;
      if (top < this.element.scrollTop) this.element.scrollTop = top;
      else if (top + LINE > this.element.scrollTop + height) this.element.scrollTop = top + LINE - height;
    }
    this.#render();
  }

  #press(key) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / LINE) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (key === "Enter" && this.#current !== NONE) {
      this.#choose(this.#current);
      return true;
    }
    if (!(key in steps)) return false;
    this.#current = Math.min(this.#lines.length - 1, Math.max(0, this.#current + steps[key]));
    this.#reveal();
    this.host.pointedAtFunction(this.current);
    return true;
  }
}

// What follows the names of functions that aren't native.
const KIND_NAMES = { [Kind.kernel]: "kernel", [Kind.jit]: "JIT" };

