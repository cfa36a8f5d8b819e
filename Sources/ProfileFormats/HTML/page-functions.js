// Functions: a sortable table of which only the lines in sight are in the document.

const LINE = 26;

// The columns of a table: `values` are what it is sorted by, the first of them first; `text` is what a cell shows.
function nameColumns(profile) {
  return [
    {
      key: "name", title: "Function", values: (row) => [profile.names[row]], text: (row) => profile.names[row],
      note: (row) => KIND_NAMES[profile.kinds[row]],
    },
    {
      key: "object", title: "Object", values: (row) => [profile.objects[row]],
      text: (row) => profile.objects[row].split("/").pop(), hint: (row) => profile.objects[row],
    },
  ];
}

function weightColumns(host) {
  const text = (value) => (["nanoseconds", "bytes"].includes(host.unitName) ? host.text(value) : grouped.format(value));
  const column = (key, title, main, other) => {
    const values = (row, weights) => [weights[main][row], weights[other][row]];
    return [
      { key, title, isNumber: true, values, text: (row, weights) => text(weights[main][row]) },
      {
        key: `${key}Share`, title: `${title} %`, isNumber: true, values,
        text: (row, weights) => percent(weights[main][row], host.total),
      },
    ];
  };
  return [...column("own", "Self", "own", "total"), ...column("total", "Total", "total", "own"), ...nameColumns(host.profile)];
}

class FunctionTable {
  #lines = [];
  #current = NONE;

  // `host` gives profile and isHit, and is given what is chosen. The table is sorted by its first column at first, or by
  // the one that `isFirst`.
  constructor(host, columns, label) {
    this.host = host;
    this.columns = columns;
    const first = columns.find((column) => column.isFirst) ?? columns[0];
    this.sorting = { key: first.key, isAscending: !first.isNumber };
    this.heads = columns.map((column) => make("th", { scope: "col", class: column.key },
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

  // The functions that weigh something, or that are compared, `isWanted` of them.
  show({ own, total }, isWanted) {
    const current = this.current;
    this.weights = { own, total };
    this.#lines = [];
    const { kinds, changes } = this.host.profile;
    for (let row = 1; row < total.length; row += 1) {
      if ((changes ? changes.ranks[row] >= 0 : total[row] > 0) && kinds[row] !== Kind.group && isWanted(row)) this.#lines.push(row);
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

  sort(key) {
    const isSame = this.sorting.key === key;
    this.sorting = { key, isAscending: isSame ? !this.sorting.isAscending : !this.#column(key).isNumber };
    const current = this.current;
    this.#order();
    this.#current = this.#lines.indexOf(current);
    this.element.scrollTop = 0;
    this.#render();
  }

  #column(key) { return this.columns.find((column) => column.key === key); }

  #order() {
    const { names } = this.host.profile;
    const { values } = this.#column(this.sorting.key);
    const sign = this.sorting.isAscending ? 1 : -1;
    const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
    const keyed = this.#lines.map((row) => ({ row, keys: values(row, this.weights) }));
    keyed.sort((left, right) => {
      for (let key = 0; key < left.keys.length; key += 1) {
        const order = compare(left.keys[key], right.keys[key]);
        if (order !== 0) return sign * order;
      }
      return compare(names[left.row], names[right.row]);
    });
    this.#lines = keyed.map(({ row }) => row);
    this.heads.forEach((head, position) => {
      const isSorted = this.columns[position].key === this.sorting.key;
      head.setAttribute("aria-sort", isSorted ? (this.sorting.isAscending ? "ascending" : "descending") : "none");
    });
  }

  #render() {
    if (!this.weights || this.element.clientHeight === 0) return;
    const first = Math.max(0, Math.floor(this.element.scrollTop / LINE) - 4);
    const last = Math.min(this.#lines.length, first + Math.ceil(this.element.clientHeight / LINE) + 8);
    const gap = (lines) => {
      const row = make("tr", { "aria-hidden": "true", class: "gap" }, make("td", { colspan: this.columns.length }));
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
    const { profile, isHit } = this.host;
    const cell = ({ key, text, note, hint }) => {
      const small = note?.(row);
      return make("td", { class: key, title: hint?.(row) ?? null }, text(row, this.weights), small ? make("small", {}, ` ${small}`) : "");
    };
    return make("tr", {
      "aria-rowindex": line + 2, "aria-current": line === this.#current ? "true" : null,
      class: isHit(row) ? "hit" : null, onclick: () => this.#choose(line), title: profile.names[row],
    }, ...this.columns.map(cell));
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
const KIND_NAMES = { [Kind.kernel]: "kernel", [Kind.jit]: "JIT", [Kind.python]: "Python" };

