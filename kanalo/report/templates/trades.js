"use strict";
// Tables of trades, drawn from the page's data when their section is first opened.

(() => {
  const PAGE = 100;
  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const price = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });
  const percent = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const minus = (text) => text.replace("-", "−");
  const time = (value) => new Date(value).toISOString().slice(0, 16).replace("T", " ").replace(" 00:00", "");
  const asPercent = (value) => minus(percent.format(value * 100));
  const asMoney = (value) => minus(whole.format(value));
  const asPrice = (value) => price.format(value);

  const COLUMNS = [
    ["entry_time", "Entry", time],
    ["side", "Side", (side) => (side > 0 ? "long" : "short")],
    ["entry_price", "Entry price", asPrice],
    ["exit_time", "Exit", time],
    ["exit_price", "Exit price", asPrice],
    ["return", "Return [%]", asPercent],
    ["pnl", "P&L [$]", asMoney],
    ["exit_reason", "Left by", String],
    ["bars_held", "Bars", whole.format],
    ["mae", "MAE [%]", asPercent],
    ["mfe", "MFE [%]", asPercent],
    ["stop", "Stop", asPrice],
    ["target", "Target", asPrice],
    ["fees", "Fees [$]", asMoney],
    ["funding", "Funding [$]", asMoney],
    ["tag", "Tag", String],
  ];

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  class TradeTable {
    constructor(box, columns, label) {
      this.columns = columns;
      this.shown = PAGE;
      this.sorted = { key: "entry_time", ascending: false };
      this.rows = columns.entry_time.map((_, i) => i);
      this.texts = this.rows.map((i) =>
        COLUMNS.map(([key, , format]) => (columns[key][i] === null ? "–" : format(columns[key][i]))),
      );
      this.build(box, label);
      this.draw();
    }

    build(box, label) {
      this.filter = element("input", { type: "search", placeholder: "stop, long, 2026-01 …" });
      this.filter.addEventListener("input", () => this.draw());
      this.count = element("span", { className: "note", ariaLive: "polite" });
      this.head = element("tr");
      this.body = element("tbody");
      this.more = element("button", { type: "button", textContent: "Show more" });
      this.more.addEventListener("click", () => {
        this.shown += 5 * PAGE;
        this.draw();
      });
      this.headers = COLUMNS.map(([key, text]) => {
        const button = element("button", { type: "button", textContent: text });
        button.addEventListener("click", () => this.sort(key));
        const header = element("th", { scope: "col" }, button);
        this.head.append(header);
        return header;
      });
      const caption = element("caption", { className: "sr", textContent: label });
      const table = element("table", {}, caption, element("thead", {}, this.head), this.body);
      const scroll = element("div", { className: "scroll", tabIndex: 0 }, table);
      scroll.setAttribute("role", "region");
      scroll.setAttribute("aria-label", label);
      const filter = element("label", { className: "filter" }, "Filter ", this.filter, this.count);
      box.replaceChildren(filter, scroll, this.more);
    }

    sort(key) {
      const ascending = this.sorted.key === key ? !this.sorted.ascending : false;
      this.sorted = { key, ascending };
      this.draw();
    }

    ordered() {
      const wanted = this.filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const matches = (i) => {
        const text = this.texts[i].join(" ").toLowerCase();
        return wanted.every((word) => text.includes(word));
      };
      const values = this.columns[this.sorted.key];
      const sign = this.sorted.ascending ? 1 : -1;
      const compare = (a, b) => {
        const [x, y] = [values[a], values[b]];
        if (x === null || y === null) return (x === null) - (y === null);
        return sign * (typeof x === "number" ? x - y : x.localeCompare(y)) || a - b;
      };
      return (wanted.length ? this.rows.filter(matches) : [...this.rows]).sort(compare);
    }

    draw() {
      const rows = this.ordered();
      const cell = (text, i) =>
        element(i === 0 ? "th" : "td", i === 0 ? { scope: "row", textContent: text } : { textContent: text });
      const shown = rows.slice(0, this.shown);
      this.body.replaceChildren(...shown.map((i) => element("tr", {}, ...this.texts[i].map(cell))));
      this.count.textContent = `${shown.length} of ${rows.length}`;
      this.more.hidden = shown.length === rows.length;
      this.headers.forEach((header, i) => {
        if (COLUMNS[i][0] !== this.sorted.key) header.removeAttribute("aria-sort");
        else header.setAttribute("aria-sort", this.sorted.ascending ? "ascending" : "descending");
      });
    }
  }

  for (const section of document.querySelectorAll("details.strategy")) {
    section.addEventListener("toggle", async () => {
      const box = section.querySelector("[data-trades]");
      if (!section.open || !box || box.dataset.built) return;
      box.dataset.built = "yes";
      const { columns } = await unpack.json(section.querySelector(".data-trades"));
      const label = `Trades of ${section.querySelector("summary strong").textContent}`;
      new TradeTable(box, columns, label);
    });
  }
})();
