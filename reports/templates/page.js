// The page's interactive features: theme, sorting, ratios to a baseline, highlighting, downloads, printing.
"use strict";
(() => {
  for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;
  theme();
  for (const table of document.querySelectorAll("table.numbers")) sortable(table);
  ratios();
  highlight();
  downloads();
  printing();

  function theme() {
    const button = document.querySelector("[data-theme-switch]");
    const order = ["auto", "light", "dark"];
    // Pages opened from a file may have no storage; then the choice lasts as long as the page.
    const kept = (() => { try { return localStorage.getItem("stacklab-theme"); } catch { return null; } })();
    apply(order.includes(kept) ? kept : "auto");
    button.addEventListener("click", () => {
      const next = order[(order.indexOf(document.documentElement.dataset.theme) + 1) % order.length];
      apply(next);
      try { localStorage.setItem("stacklab-theme", next); } catch { /* see above */ }
    });
    function apply(name) {
      document.documentElement.dataset.theme = name;
      button.querySelector("span").textContent = name;
    }
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = head.querySelector("button");
      button.disabled = false;
      button.addEventListener("click", () => {
        const ascending = head.getAttribute("aria-sort") !== "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => compare(a, b, column, ascending ? 1 : -1));
        table.tBodies[0].append(...rows);
      });
    });
  }

  // Rows without the number stay at the end in both directions: they are not the best and not the worst.
  function compare(a, b, column, sign) {
    if (column === 0) return sign * a.cells[0].textContent.localeCompare(b.cells[0].textContent);
    const [x, y] = [a, b].map((row) => Number.parseFloat(row.cells[column]?.dataset.value));
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return sign * (x - y);
  }

  function ratios() {
    const label = document.querySelector(".baseline");
    if (!label) return;
    const select = label.querySelector("select");
    label.hidden = false;
    for (const part of document.querySelectorAll(".ratio")) part.hidden = false;
    select.addEventListener("change", fill);
    fill();

    function fill() {
      for (const table of document.querySelectorAll("table.numbers")) {
        const rows = [...table.tBodies[0].rows];
        const lead = (row) => row?.querySelector(`[data-column="${table.dataset.lead}"]`)?.dataset;
        const best = table.dataset.best ??= rows[0]?.dataset.stack ?? "";
        const chosen = select.value || best;
        const base = lead(rows.find((row) => row.dataset.stack === chosen));
        for (const row of rows) {
          const cell = row.querySelector(".ratio");
          if (cell) ratio(cell, lead(row), base, row.dataset.stack === chosen);
        }
      }
    }
  }

  function ratio(cell, own, base, isBase) {
    const value = own?.value && base?.value ? own.value / base.value : Number.NaN;
    const overlap = own?.low && base?.low && +own.low <= +base.high && +base.low <= +own.high;
    cell.dataset.value = value;
    cell.classList.toggle("same", Boolean(overlap) && !isBase);
    cell.title = overlap && !isBase ? "The intervals overlap: there may be no difference at all." : "";
    cell.textContent = Number.isNaN(value) ? "–" : isBase ? "1" : `${overlap ? "≈ " : ""}${value.toPrecision(3)}`;
  }

  // A stack's line stands out on all charts while the pointer is on its line or its name.
  function highlight() {
    for (const chart of document.querySelectorAll("svg.chart")) {
      const series = [...chart.querySelectorAll("[data-series]")];
      for (const one of series) {
        one.addEventListener("pointerenter", () => {
          chart.classList.add("choosing");
          for (const other of series) other.classList.toggle("chosen", other.dataset.series === one.dataset.series);
        });
        one.addEventListener("pointerleave", () => chart.classList.remove("choosing"));
      }
    }
  }

  function downloads() {
    const name = document.title.replace(/\W+/g, "-");
    const makers = {
      json: () => [document.querySelector("#data").textContent, "application/json"],
      csv: () => [JSON.parse(document.querySelector("#numbers").textContent).map(line).join("\r\n"), "text/csv"],
    };
    for (const button of document.querySelectorAll("[data-download]")) {
      const kind = button.dataset.download;
      button.addEventListener("click", () => {
        const [text, type] = makers[kind]();
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text], { type }));
        link.download = `${name}.${kind}`;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      });
    }
  }

  function line(row) {
    return row.map((value) => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`)).join(",");
  }

  // Paper has no "click to open".
  function printing() {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open])")];
      for (const one of closed) one.open = true;
    });
    addEventListener("afterprint", () => { for (const one of closed) one.open = false; });
  }
})();
