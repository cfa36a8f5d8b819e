// Makes the picture interactive: reads the tree, draws it anew, and follows the reader and the address.

async function start(svg) {
  const data = svg.dataset;
  const tree = readTree(await unpacked(svg.querySelector(".tree").textContent));
  const graph = svg.querySelector(".rows");
  const isDocument = document.documentElement === svg;
  const drawing = new Drawing(graph, tree, data.palette.split(" "));
  const toolbar = new Toolbar(svg.getAttribute("aria-label"), svg.querySelector("desc").textContent);
  const foot = makeFoot(svg.querySelector(".foot text"));
  const footHolder = element("foreignObject", { width: "100%", height: 400 });
  footHolder.append(foot.body);
  svg.querySelector(".foot").replaceChildren(footHolder);
  const head = svg.querySelector(".head");
  const page = head.firstElementChild;
  const holder = element("foreignObject", { width: "100%", height: 4000 });
  holder.append(toolbar.body);
  head.replaceChildren(page, holder);
  svg.append(head);

  const drawnState = {
    search: "", ignoreCase: false, isIcicle: data.root === "top", isInverted: data.inverted === "true",
    order: data.order, isAwake: data.idle === "hidden", hidden: [], focus: [],
  };
  const state = { ...drawnState };
  const hasIdle = tree.sleeps.includes(1);
  toolbar.awake.hidden = !hasIdle;
  const sum = tree.own.reduce((a, b) => a + b, 0);
  let [frames, zoomed, selected, hovered] = [null, null, null, null];
  let [weights, hits, matches, match] = [null, null, null, -1];
  let headHeight = 0;

  // Words

  const percent = (part, whole) => `${(whole > 0 ? 100 * part / whole : 0).toFixed(2)}%`;

  const amount = (weight) => `${Math.round(weight).toLocaleString("en-US")} ${weight === 1 ? data.unit : data.units}`;
  const all = () => frames.root.weight;
  const remark = (frame) => tree.threadRemarks?.[frame.thread] ?? tree.remarks?.[frame.node];
  const title = (frame) =>
    `${tree.names[frame.label]} (${amount(frame.weight)}, ${percent(frame.weight, all())})` +
    (remark(frame) ? `\n${remark(frame)}` : "");

  function isWithin(frame, outer) {
    let caller = frame;
    while (caller && caller.depth > outer.depth) caller = caller.caller;
    return caller === outer;
  }

  function showDetails(frame) {
    if (!frame) return toolbar.say(HINT, true);
    const parts = [percent(frame.weight, all()), amount(frame.weight)];
    if (!state.isInverted || frame.depth === 1) parts.push(`self ${percent(frame.own, all())} (${amount(frame.own)})`);
    if (frame.caller) parts.push(`${percent(frame.weight, frame.caller.weight)} of its ${state.isInverted ? "callee" : "caller"}`);
    if (zoomed !== frames.root && frame !== zoomed && isWithin(frame, zoomed)) {
      parts.push(`${percent(frame.weight, zoomed.weight)} of the zoomed frame`);
    }
    if (remark(frame)) parts.push(remark(frame));
    parts.push(tree.names[frame.label]);
    const object = tree.objectNames[tree.objects[frame.label]];
    if (object) parts.push(`in ${object}`);
    toolbar.say(parts.join(" · "));
  }

  // Drawing

  const width = () => Math.max(1, svg.getBoundingClientRect().width - 2 * EDGE);

  function labelsNamed(names) {
    if (names.length === 0) return null;
    const wanted = new Set(names);
    return tree.names.map((name) => wanted.has(name));
  }

  // After a change of what is shown, frames are others; `address` says which one is zoomed.
  function rebuild(address) {
    weights = weigh(tree, {
      hidden: labelsNamed(state.hidden), focus: labelsNamed(state.focus), isAwake: state.isAwake,
    });
    frames = new (state.isInverted ? InvertedFrames : UprightFrames)(tree, weights, state.order);
    zoomed = (address && frames.at(address)) || frames.root;
    [selected, hovered] = [null, null];
    search();
  }

  function notes() {
    const { narrow, deep } = drawing.omitted;
    const parts = [];
    if (narrow > 0) parts.push(`frames too narrow to be seen, in ${percent(narrow, all())} of the ${data.whole}`);
    if (deep > 0) parts.push(`frames beyond row ${drawing.lines.length}, in ${percent(deep, all())}`);
    const left = sum - all();
    if (left > 0) parts.push(`stacks that filters leave out, ${percent(left, sum)}`);
    if (parts.length === 0) return "";
    return `Not shown: ${parts.join("; ")}.${narrow > 0 || deep > 0 ? " Zoom in to see more." : ""}`;
  }

  function showControls() {
    toolbar.reset.disabled = zoomed === frames.root;
    toolbar.press("ignoreCase", state.ignoreCase);
    toolbar.press("icicle", state.isIcicle);
    toolbar.press("inverted", state.isInverted);
    toolbar.press("byWeight", state.order === "weight");
    toolbar.press("awake", state.isAwake);
    for (const name of ["focus", "hide", "copyName", "copyStack"]) toolbar[name].disabled = !current();
    const filters = (names, list, word) => names.map((name) => ({
      text: `${word} ${name.length > 40 ? `${name.slice(0, 39)}…` : name}`,
      end: () => change({ [list]: names.filter((other) => other !== name) }),
    }));
    toolbar.showFilters([...filters(state.focus, "focus", "only"), ...filters(state.hidden, "hidden", "without")]);
  }

  function layOut() {
    showControls();
    const widthBefore = fit();
    drawing.draw(title);
    mark();
    followScrolling();
    // A scroll bar that came or went takes room.
    if (width() !== widthBefore) {
      fit();
      drawing.draw(title);
      mark();
    }
  }

  // Gives everything its place; the picture is as wide as the page, and as high as it needs to be.
  function fit() {
    svg.removeAttribute("viewBox");
    svg.setAttribute("width", "100%");
    const widthNow = width();
    headHeight = toolbar.height;
    page.setAttribute("height", headHeight);
    drawing.layOut(frames, zoomed, widthNow, state.isIcicle);
    foot.notes.textContent = notes();
    const top = headHeight + drawing.height;
    graph.setAttribute("transform", `translate(${EDGE} ${headHeight})`);
    svg.querySelector(".foot").setAttribute("transform", `translate(0 ${top})`);
    const content = Math.ceil(top + foot.body.offsetHeight);
    const height = isDocument ? Math.max(content, window.innerHeight) : content;
    svg.setAttribute("height", height);
    // For paper, where the width is another.
    svg.setAttribute("viewBox", `0 0 ${widthNow + 2 * EDGE} ${height}`);
    svg.setAttribute("preserveAspectRatio", "xMinYMin");
    return widthNow;
  }

  const isHit = (frame) => frame.depth > 0 && hits !== null && hits[frame.label] === 1;

  function mark() {
    drawing.mark(drawing.hits, isHit);
    markFunction();
  }

  // The same function in other places, and the frame that keys act on.
  function markFunction() {
    const frame = hovered ?? selected;
    const name = frame && frame.depth > 0 ? tree.names[frame.label] : null;
    drawing.mark(drawing.same, (other) => name !== null && other !== frame && tree.names[other.label] === name);
    drawing.mark(drawing.here, (other) => other === selected);
  }

  // The caption scrolls away, the controls stay in sight.
  function followScrolling() {
    if (isDocument) head.setAttribute("transform", `translate(0 ${Math.max(0, window.scrollY - toolbar.captionHeight)})`);
  }

  const clientTop = (frame) => svg.getBoundingClientRect().top + headHeight + drawing.top(frame);

  // Scrolls as little as needed.
  function reveal(frame) {
    if (!isDocument) return drawing.here.firstElementChild?.scrollIntoView({ block: "nearest" });
    const top = clientTop(frame) - Math.max(0, headHeight - Math.min(window.scrollY, toolbar.captionHeight));
    const below = clientTop(frame) + ROW - window.innerHeight;
    if (top < 0) window.scrollBy(0, top);
    else if (below > 0) window.scrollBy(0, below);
  }

  // The root first, or the frame that the address zooms to.
  function open() {
    if (!isDocument) return;
    if (zoomed !== frames.root) reveal(zoomed);
    else window.scrollTo(0, state.isIcicle ? 0 : document.documentElement.getBoundingClientRect().height);
  }

  // Search

  function pattern() {
    // Upper-case letters make a difference where the reader typed some; \S and \W are none.
    const isLower = !/\p{Lu}/u.test(state.search.replace(/\\./gu, ""));
    const flags = state.ignoreCase || isLower ? "i" : "";
    try {
      return new RegExp(state.search, `${flags}u`);
    } catch {
      try {
        // Names such as operator{} are no Unicode-mode patterns, but they are patterns.
        return new RegExp(state.search, flags);
      } catch {
        return null;
      }
    }
  }

  function search() {
    const regex = state.search ? pattern() : null;
    toolbar.field.setAttribute("aria-invalid", Boolean(state.search) && !regex);
    hits = regex ? Uint8Array.from(tree.names, (name) => (regex.test(name) ? 1 : 0)) : null;
    [matches, match] = [null, -1];
    showFound();
  }

  // How many frames match, and the weight under them between two nodes; a match inside another adds none.
  function matched(first, end) {
    let [count, weight, covered] = [0, 0, 0];
    for (let node = first; node < end; node += 1) {
      if (!hits[tree.labels[node]] || weights.total[node] === 0) continue;
      count += 1;
      if (node < covered) continue;
      weight += weights.total[node];
      covered = tree.ends[node];
    }
    return { count, weight };
  }

  function weightInZoom() {
    for (let frame = zoomed; frame.caller; frame = frame.caller) if (isHit(frame)) return zoomed.weight;
    return matched(zoomed.node, tree.ends[zoomed.node]).weight;
  }

  function showFound() {
    for (const name of ["previous", "next"]) toolbar[name].disabled = !hits;
    if (!hits) {
      toolbar.found.textContent = state.search ? "Not a regular expression" : "";
      return;
    }
    const { count, weight } = matched(1, tree.count);
    const place = match >= 0 ? `${(match + 1).toLocaleString("en-US")} of ` : "";
    const inZoom = zoomed === frames.root || state.isInverted
      ? "" : ` · ${percent(weightInZoom(), zoomed.weight)} of the zoomed frame`;
    toolbar.found.textContent = `Matched: ${place}${count.toLocaleString("en-US")} `
      + `frame${count === 1 ? "" : "s"} · ${percent(weight, all())}${inZoom}`;
  }

  // The matches by weight; of an inverted graph, those that are drawn.
  function sortedMatches() {
    if (state.isInverted) return [...drawing.drawn].filter(isHit).sort((a, b) => b.weight - a.weight);
    const nodes = [];
    for (let node = 1; node < tree.count; node += 1) {
      if (hits[tree.labels[node]] && weights.total[node] > 0) nodes.push(node);
    }
    return nodes.sort((a, b) => weights.total[b] - weights.total[a]);
  }

  function goToMatch(step) {
    if (!hits) return;
    matches ??= sortedMatches();
    if (matches.length === 0) return;
    match = match < 0 && step < 0 ? matches.length - 1 : (match + step + matches.length) % matches.length;
    const frame = state.isInverted ? matches[match] : frames.at(String(matches[match]));
    if (!drawing.drawn.has(frame) || frame.width < SINGLE) zoom(drawnWithCaller(frame) ? frame.caller : frame);
    select(frame);
    showFound();
  }

  const drawnWithCaller = (frame) => frame.caller && frame.weight / frame.caller.weight * width() >= SINGLE;

  // State, and its copy in the address

  function address() {
    const parts = new URLSearchParams();
    const set = (key, value, isOther) => isOther && parts.set(key, value);
    set("zoom", frames.address(zoomed), zoomed !== frames.root);
    set("search", state.search, state.search);
    set("ignorecase", "1", state.ignoreCase);
    set("icicle", Number(state.isIcicle), state.isIcicle !== drawnState.isIcicle);
    set("inverted", Number(state.isInverted), state.isInverted !== drawnState.isInverted);
    set("order", state.order, state.order !== drawnState.order);
    set("idle", Number(!state.isAwake), state.isAwake !== drawnState.isAwake);
    for (const name of state.focus) parts.append("focus", name);
    for (const name of state.hidden) parts.append("hide", name);
    return `#${parts}`;
  }

  function readAddress() {
    const parts = new URLSearchParams(isDocument ? location.hash.slice(1) || location.search : "");
    const flag = (key, normally) => (parts.has(key) ? parts.get(key) === "1" : normally);
    state.search = parts.get("search") ?? "";
    state.ignoreCase = flag("ignorecase", false);
    state.isIcicle = flag("icicle", drawnState.isIcicle);
    state.isInverted = flag("inverted", drawnState.isInverted);
    state.order = parts.get("order") === "weight" || parts.get("order") === "name" ? parts.get("order") : drawnState.order;
    state.isAwake = !flag("idle", !drawnState.isAwake);
    [state.focus, state.hidden] = [parts.getAll("focus"), parts.getAll("hide")];
    toolbar.field.value = state.search;
    rebuild(parts.get("zoom"));
  }

  function writeAddress(isNewStep) {
    if (!isDocument || (location.hash || "#") === address()) return;
    try {
      history[isNewStep ? "pushState" : "replaceState"](null, "", address());
    } catch {
      // A sandboxed page may not change its address; the graph works without it.
    }
  }

  // Changes what is shown, and stays where the reader is if that is still there.
  function change(changes) {
    const where = "isInverted" in changes ? null : frames.address(zoomed);
    Object.assign(state, changes);
    rebuild(where);
    layOut();
    writeAddress("focus" in changes || "hidden" in changes);
    showDetails(zoomed === frames.root ? null : zoomed);
    if (zoomed === frames.root) open();
    else reveal(zoomed);
  }

  function zoom(frame) {
    const before = drawing.drawn.has(frame) ? clientTop(frame) : null;
    zoomed = frame;
    select(null);
    layOut();
    if (before !== null && isDocument) window.scrollBy(0, clientTop(frame) - before);
    reveal(frame);
    showFound();
    writeAddress(true);
    showDetails(frame === frames.root ? null : frame);
  }

  function select(frame) {
    selected = frame;
    markFunction();
    showControls();
    showDetails(frame);
    if (frame) reveal(frame);
  }

  // What keys and buttons act on.
  function current() {
    return selected ?? (zoomed === frames.root ? null : zoomed);
  }

  const pointed = () => hovered ?? current();
  const name = (frame) => tree.names[frame.label];

  const focusOn = (frame) => frame && frame.depth > 0 && change({ focus: [name(frame)] });
  const hide = (frame) => frame && frame.depth > 0 && change({ hidden: [...new Set([...state.hidden, name(frame)])] });

  // The leaf first, as debuggers do.
  function stack(frame) {
    const names = [];
    for (let caller = frame; caller && caller.depth > 0; caller = caller.caller) names.push(name(caller));
    return (state.isInverted ? names.reverse() : names).join("\n");
  }

  function copyText(text, what) {
    copy(text, toolbar.body);
    toolbar.say(`Copied the ${what}: ${text.replaceAll("\n", " ← ")}`);
  }

  function reset() {
    if (state.search) {
      state.search = toolbar.field.value = "";
      search();
      mark();
      writeAddress(false);
    } else if (zoomed !== frames.root) {
      zoom(frames.root);
    } else if (state.focus.length > 0 || state.hidden.length > 0) {
      change({ focus: [], hidden: [] });
    }
    select(null);
    toolbar.field.blur();
  }

  // Events

  function frameUnder(event) {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const [x, y] = [(event.clientX - box.left) * scale - EDGE, (event.clientY - box.top) * scale - headHeight];
    return drawing.frameAt(x, y);
  }

  function hover(frame) {
    if (frame === hovered) return;
    hovered = frame;
    markFunction();
    showDetails(frame ?? selected);
  }

  const isOnGraph = (event) => !event.target.closest?.(".head");

  svg.addEventListener("click", (event) => {
    const frame = isOnGraph(event) && frameUnder(event);
    if (!frame) return;
    hovered = null;
    zoom(frame);
  });
  svg.addEventListener("pointermove", (event) => hover(isOnGraph(event) ? frameUnder(event) : null));
  svg.addEventListener("pointerleave", () => hover(null));

  const actions = {
    previous: () => goToMatch(-1),
    next: () => goToMatch(1),
    ignoreCase() {
      state.ignoreCase = !state.ignoreCase;
      search();
      mark();
      showControls();
      writeAddress(false);
    },
    icicle: () => change({ isIcicle: !state.isIcicle }),
    inverted: () => change({ isInverted: !state.isInverted }),
    byWeight: () => change({ order: state.order === "weight" ? "name" : "weight" }),
    awake: () => hasIdle && change({ isAwake: !state.isAwake }),
    focus: () => focusOn(current()),
    hide: () => hide(current()),
    copyName: () => current() && copyText(name(current()), "name"),
    copyStack: () => current() && copyText(stack(current()), "stack"),
    reset: () => zoom(frames.root),
    help: () => toolbar.say(KEYS),
  };
  for (const [control, action] of Object.entries(actions)) toolbar[control].addEventListener("click", action);

  toolbar.field.addEventListener("input", () => {
    state.search = toolbar.field.value;
    search();
    drawing.mark(drawing.hits, isHit);
    writeAddress(false);
  });

  function neighbour(key) {
    const from = selected ?? zoomed;
    const row = drawing.lines[from.line];
    const position = row.indexOf(from);
    if (key === "ArrowLeft") return row[position - 1];
    if (key === "ArrowRight") return row[position + 1];
    if (key !== (state.isIcicle ? "ArrowDown" : "ArrowUp")) return from.caller;
    const callees = frames.callees(from).filter((frame) => drawing.drawn.has(frame));
    return callees.reduce((widest, frame) => (!widest || frame.weight > widest.weight ? frame : widest), null);
  }

  function walk(key) {
    const frame = neighbour(key);
    select(frame && drawing.drawn.has(frame) ? frame : selected ?? zoomed);
  }

  const keys = {
    "/": () => toolbar.field.focus(),
    "?": actions.help,
    n: actions.next,
    N: actions.previous,
    i: actions.icicle,
    v: actions.inverted,
    o: actions.byWeight,
    w: actions.awake,
    f: () => focusOn(pointed()),
    h: () => hide(pointed()),
    c: () => pointed() && copyText(name(pointed()), "name"),
    C: () => pointed() && copyText(stack(pointed()), "stack"),
    Enter: () => selected && zoom(selected),
  };

  function handleKey(event) {
    const isTyping = document.activeElement === toolbar.field;
    if ((event.ctrlKey || event.metaKey) && event.key === "f" && !isTyping) {
      toolbar.field.focus();
      toolbar.field.select();
    } else if (event.altKey && event.code === "KeyC") {
      actions.ignoreCase();
    } else if (event.key === "Escape") {
      reset();
    } else if (isTyping && event.key === "Enter") {
      goToMatch(event.shiftKey ? -1 : 1);
    } else if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (event.key.startsWith("Arrow")) {
      walk(event.key);
    } else if (keys[event.key] && !(event.key === "Enter" && document.activeElement?.localName === "button")) {
      keys[event.key]();
    } else {
      return;
    }
    event.preventDefault();
  }

  function followAddress() {
    if (location.hash === address() || (!location.hash && address() === "#")) return;
    readAddress();
    layOut();
    showDetails(zoomed === frames.root ? null : zoomed);
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
  showDetails(null);
  layOut();
  open();
}

start(document.currentScript.closest("svg"));
