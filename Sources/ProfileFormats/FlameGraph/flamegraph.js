// Makes the picture interactive. It takes names from the frames' titles and weights from the data attributes of their
// rectangles, and gives the rectangles new places.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const HTML = "http://www.w3.org/1999/xhtml";
  const ROW = 18;
  const MARGIN = 4;
  const NARROWEST = 0.1;
  const OUTLINED = 4;
  const TOOLBAR = 68;
  const EDGE = 12;
  const HINT = "Click or Enter zooms in · Ctrl-F or / searches · arrow keys walk · i turns upside down · Esc resets";

  const svg = document.currentScript.closest("svg");
  const head = svg.querySelector(".head");
  const foot = svg.querySelector(".foot");
  const graph = svg.querySelector(".rows");
  const isDocument = document.documentElement === svg;
  const headHeight = Number(head.firstElementChild.getAttribute("height")) + TOOLBAR;
  const footHeight = svg.viewBox.baseVal.height
    - Number(/ ([\d.]+)\)/.exec(foot.getAttribute("transform"))[1]);

  // Frames

  const frameOf = new WeakMap();

  function readFrame(group, depth) {
    const [title, box, text] = group.children;
    const frame = {
      group, box, text, depth, title: title.textContent,
      // What follows the name, in parentheses, has none.
      name: title.textContent.slice(0, title.textContent.lastIndexOf(" (")),
      start: Number(box.dataset.s), weight: Number(box.dataset.w),
      caller: null, isHit: false,
    };
    frameOf.set(group, frame);
    return frame;
  }

  function contains(outer, inner) {
    return outer.start <= inner.start && inner.start + inner.weight <= outer.start + outer.weight;
  }

  const rowGroups = [...graph.children];
  const rows = rowGroups.map((row, depth) => [...row.children].map((group) => readFrame(group, depth)));
  rows.slice(1).forEach((row, above) => {
    let caller = 0;
    for (const frame of row) {
      while (!contains(rows[above][caller], frame)) caller += 1;
      frame.caller = rows[above][caller];
    }
  });
  const everything = rows[0][0];
  const isDrawnAsIcicle = svg.dataset.root === "top";
  const state = { zoom: everything, search: "", ignoreCase: false, isIcicle: isDrawnAsIcicle };
  let selected = null;

  // Toolbar

  function make(name, attributes = {}, ...children) {
    const element = document.createElementNS(HTML, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  const field = make("input", {
    type: "search", placeholder: "Search (regular expression)", "aria-label": "Search frames by regular expression",
    title: "Ctrl-F or /", spellcheck: "false", autocomplete: "off",
  });
  const caseButton = make("button", { type: "button", title: "Ignore case (Alt-C)" }, "Ignore case");
  const icicleButton = make("button", { type: "button", title: "Root at the top (I)" }, "Icicle");
  const resetButton = make("button", { type: "button", title: "Esc" }, "Reset zoom");
  const found = make("span", { class: "found", role: "status" });
  const details = make("span", { class: "details", role: "status" });
  const bar = make("div", { class: "bar" },
    make("div", {}, field, caseButton, icicleButton, resetButton, found), make("div", {}, details));
  const holder = document.createElementNS(SVG, "foreignObject");
  holder.setAttribute("y", headHeight - TOOLBAR);
  holder.setAttribute("height", TOOLBAR);
  holder.setAttribute("width", "100%");
  holder.append(bar);
  head.append(holder);
  head.firstElementChild.setAttribute("height", headHeight);
  svg.append(head);

  function percent(part, whole) {
    return `${(100 * part / whole).toFixed(2)}%`;
  }

  function showDetails(frame) {
    if (!frame) {
      details.textContent = HINT;
      details.classList.add("hint");
      return;
    }
    details.classList.remove("hint");
    const zoomed = state.zoom !== everything && contains(state.zoom, frame) && frame.depth >= state.zoom.depth;
    details.textContent = frame.title + (zoomed ? ` · ${percent(frame.weight, state.zoom.weight)} of the zoomed frame` : "");
  }

  // Drawing

  const probe = document.createElementNS(SVG, "text");
  probe.textContent = "M".repeat(100);
  graph.append(probe);
  const column = (probe.getComputedTextLength() || 735) / 100;
  probe.remove();

  // The beginning of a name that is no wider than a box; what isn't ASCII counts as two columns.
  function clipped(name, width) {
    const columns = Math.floor((width - 2 * MARGIN) / column);
    if (columns < 3) return "";
    let used = 0;
    let cut = "";
    for (const character of name.slice(0, columns + 1)) {
      used += character <= "\x7f" ? 1 : 2;
      if (used > columns) return cut + "…";
      if (used < columns) cut += character;
    }
    return name;
  }

  function place(frame, left, width) {
    frame.box.setAttribute("x", left);
    frame.box.setAttribute("width", width);
    frame.box.classList.toggle("w", width >= OUTLINED);
    frame.group.classList.toggle("dim", frame.depth < state.zoom.depth);
    frame.group.classList.toggle("hit", frame.isHit);
    const label = clipped(frame.name, width);
    if (!label) {
      frame.text?.remove();
      frame.text = null;
      return;
    }
    if (!frame.text) {
      frame.text = document.createElementNS(SVG, "text");
      frame.text.setAttribute("y", "12.5");
      frame.group.append(frame.text);
    }
    frame.text.setAttribute("x", left + MARGIN);
    frame.text.textContent = label;
  }

  // Only what is visible stays in the document: a zoomed graph costs what it shows.
  function drawRow(depth, width) {
    const zoom = state.zoom;
    const scale = width / zoom.weight;
    const visible = document.createDocumentFragment();
    for (const frame of rows[depth]) {
      if (depth < zoom.depth ? !contains(frame, zoom) : !contains(zoom, frame)) continue;
      const isAncestor = depth < zoom.depth;
      const frameWidth = isAncestor ? width : frame.weight * scale;
      if (frameWidth < NARROWEST) continue;
      place(frame, isAncestor ? 0 : (frame.start - zoom.start) * scale, frameWidth);
      visible.append(frame.group);
    }
    rowGroups[depth].replaceChildren(visible);
  }

  function draw() {
    const width = svg.getBoundingClientRect().width - 2 * EDGE;
    if (width <= 0) return;
    rows.forEach((_, depth) => drawRow(depth, width));
    resetButton.disabled = state.zoom === everything;
    caseButton.setAttribute("aria-pressed", state.ignoreCase);
    icicleButton.setAttribute("aria-pressed", state.isIcicle);
  }

  const captions = [...head.querySelectorAll("text")].map((line, position) => ({
    line, text: position === 0 ? svg.getAttribute("aria-label") : line.textContent,
  }));

  function fitCaption({ line, text }, width) {
    line.textContent = text;
    if (line.getComputedTextLength() <= width) return;
    let [fits, tooLong] = [0, text.length];
    while (tooLong - fits > 1) {
      const middle = (fits + tooLong) >> 1;
      if (line.getSubStringLength(0, middle) <= width) fits = middle;
      else tooLong = middle;
    }
    line.textContent = text.slice(0, Math.max(0, fits - 2)) + "…";
  }

  function layOut() {
    const height = headHeight + rows.length * ROW + footHeight;
    const bottom = isDocument ? Math.max(height, window.innerHeight) : height;
    svg.removeAttribute("viewBox");
    svg.setAttribute("width", "100%");
    svg.setAttribute("height", bottom);
    rowGroups.forEach((row, depth) => {
      const line = state.isIcicle ? depth : rows.length - 1 - depth;
      row.setAttribute("transform", `translate(0 ${headHeight + line * ROW})`);
    });
    foot.setAttribute("transform", `translate(0 ${headHeight + rows.length * ROW})`);
    const width = svg.getBoundingClientRect().width - 2 * EDGE;
    for (const caption of captions) fitCaption(caption, width);
    draw();
  }

  // The head stays in sight while the page scrolls.
  function followScrolling() {
    if (isDocument) head.setAttribute("transform", `translate(0 ${Math.max(0, window.scrollY)})`);
  }

  // Search

  // The samples under the matching frames; a match inside another adds nothing.
  function matchedWeight(within) {
    let sum = 0;
    const covered = new Set();
    for (const row of rows) {
      for (const frame of row) {
        if (covered.has(frame.caller)) {
          covered.add(frame);
        } else if (frame.isHit) {
          covered.add(frame);
          if (contains(within, frame) && frame.depth >= within.depth) sum += frame.weight;
          else if (contains(frame, within)) return within.weight;
        }
      }
    }
    return sum;
  }

  function pattern() {
    try {
      return new RegExp(state.search, state.ignoreCase ? "iu" : "u");
    } catch {
      try {
        // Names such as operator{} are no Unicode-mode patterns, but they are patterns.
        return new RegExp(state.search, state.ignoreCase ? "i" : "");
      } catch {
        return null;
      }
    }
  }

  function search() {
    const regex = state.search ? pattern() : null;
    field.setAttribute("aria-invalid", Boolean(state.search) && !regex);
    for (const row of rows) for (const frame of row) frame.isHit = frame.depth > 0 && Boolean(regex?.test(frame.name));
  }

  function showFound() {
    if (!state.search) {
      found.textContent = "";
    } else if (field.getAttribute("aria-invalid") === "true") {
      found.textContent = "Not a regular expression";
    } else {
      const zoomed = state.zoom === everything
        ? "" : ` · ${percent(matchedWeight(state.zoom), state.zoom.weight)} of the zoomed frame`;
      found.textContent = `Matched: ${percent(matchedWeight(everything), everything.weight)}${zoomed}`;
    }
  }

  // State, and its copy in the address

  function address() {
    const parts = new URLSearchParams();
    if (state.zoom !== everything) parts.set("zoom", `${state.zoom.depth}.${state.zoom.start}`);
    if (state.search) parts.set("search", state.search);
    if (state.ignoreCase) parts.set("ignorecase", "1");
    if (state.isIcicle !== isDrawnAsIcicle) parts.set("icicle", state.isIcicle ? "1" : "0");
    return `#${parts}`;
  }

  function readAddress() {
    if (!isDocument) return;
    const parts = new URLSearchParams(location.hash.slice(1) || location.search);
    const [depth, start] = (parts.get("zoom") ?? "0.0").split(".").map(Number);
    state.zoom = rows[depth]?.find((frame) => frame.start === start) ?? everything;
    state.search = parts.get("search") ?? "";
    state.ignoreCase = parts.get("ignorecase") === "1";
    state.isIcicle = parts.has("icicle") ? parts.get("icicle") === "1" : isDrawnAsIcicle;
    field.value = state.search;
  }

  function writeAddress(isNewStep) {
    if (!isDocument || (location.hash || "#") === address()) return;
    try {
      history[isNewStep ? "pushState" : "replaceState"](null, "", address());
    } catch {
      // A sandboxed page may not change its address; the graph works without it.
    }
  }

  function update(isNewStep) {
    search();
    draw();
    showFound();
    writeAddress(isNewStep);
  }

  function zoom(frame) {
    state.zoom = frame;
    update(true);
    showDetails(frame === everything ? null : frame);
  }

  function select(frame) {
    selected?.group.classList.remove("here");
    selected = frame;
    selected?.group.classList.add("here");
    selected?.group.parentNode?.append(selected.group);
    showDetails(selected);
    selected?.group.scrollIntoView({ block: "nearest" });
  }

  // Events

  const target = (event) => frameOf.get(event.target.closest?.(".rows g > g"));

  graph.addEventListener("click", (event) => {
    const frame = target(event);
    if (frame) zoom(frame);
  });
  graph.addEventListener("pointerover", (event) => showDetails(target(event)));
  graph.addEventListener("pointerout", () => showDetails(selected));
  resetButton.addEventListener("click", () => zoom(everything));
  caseButton.addEventListener("click", () => {
    state.ignoreCase = !state.ignoreCase;
    update(false);
  });
  icicleButton.addEventListener("click", () => {
    state.isIcicle = !state.isIcicle;
    layOut();
    writeAddress(false);
  });
  field.addEventListener("input", () => {
    state.search = field.value;
    update(false);
  });

  function reset() {
    select(null);
    if (state.search) {
      state.search = field.value = "";
      update(false);
    } else {
      zoom(everything);
    }
    field.blur();
  }

  const isVisible = (frame) => frame.group.isConnected;

  function neighbour(key) {
    const from = selected ?? state.zoom;
    const row = rows[from.depth].filter(isVisible).sort((a, b) => a.start - b.start);
    const position = row.indexOf(from);
    const callees = (rows[from.depth + 1] ?? []).filter((frame) => frame.caller === from && isVisible(frame));
    const widest = callees.reduce((best, frame) => (!best || frame.weight > best.weight ? frame : best), null);
    const inward = state.isIcicle ? "ArrowDown" : "ArrowUp";
    if (key === "ArrowLeft") return row[position - 1];
    if (key === "ArrowRight") return row[position + 1];
    return key === inward ? widest : from.caller;
  }

  function handleKey(event) {
    const isTyping = document.activeElement === field;
    if ((event.ctrlKey || event.metaKey) && event.key === "f" && !isTyping) {
      field.focus();
      field.select();
    } else if (event.altKey && event.code === "KeyC") {
      caseButton.click();
    } else if (event.key === "Escape") {
      reset();
    } else if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (event.key === "/") {
      field.focus();
    } else if (event.key === "i") {
      icicleButton.click();
    } else if (event.key.startsWith("Arrow")) {
      select(neighbour(event.key) ?? selected ?? state.zoom);
    } else if (event.key === "Enter" && selected && document.activeElement?.localName !== "button") {
      zoom(selected);
    } else {
      return;
    }
    event.preventDefault();
  }

  function followAddress() {
    readAddress();
    layOut();
    update(false);
  }

  (isDocument ? window : svg).addEventListener("keydown", handleKey);
  window.addEventListener("resize", () => requestAnimationFrame(layOut));
  window.addEventListener("scroll", followScrolling, { passive: true });
  window.addEventListener("hashchange", followAddress);
  window.addEventListener("popstate", followAddress);

  svg.classList.add("live");
  svg.setAttribute("role", "group");
  svg.setAttribute("tabindex", "0");
  readAddress();
  layOut();
  update(false);
  showDetails(null);
})();
