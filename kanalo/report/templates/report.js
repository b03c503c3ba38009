"use strict";
// Theme, sorting and filtering. Everything works on what the page already holds.

// What is long is packed: "~" and the base64 of deflated bytes (see report/toolkit/packing.py).
const unpack = (() => {
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  async function inflate(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  async function text(element) {
    const stored = element.textContent;
    if (!stored.startsWith("~")) return stored;
    return new TextDecoder().decode(await inflate(bytesOf(stored.slice(1))));
  }

  /** Bytes of packed arrays stand by their place in the element: all first ones, all second ones … */
  async function array(stored, Type) {
    if (!stored.startsWith("~")) return new Type(bytesOf(stored).buffer);
    const planes = await inflate(bytesOf(stored.slice(1)));
    const width = Type.BYTES_PER_ELEMENT;
    const n = planes.length / width;
    const bytes = new Uint8Array(planes.length);
    for (let k = 0; k < width; k += 1) {
      for (let i = 0; i < n; i += 1) bytes[i * width + k] = planes[k * n + i];
    }
    return new Type(bytes.buffer);
  }

  return { text, array, json: async (element) => JSON.parse(await text(element)) };
})();

(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const announce = () => {
    button.querySelector("span").textContent = isDark() ? "Light" : "Dark";
    document.dispatchEvent(new CustomEvent("kanalo:theme", { detail: { dark: isDark() } }));
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    announce();
  });
  system.addEventListener("change", announce);
  announce();
})();

(() => {
  const valueOf = (row, column) => {
    const cell = row.children[column];
    if ("value" in cell.dataset) return Number(cell.dataset.value);
    const text = cell.textContent.trim();
    const number = Number(text.replace("−", "-").replace(/[,\s%]/g, ""));
    return text === "" || Number.isNaN(number) ? text : number;
  };
  const isMissing = (value) => typeof value === "string" && value === "–";
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));

  function sortBy(table, column, header) {
    const ascending = header.getAttribute("aria-sort") === "descending";
    for (const each of table.querySelectorAll("th[aria-sort]")) each.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    for (const head of table.querySelectorAll("tr.section")) head.remove(); // rows leave their groups
    const rows = [...table.tBodies[0].rows];
    const keyed = rows.map((row) => [valueOf(row, column), row]);
    keyed.sort(([a], [b]) => {
      // What is missing stays last, whichever way the rest is sorted.
      if (isMissing(a) || isMissing(b)) return isMissing(a) - isMissing(b);
      return ascending ? compare(a, b) : compare(b, a);
    });
    table.tBodies[0].append(...keyed.map(([, row]) => row));
  }

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sortBy(table, column, header));
    });
  }

  for (const input of document.querySelectorAll("input[data-filter]")) {
    const body = input.closest(".tablebox").querySelector("tbody");
    if (!body) continue;
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const row of body.rows) {
        row.hidden = wanted !== "" && !row.cells[0].textContent.toLowerCase().includes(wanted);
      }
    });
  }
})();

(async () => {
  // Figures of sections that are closed at first are packed, in the order of their places.
  const stored = document.getElementById("figures");
  if (stored === null) return;
  const places = document.querySelectorAll("[data-figure]");
  const figures = await unpack.json(stored);
  places.forEach((place, i) => {
    place.outerHTML = figures[i];
  });
  document.body.dataset.figures = "yes";
})();

(() => {
  // A link to a closed section opens it; printing opens all, without building their charts.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    target?.closest("details")?.setAttribute("open", "");
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  let opened = [];
  window.addEventListener("beforeprint", () => {
    document.body.dataset.printing = "yes";
    opened = [...document.querySelectorAll("details.strategy:not([open])")];
    for (const each of opened) each.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
    delete document.body.dataset.printing;
  });

  if (window.matchMedia("(max-width: 1020px)").matches) {
    document.querySelector("nav details").open = false;
  }
})();
