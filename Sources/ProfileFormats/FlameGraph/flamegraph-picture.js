// The SVG element: the places of the head, the graph and the foot, and what of them is in sight.

class Picture {
  constructor(svg, drawing, toolbar) {
    this.svg = svg;
    this.drawing = drawing;
    this.toolbar = toolbar;
    this.isDocument = document.documentElement === svg;
    [this.graph, this.head, this.foot] = [".rows", ".head", ".foot"].map((name) => svg.querySelector(name));
    this.page = this.head.firstElementChild;
    const { body, notes } = makeFoot(this.foot.querySelector("text"));
    [this.below, this.notes] = [body, notes];
    const holder = (height, content) => makeShape("foreignObject", { width: "100%", height }, content);
    this.foot.replaceChildren(holder(400, body));
    this.head.replaceChildren(this.page, holder(4000, toolbar.body));
    svg.append(this.head);
  }

  get width() {
    return Math.max(1, this.svg.getBoundingClientRect().width - 2 * EDGE);
  }

  // Makes the picture as wide as the page.
  widen() {
    this.svg.removeAttribute("viewBox");
    this.svg.setAttribute("width", "100%");
    this.headHeight = this.toolbar.height;
    this.page.setAttribute("height", this.headHeight);
    return this.width;
  }

  // Gives everything its place; the picture is as high as it needs to be.
  place(width) {
    const { svg, headHeight } = this;
    const top = headHeight + this.drawing.height;
    this.graph.setAttribute("transform", `translate(${EDGE} ${headHeight})`);
    this.foot.setAttribute("transform", `translate(0 ${top})`);
    const content = Math.ceil(top + this.below.offsetHeight);
    const height = this.isDocument ? Math.max(content, window.innerHeight) : content;
    svg.setAttribute("height", height);
    // For paper, where the width is another.
    svg.setAttribute("viewBox", `0 0 ${width + 2 * EDGE} ${height}`);
    svg.setAttribute("preserveAspectRatio", "xMinYMin");
  }

  // The caption scrolls away, the controls stay in sight.
  followScrolling() {
    const top = Math.max(0, window.scrollY - this.toolbar.captionHeight);
    if (this.isDocument) this.head.setAttribute("transform", `translate(0 ${top})`);
  }

  clientTop(frame) {
    return this.svg.getBoundingClientRect().top + this.headHeight + this.drawing.top(frame);
  }

  // Scrolls as little as needed.
  reveal(frame) {
    if (!this.isDocument) return this.drawing.here.firstElementChild?.scrollIntoView({ block: "nearest" });
    const head = Math.max(0, this.headHeight - Math.min(window.scrollY, this.toolbar.captionHeight));
    const top = this.clientTop(frame) - head;
    const below = this.clientTop(frame) + ROW - window.innerHeight;
    if (top < 0) window.scrollBy(0, top);
    else if (below > 0) window.scrollBy(0, below);
  }

  revealRoot(isIcicle) {
    if (this.isDocument) window.scrollTo(0, isIcicle ? 0 : document.documentElement.getBoundingClientRect().height);
  }

  frameUnder({ target, clientX, clientY }) {
    const { svg } = this;
    if (target.closest?.(".head")) return null;
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    return this.drawing.frameAt((clientX - box.left) * scale - EDGE, (clientY - box.top) * scale - this.headHeight);
  }
}
