// What is above and below the graph, in HTML: it wraps on narrow screens.

// Two lines; longer details cover the graph.
const DETAILS = 44;
const HINT = "Click or Enter zooms in · Ctrl-F or / searches · arrow keys walk · ? lists all keys";
const KEYS = [
  "Click or Enter: zoom in", "Esc: clear the search, then the zoom, then the filters", "Ctrl-F or /: search",
  "Enter or n: next match", "Shift-Enter or N: previous match", "Arrow keys: walk", "i: icicle", "v: inverted",
  "o: order by weight or name", "w: without idle waits", "f: only stacks through the function",
  "h: without stacks through the function", "c: copy the name", "C: copy the stack", "Alt-C: ignore case",
].join(" · ");

const button = (text, title, onclick) => make("button", { type: "button", title, onclick }, text);

class Toolbar {
  constructor(caption, facts) {
    this.field = make("input", {
      type: "search", placeholder: "Search (regular expression)", "aria-label": "Search frames by regular expression",
      title: "Ctrl-F or /; upper-case letters match only themselves", spellcheck: "false", autocomplete: "off",
    });
    this.previous = button("‹", "Previous match (Shift-Enter or N)");
    this.next = button("›", "Next match (Enter or n)");
    this.found = make("span", { class: "found", role: "status" });
    this.ignoreCase = button("Ignore case", "Ignore the case of upper-case letters in the search too (Alt-C)");
    this.icicle = button("Icicle", "Root at the top (i)");
    this.inverted = button("Inverted", "Functions at the root, their callers on them (v)");
    this.byWeight = button("By weight", "Order by weight, not by name (o)");
    this.awake = button("No idle", "Leave out stacks that sleep in idle waits (w)");
    this.focus = button("Focus", "Only stacks through this function (f)");
    this.hide = button("Hide", "Without stacks through this function (h)");
    this.copyName = button("Copy name", "c");
    this.copyStack = button("Copy stack", "C");
    this.reset = button("Reset zoom", "Esc");
    this.help = button("?", "All keys");
    this.filters = make("span", { class: "filters" });
    this.details = make("div", { class: "details", role: "status" });
    this.caption = make("div", { class: "caption" }, make("h1", {}, caption), make("p", {}, facts));
    const group = (...parts) => make("span", { class: "group" }, ...parts);
    this.controls = make("div", { class: "controls" },
      group(this.field, this.previous, this.next), this.found, group(this.ignoreCase),
      group(this.icicle, this.inverted, this.byWeight, this.awake),
      group(this.focus, this.hide, this.copyName, this.copyStack), group(this.reset, this.help), this.filters);
    this.body = make("div", { class: "bar" }, this.caption, this.controls, this.details);
  }

  get captionHeight() {
    return this.caption.offsetHeight;
  }

  get height() {
    return this.captionHeight + this.controls.offsetHeight + DETAILS;
  }

  // Which of the buttons are pressed.
  show({ ignoreCase, isIcicle, isInverted, order, isAwake }) {
    const pressed = {
      ignoreCase, icicle: isIcicle, inverted: isInverted, byWeight: order === "weight", awake: isAwake,
    };
    for (const [name, isOn] of Object.entries(pressed)) this[name].setAttribute("aria-pressed", isOn);
  }

  say(text, isHint = false) {
    this.details.textContent = text;
    this.details.classList.toggle("hint", isHint);
  }

  // A button for each filter, which ends it.
  showFilters(filters) {
    this.filters.replaceChildren(...filters.map(({ text, end }) => button(`${text} ×`, "Remove this filter", end)));
  }
}

// The legend of the static picture, and what is left out, as text that wraps.
function makeFoot(legend) {
  const kinds = legend ? [...legend.childNodes].map((part) => {
    if (part.nodeType === Node.TEXT_NODE) return part.textContent;
    const mark = make("span", {}, part.textContent);
    mark.style.color = part.getAttribute("fill") ?? "";
    return mark;
  }) : [];
  const notes = make("p", { class: "notes" });
  return { body: make("div", { class: "below" }, make("p", {}, ...kinds), notes), notes };
}
