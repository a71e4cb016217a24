// The page's interactive features: theme, matrix, rows that light up together, reading values off charts, sorting,
// downloads, printing. Everything that it shows is on the page already.
"use strict";
(() => {
  const state = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");
  for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;
  theme();
  for (const table of document.querySelectorAll("table.numbers")) sortable(table);
  matrix();
  rows();
  charts();
  downloads();
  printing();

  function theme() {
    const button = document.querySelector("[data-theme-switch]");
    const order = ["auto", "light", "dark"];
    apply(order.includes(document.documentElement.dataset.theme) ? document.documentElement.dataset.theme : "auto");
    button.addEventListener("click", () => {
      const next = order[(order.indexOf(document.documentElement.dataset.theme) + 1) % order.length];
      apply(next);
      // Pages opened from a file may have no storage; then the choice lasts as long as the page.
      try { localStorage.setItem("stacklab-theme", next); } catch { /* see above */ }
    });
    function apply(name) {
      document.documentElement.dataset.theme = name;
      button.querySelector("span").textContent = name;
    }
  }

  // What is chosen stands in the address, so that it can be sent: read once, looked up, never evaluated.
  function keep(name, value) {
    if (value) state.set(name, value); else state.delete(name);
    history.replaceState(null, "", state.size ? `#?${state}` : location.pathname);
  }

  function matrix() {
    const table = document.querySelector("table.matrix");
    if (!table) return;
    const data = JSON.parse(document.querySelector("#matrix").textContent);
    const lines = [...table.tBodies[0].rows];
    const tools = document.querySelector(".matrix-tools");
    const [metric, filter, clean] = ["metric", "filter", "clean"].map((name) => tools.querySelector(`[name=${name}]`));
    tools.hidden = false;
    const ticks = lines.map((line) => line.querySelector("input"));
    const chosen = state.get("stacks")?.split(",");
    ticks.forEach((tick, i) => {
      tick.hidden = false;
      if (chosen) tick.checked = chosen.includes(String(i));
      tick.addEventListener("change", () => {
        const on = ticks.flatMap((one, j) => (one.checked ? [j] : []));
        keep("stacks", on.length < ticks.length ? on.join() : "");
        dim();
      });
    });
    if (state.get("m") in data) metric.value = state.get("m");
    filter.value = state.get("q") ?? "";
    metric.addEventListener("change", () => { keep("m", metric.selectedIndex ? metric.value : ""); show(); });
    filter.addEventListener("input", () => { keep("q", filter.value); sift(); });
    clean.addEventListener("change", sift);
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = head.querySelector("button");
      button.disabled = false;
      button.addEventListener("click", () => sort(head, column));
    });
    if (metric.selectedIndex) show();
    sift();
    dim();

    function show() {
      const chosen = data[metric.value];
      [...table.tHead.rows[0].cells].slice(1).forEach((head, i) => {
        head.querySelector("small").textContent = chosen.heads[i];
      });
      lines.forEach((line, i) => chosen.rows[i].forEach((found, j) => {
        const cell = line.cells[j + 1];
        const [bar, text, value] = ["i", "b", "small"].map((tag) => cell.querySelector(tag));
        if (!found || !text) return;
        cell.dataset.behind = found[0] ?? "";
        cell.classList.toggle("best", found[0] === 1 || found[1].startsWith("="));
        bar.className = `w${found[3]}`;
        text.textContent = found[1];
        value.textContent = found[2];
      }));
    }

    // Words that a name or a family contains; one with ! before it must not be in it.
    function sift() {
      const words = filter.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
      for (const line of lines) {
        const text = `${line.dataset.stack} ${line.dataset.family}`.toLowerCase();
        const fits = words.every((word) => (word[0] === "!" ? !text.includes(word.slice(1)) : text.includes(word)));
        line.hidden = !fits || (clean.checked && line.querySelector("abbr") !== null);
      }
    }

    function dim() {
      const off = new Set(lines.flatMap((line, i) => (ticks[i].checked ? [] : [line.dataset.stack])));
      for (const one of document.querySelectorAll("[data-stack]")) {
        one.classList.toggle("off", off.has(one.dataset.stack));
      }
    }

    function sort(head, column) {
      const ascending = head.getAttribute("aria-sort") !== "ascending";
      for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const found = (line) => (column ? data[metric.value].rows[lines.indexOf(line)][column - 1]?.[0] : null);
      table.tBodies[0].append(...[...lines].sort((a, b) => {
        const sign = ascending ? 1 : -1;
        if (!column) return sign * a.dataset.stack.localeCompare(b.dataset.stack);
        const [x, y] = [found(a), found(b)];
        return (x == null) - (y == null) || sign * (x - y);
      }));
    }
  }

  // The rows of a stack light up in all tables and charts together.
  function rows() {
    for (const kind of ["pointerover", "focusin"]) {
      document.addEventListener(kind, (event) => light(event.target.closest?.("[data-stack]")?.dataset.stack));
    }
  }

  function light(stack) {
    for (const one of document.querySelectorAll(".on")) if (one.dataset.stack !== stack) one.classList.remove("on");
    if (stack === undefined) return;
    for (const one of document.querySelectorAll(`[data-stack="${CSS.escape(stack)}"]`)) one.classList.add("on");
  }

  // A chart beside a table: each of its rows can be pointed at, and the value under the pointer is read off its scale.
  function charts() {
    for (const table of document.querySelectorAll("table[data-scales]")) {
      const scales = JSON.parse(table.dataset.scales);
      const svg = table.querySelector(".plot svg");
      const readout = table.closest("section").querySelector(".read");
      const rest = [...readout.childNodes];
      [...table.tBodies[0].rows].forEach((row, i) => {
        const hit = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        const box = { x: 0, y: scales.top + i * scales.row, width: scales.w, height: scales.row, class: "hit" };
        for (const [name, value] of Object.entries(box)) hit.setAttribute(name, value);
        hit.dataset.stack = row.dataset.stack;
        svg.append(hit);
      });
      svg.addEventListener("pointermove", (event) => {
        const { left, width } = svg.getBoundingClientRect();
        const x = ((event.clientX - left) / width) * scales.w;
        const panel = scales.panels.find((one) => x >= one.x[0] && x <= one.x[1]);
        const stack = event.target.dataset?.stack;
        if (!panel || !stack) return;
        const share = (x - panel.x[0]) / (panel.x[1] - panel.x[0]);
        const value = panel.d[0] * (panel.d[1] / panel.d[0]) ** share;
        readout.textContent = `${stack}: the pointer is at ${value.toPrecision(3)} ${panel.unit}`;
      });
      svg.addEventListener("pointerleave", () => readout.replaceChildren(...rest));
    }
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = head.querySelector("button");
      button.disabled = false;
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        // The best comes first at the first click: the most of some, the least of others.
        const best = "more" in head.dataset ? "descending" : "ascending";
        const order = before === null ? best : before === "ascending" ? "descending" : "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", order);
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => compare(a, b, column, order === "ascending" ? 1 : -1));
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

  function downloads() {
    const name = document.title.replace(/\W+/g, "-");
    const makers = {
      json: () => [document.querySelector("#data").textContent, "application/json"],
      csv: () => [`\ufeff${table().map(line).join("\r\n")}`, "text/csv"],
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

  // Every estimate of every cell, one a row.
  function table() {
    const { cells } = JSON.parse(document.querySelector("#data").textContent);
    const found = [["stack", "scenario", "validity", "metric", "value", "low", "high", "n"]];
    for (const cell of cells) {
      const add = (key, one) => {
        if (one && typeof one === "object" && "value" in one) {
          found.push([cell.stack, cell.scenario, cell.validity, key, one.value, one.low, one.high, one.n]);
        } else if (one && typeof one === "object" && key.endsWith("_ms")) {
          for (const [quantile, of] of Object.entries(one)) add(`${key}.${quantile}`, of);
        }
      };
      for (const [key, one] of Object.entries(cell)) add(key, one);
    }
    return found;
  }

  // No text of a cell is a formula to a spreadsheet.
  function line(row) {
    return row.map((value) => {
      if (value === null || value === undefined) return "";
      const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
      return `"${text.replaceAll('"', '""')}"`;
    }).join(",");
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
