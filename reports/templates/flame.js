// Draws flamegraphs from the trees that the page carries: zoom, search, keyboard. Layout is in percent, so that
// resizing costs nothing; frames too narrow to be seen are left out.
"use strict";
(() => {
  const ROW = 19; // px
  const THINNEST = 0.0008; // of the width

  for (const root of document.querySelectorAll(".flame")) draw(root);

  function draw(root) {
    const graph = JSON.parse(root.querySelector("script").textContent);
    const stage = root.querySelector(".flame-graph");
    const readout = root.querySelector(".flame-readout");
    const [search, reset, found] = root.querySelectorAll("input, button, output");
    const rest = readout.textContent;
    const all = { name: "all", layer: "unknown", depth: -1, value: graph.total, start: 0, parent: null, children: [] };
    const nodes = read(graph, all);
    let zoomed = all;
    let wanted = "";

    stage.style.height = `${(2 + Math.max(...nodes.map((node) => node.depth))) * ROW}px`;
    root.querySelector(".flame-tools").hidden = false;
    show(all);

    function show(target, focus = false) {
      zoomed = target;
      const from = target.start;
      const scale = target.value;
      stage.replaceChildren();
      for (const node of [all, ...nodes]) {
        const left = Math.max(0, (node.start - from) / scale);
        const right = Math.min(1, (node.start + node.value - from) / scale);
        if (right - left >= THINNEST) stage.append(element(node, left, right - left));
      }
      const current = target.element;
      current.tabIndex = 0;
      if (focus) current.focus();
      mark();
    }

    function element(node, left, width) {
      const box = document.createElement("div");
      box.className = `frame layer-${node.layer}`;
      box.classList.toggle("above", node.depth < zoomed.depth);
      box.style.cssText = `left:${left * 100}%;width:${width * 100}%;top:${(node.depth + 1) * ROW}px`;
      box.setAttribute("role", "treeitem");
      box.setAttribute("aria-level", node.depth + 2);
      box.setAttribute("aria-label", describe(node));
      box.title = describe(node);
      box.tabIndex = -1;
      box.textContent = node.name;
      box.node = node;
      node.element = box;
      return box;
    }

    function describe(node) {
      return `${node.name}: ${amount(node.value)}, ${percent(node.value)}${node === all ? "" : `, ${node.layer}`}`;
    }

    function amount(value) {
      return graph.unit === "ns" ? `${(value / 1000).toPrecision(3)} µs` : `${value} samples`;
    }

    function percent(value) {
      return `${(100 * value / graph.total).toFixed(1)} %`;
    }

    // A frame below one that matches is part of its samples: it must not count twice.
    function mark() {
      let share = 0;
      let until = -1;
      for (const node of nodes) {
        const hit = wanted !== "" && node.name.toLowerCase().includes(wanted);
        if (hit && node.start >= until) {
          share += node.value;
          until = node.start + node.value;
        }
        if (node.element?.isConnected) node.element.classList.toggle("hit", hit);
      }
      stage.classList.toggle("searching", wanted !== "");
      found.textContent = wanted === "" ? "" : `${percent(share)} has it`;
    }

    function visible(node) {
      return node?.element?.isConnected ? node : null;
    }

    function neighbour(node, key) {
      if (key === "ArrowUp") return visible(node.parent);
      if (key === "ArrowDown") return visible(node.children[0]);
      const siblings = node.parent?.children ?? [];
      return visible(siblings[siblings.indexOf(node) + (key === "ArrowRight" ? 1 : -1)]);
    }

    stage.addEventListener("click", (event) => {
      if (event.target.node) show(event.target.node, true);
    });
    stage.addEventListener("keydown", (event) => {
      const node = event.target.node;
      if (!node) return;
      if (event.key === "Enter" || event.key === " ") show(node, true);
      else if (event.key === "Escape") show(all, true);
      else if (event.key.startsWith("Arrow")) {
        const next = neighbour(node, event.key);
        if (next) {
          event.target.tabIndex = -1;
          next.element.tabIndex = 0;
          next.element.focus();
        }
      } else return;
      event.preventDefault();
    });
    for (const kind of ["pointerover", "focusin"]) {
      stage.addEventListener(kind, (event) => {
        if (event.target.node) readout.textContent = describe(event.target.node);
      });
    }
    stage.addEventListener("pointerleave", () => { readout.textContent = rest; });
    search.addEventListener("input", () => {
      wanted = search.value.trim().toLowerCase();
      mark();
    });
    reset.addEventListener("click", () => {
      search.value = wanted = "";
      show(all);
    });
  }

  // The flat list (frame, depth, samples, parents first) as nodes that know where they begin, in samples.
  function read(graph, all) {
    const path = [all];
    const taken = new Map();
    const nodes = [];
    for (let i = 0; i < graph.nodes.length; i += 3) {
      const [frame, depth, value] = graph.nodes.slice(i, i + 3);
      const parent = path[depth];
      const start = parent.start + (taken.get(parent) ?? 0);
      const node = { name: graph.frames[frame], layer: graph.layers[frame], depth, value, start, parent, children: [] };
      taken.set(parent, (taken.get(parent) ?? 0) + value);
      parent.children.push(node);
      path[depth + 1] = node;
      nodes.push(node);
    }
    return nodes;
  }
})();
