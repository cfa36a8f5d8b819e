// Controls: the bar above the graph, the filters under it, and the legend.

class Controls {
  // `host` gives profile, state, colouring, search and timeline, and shows what is chosen.
  constructor(host) {
    this.host = host;
    const isComparison = host.profile.changes !== null;
    for (const id of ["bar", "main", "foot"]) element(id).hidden = false;
    for (const id of ["grouping-line", "colours-line", "threads"]) element(id).hidden = isComparison;
    element("widths-line").hidden = !isComparison;
    this.#listenToButtons();
    this.#listenToOptions();
    this.#listenToFilters();
    this.#closeMenus();
  }

  show() {
    const { state } = this.host;
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", button.dataset.view === state.view);
    }
    element("icicle").checked = state.isIcicle;
    for (const id of ["grouping", "order", "colours", "widths"]) element(id).value = state[id] ?? "";
  }

  showFilters() {
    const { host, host: { state } } = this;
    const list = element("filters");
    list.hidden = state.filters.length === 0;
    list.replaceChildren(...state.filters.map((filter) => {
      const { kind, pattern: { label } } = filter;
      const remove = () => host.changeFilters({ filters: state.filters.filter((other) => other !== filter) });
      return make("li", {}, FILTERS[kind], make("span", { class: "name", title: label }, label),
        make("button", { type: "button", "aria-label": `Remove: ${FILTERS[kind]} ${label}`, onclick: remove }, "✕"));
    }));
  }

  showLegend() {
    element("legend").replaceChildren(...this.host.colouring.legend.flatMap(([style, text]) => {
      if (style === null) return [` ${text}`];
      return [makeShape("svg", {}, makeShape("rect", { class: style, width: 11, height: 11 })), text];
    }));
  }

  #listenToButtons() {
    const { host } = this;
    const click = (id, act) => element(id).addEventListener("click", act);
    for (const button of document.querySelectorAll("[data-view]")) {
      button.addEventListener("click", () => host.setView(button.dataset.view));
    }
    element("search").addEventListener("input", (event) => host.search.find(event.target.value));
    click("previous", () => host.search.step(-1));
    click("next", () => host.search.step(1));
    click("reset", () => host.reset());
    click("help-button", () => element("help").showModal());
  }

  #listenToOptions() {
    const { host } = this;
    const change = (id, act) => element(id).addEventListener("change", ({ target }) => act(target));
    change("icicle", (box) => host.choose({ isIcicle: box.checked }));
    change("order", (select) => host.choose({ order: select.value }));
    change("grouping", (select) => host.changeFilters({ grouping: Number(select.value) }));
    change("widths", (select) => host.changeFilters({ widths: select.value }));
    change("colours", (select) => host.chooseColours(select.value));
    change("theme", (select) => {
      document.documentElement.dataset.theme = select.value;
      host.readTheme();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => host.readTheme());
  }

  #listenToFilters() {
    element("filter-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const field = element("filter-text");
      if (field.value) this.host.addFilter(element("filter-kind").value, field.value);
      field.value = "";
    });
  }

  // A click elsewhere closes what is open.
  #closeMenus() {
    document.addEventListener("pointerdown", ({ target }) => {
      if (!target.closest("#menu")) this.host.menu.close();
      for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(target)) menu.open = false;
    });
  }
}
