// Text: values and times for people, patterns, and names that are shortened to a width.

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function count(number, noun) { return `${grouped.format(number)} ${noun}${number === 1 ? "" : "s"}`; }

function durationText(nanoseconds) {
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  if (nanoseconds < 60e9) {
    const [scale, unit] = units.find(([scale]) => nanoseconds >= scale) ?? units[3];
    return `${Number((nanoseconds / scale).toPrecision(3))} ${unit}`;
  }
  const seconds = Math.floor(nanoseconds / 1e9);
  const parts = [[Math.floor(seconds / 86400), "d"], [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"], [seconds % 60, "s"]];
  return parts.filter(([number]) => number > 0).map(([number, unit]) => `${number} ${unit}`).slice(0, 2).join(" ");
}

function bytesText(value) {
  let [size, unit] = [value, "B"];
  for (const larger of ["KiB", "MiB", "GiB", "TiB", "PiB"]) if (size >= 1023.5) [size, unit] = [size / 1024, larger];
  return `${size.toFixed(unit === "B" || size >= 99.95 ? 0 : 1)} ${unit}`;
}

function valueText(value, unit) {
  if (unit === "nanoseconds") return durationText(value);
  if (unit === "bytes") return bytesText(value);
  return unit === "count" ? count(Math.round(value), "sample") : `${grouped.format(value)} ${unit}`;
}

// A time since the start with as many digits as multiples of `step` have: 5.25, 1:05.3, 2:00:00.
function clockText(nanoseconds, step) {
  let digits = 0;
  while (digits < 9 && Math.round(step) % 10 ** (9 - digits) !== 0) digits += 1;
  const ticks = Math.round(nanoseconds / 10 ** (9 - digits));
  const seconds = Math.floor(ticks / 10 ** digits);
  const fraction = digits > 0 ? `.${String(ticks % 10 ** digits).padStart(digits, "0")}` : "";
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const padded = (number) => String(number).padStart(2, "0");
  if (hours > 0) return `${hours}:${padded(minutes)}:${padded(seconds % 60)}${fraction}`;
  if (minutes > 0) return `${minutes}:${padded(seconds % 60)}${fraction}`;
  return `${seconds}${fraction}`;
}

// A regular expression, or plain text where it is none; a capital letter in it makes the search case-sensitive.
class Pattern {
  constructor(source) {
    this.source = source;
    const flags = source === source.toLowerCase() ? "i" : "";
    this.isPlain = false;
    try {
      this.expression = new RegExp(source, flags);
    } catch {
      this.isPlain = true;
      this.expression = new RegExp(Pattern.quoted(source), flags);
    }
  }

  static quoted(text) { return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"); }

  // Exactly one name.
  static exactly(name) { return `^${Pattern.quoted(name)}$`; }

  // Of each name whether it matches.
  matches(names) { return Uint8Array.from(names, (name) => (this.expression.test(name) ? 1 : 0)); }

  // The pattern as people read it.
  get label() {
    const exact = /^\^(.*)\$$/s.exec(this.source);
    const name = exact?.[1].replace(/\\([\\^$.*+?()[\]{}|/])/g, "$1");
    return exact && Pattern.exactly(name) === this.source ? name : this.source;
  }
}

// What is between an opening and a closing character of one level, replaced; unbalanced text stays as it is.
function withoutNested(name, open, close, replacement) {
  let text = "";
  let level = 0;
  for (const character of name) {
    if (character === open) {
      if (level === 0) text += replacement;
      level += 1;
    } else if (character === close && level > 0) {
      level -= 1;
    } else if (level === 0) {
      text += character;
    }
  }
  return level === 0 ? text : name;
}

// A name that fits: first without template arguments, then without parameters, then without what it is nested in.
function shortened(name, columns) {
  if (columns < 3) return "";
  if (name.length <= columns && columnsOf(name) <= columns) return name;
  if (/^[[<]/.test(name)) return clipped(name, columns);
  // Angle brackets and parentheses may be the operator's own.
  const operator = name.match(/^(?:.*::)?(operator\W.*)$/)?.[1];
  if (operator) return columnsOf(operator) + 3 <= columns ? `…::${operator}` : clipped(operator, columns);
  let text = name;
  for (const step of [
    (text) => withoutNested(text, "<", ">", ""),
    (text) => text.replaceAll("(anonymous namespace)::", ""),
    (text) => withoutNested(text, "(", ")", ""),
    (text) => text.replace(/\s+const$|\[abi:\w+\]/g, ""),
    (text) => `…${text.slice(text.lastIndexOf("::"))}`,
  ]) {
    const next = step(text);
    if (next === "" || next === "…" || (next.startsWith("…") && !text.includes("::"))) continue;
    text = next;
    if (columnsOf(text) <= columns) return text;
  }
  return clipped(text.startsWith("…::") ? text.slice(3) : text, columns);
}
