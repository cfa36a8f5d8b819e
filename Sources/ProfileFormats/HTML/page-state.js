// State: what was chosen, and its copy in the address, which has what differs from how the page opens.

const VIEWS = ["flames", "inverted", "sandwich", "table"];
const ORDERS = ["name", "weight"];
const GROUPINGS = ["-1", "0", "1", "2"];
const WIDTHS = ["before", "after"];
const FILTERS = { focus: "Focus on", ignore: "Ignore", hide: "Hide" };
const MOST_FILTERS = 30;

class PageState {
  constructor(profile, { opens = "flames", order = "name", grouping, orientation, colours, widths }) {
    this.defaults = { view: opens, order, grouping: Number(grouping), isIcicle: orientation === "icicles", colours, widths };
    this.rowCount = profile.names.length;
    this.threadCount = profile.threadCount;
    // A comparison has colours of its own, and widths to choose.
    this.colourNames = profile.changes ? [] : Colouring.names;
    this.widthNames = profile.changes ? WIDTHS : [];
  }

  read(address) {
    const { defaults } = this;
    const parts = new URLSearchParams(address);
    const oneOf = (values, key, other) => (values.includes(parts.get(key)) ? parts.get(key) : other);
    const numbers = (text) => text.split(".").filter(Boolean).map(Number);
    this.view = oneOf(VIEWS, "view", defaults.view);
    this.grouping = Number(oneOf(GROUPINGS, "rows", defaults.grouping));
    this.isIcicle = parts.has("icicle") ? parts.get("icicle") === "1" : defaults.isIcicle;
    this.colours = oneOf(this.colourNames, "colours", defaults.colours);
    this.widths = oneOf(this.widthNames, "widths", defaults.widths);
    this.order = oneOf(ORDERS, "order", defaults.order);
    this.filters = Object.keys(FILTERS)
      .flatMap((kind) => parts.getAll(kind).map((source) => ({ kind, pattern: new Pattern(source) }))).slice(0, MOST_FILTERS);
    this.search = parts.get("search") ?? "";
    const row = Number(parts.get("function") ?? NONE);
    this.row = row > 0 && row < this.rowCount ? row : NONE;
    const pairs = (parts.get("time") ?? "").split(",").map((range) => range.split("-").map(Number));
    this.ranges = united(pairs.filter((range) => range.length === 2 && range.every(Number.isFinite)));
    this.chooseThreads(parts.has("threads") ? new Set(numbers(parts.get("threads"))) : null);
    this.path = numbers(parts.get("zoom") ?? "");
  }

  // `chosen` is a set, or null for all.
  chooseThreads(chosen) {
    const threads = [...Array(this.threadCount).keys()].filter((thread) => !chosen || chosen.has(thread));
    this.threads = threads.length < this.threadCount ? threads : null;
  }

  // Shows everything again.
  reset() {
    Object.assign(this, { filters: [], search: "", ranges: [], path: [], threads: null });
  }

  get address() {
    const { defaults } = this;
    const parts = new URLSearchParams();
    const set = (key, value, isOther) => isOther && parts.set(key, value);
    set("view", this.view, this.view !== defaults.view);
    set("rows", this.grouping, this.grouping !== defaults.grouping);
    set("icicle", this.isIcicle ? "1" : "0", this.isIcicle !== defaults.isIcicle);
    set("colours", this.colours, this.colours !== defaults.colours);
    set("widths", this.widths, this.widths !== defaults.widths);
    set("order", this.order, this.order !== defaults.order);
    for (const { kind, pattern } of this.filters) parts.append(kind, pattern.source);
    set("search", this.search, this.search);
    set("function", this.row, this.view === "sandwich" && this.row !== NONE);
    set("time", this.ranges.map((range) => range.join("-")).join(","), this.ranges.length > 0);
    set("threads", this.threads?.join("."), this.threads !== null);
    set("zoom", this.path.join("."), this.path.length > 0);
    return `#${parts}`;
  }
}
