// A network as boxes that unfold in place. The server sent every box with its cell and the lines between them; here
// they get their sizes. All text is set as text.
const SVG = "http://www.w3.org/2000/svg";
const BOX = 48, MORE = 18, HEADER = 36, GAP = 38, PAD = 16, BETWEEN = 22, LANE = 7; // pixels at full size
const NARROWEST = 128, WIDEST = 330;
const FEW = 16; // operations that are shown at once, without unfolding
const MOST_PIXELS = 60e6, LONGEST = 16000; // of a saved picture: more, some browsers do not draw
const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "font-family",
               "font-size", "font-weight", "font-variant-numeric"];
const kept = new WeakMap(); // root -> what is unfolded, and where one stands, from rerun to rerun
const drawings = new Map(); // address -> drawing: while the network stays the same, no click brings it again

export default function (given) {
  const { parentElement, data: [data] } = given;
  if (drawings.has(data.url)) return show(given);
  let stop = null, isGone = false;
  fetch(data.url).then((answer) => {
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }).then((drawing) => {
    drawings.clear();
    drawings.set(data.url, drawing);
    if (!isGone) stop = show(given);
  }).catch(() => {
    if (!isGone) parentElement.querySelector(".missing").hidden = false;
  });
  return () => {
    isGone = true;
    stop?.();
  };
}

function show({ parentElement, data: [data], setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const root = find(".graph"), frame = find(".frame"), svg = find("svg"), said = find(".said");
  find(".missing").hidden = true;
  const boxes = index(drawings.get(data.url));
  const isNew = kept.get(root)?.key !== data.key;
  if (isNew) {
    const all = boxes.filter((box) => !box.children).length <= FEW;
    const open = new Set(boxes.filter((box) => box.children && (all || !box.parent)).map((box) => box.id));
    kept.set(root, { key: data.key, open, zoom: null, active: null, chosen: data.chosen });
  }
  const state = kept.get(root);
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const measure = document.createElement("canvas").getContext("2d");
  const family = getComputedStyle(root).fontFamily;
  let elements = new Map(), lines = [], size = [1, 1], drawnAt = 0;

  const isOpen = (box) => Boolean(box.children) && state.open.has(box.id);
  const holders = (box) => (box.parent ? [...holders(box.parent), box.parent] : []);
  const isShown = (box) => Boolean(box.parent) && holders(box).every(isOpen);
  const chosenBox = () => boxes.find((box) => box.parent && box.name === data.chosen);

  if (data.chosen !== state.chosen) {
    state.chosen = data.chosen; // chosen elsewhere: bring it into sight
    const box = chosenBox();
    if (box) {
      for (const holder of holders(box)) state.open.add(holder.id);
      state.active = box.id;
    }
    draw();
    if (box) centre(elements.get(box.id));
  } else {
    const hadFocus = svg.contains(svg.getRootNode().activeElement);
    draw();
    if (hadFocus) elements.get(state.active)?.focus({ preventScroll: true });
  }
  if (isNew) frame.scrollTop = frame.scrollLeft = 0;

  // ---- sizes ----

  function width(text, font) {
    measure.font = `${font} ${family}`;
    return measure.measureText(text).width;
  }

  function layOut(box) {
    if (!isOpen(box)) {
      const text = Math.max(width(box.title, "600 15px") + (box.children ? 38 : 18), ...box.says.map((line) => width(line, "13px")));
      const h = BOX + MORE * (box.says.length - 1);
      return Object.assign(box, { w: Math.min(WIDEST, Math.max(NARROWEST, text + 34)), h });
    }
    const { children, cells, edges } = box;
    children.forEach(layOut);
    const n = children.length, last = Math.max(...cells.map(([row]) => row)) + 1;
    const rowOf = (place) => (place < 0 ? -1 : place < n ? cells[place][0] : last);
    const rows = Array.from({ length: last }, () => ({ members: [], passed: false }));
    children.forEach((child, place) => rows[cells[place][0]].members.push(place));
    const columns = Array(Math.max(...cells.map(([, column]) => column)) + 1).fill(0);
    for (const [source, target, lane] of edges) {
      if (lane !== null || source < 0) continue;
      for (let row = rowOf(source) + 1; row < rowOf(target); row++) {
        rows[row].passed = true;
        columns[cells[source][1]] = Math.max(columns[cells[source][1]], BETWEEN);
      }
    }
    const isAlone = (row) => row.members.length === 1 && !row.passed; // it may stand under what it reads
    for (const row of rows)
      if (!isAlone(row))
        for (const place of row.members)
          columns[cells[place][1]] = Math.max(columns[cells[place][1]], children[place].w);
    const used = columns.filter((w) => w > 0);
    const grid = used.reduce((sum, w) => sum + w, 0) + BETWEEN * Math.max(0, used.length - 1);
    const inner = Math.max(grid, ...children.map((child) => child.w));
    const side = box.lanes ? 12 + LANE * box.lanes : 0;
    const left = PAD + (box.lanes && box.lanes <= 3 ? side : 0); // a few lanes leave the middle in the middle
    const title = box.parent ? width(`▾ ✓ ${box.title}  ${box.says.join(", ")}`, "600 15px") + 30 : 0;
    box.w = Math.max(left + inner + side + PAD, Math.min(title, WIDEST + 40));
    const start = left + Math.max(0, (box.w - left - inner - side - PAD) / 2);
    box.laneX = (lane) => start + inner + 10 + LANE * lane;
    const centres = [];
    let x = start + (inner - grid) / 2;
    for (const w of columns) {
      centres.push(x + w / 2);
      if (w > 0) x += w + BETWEEN;
    }
    let y = (box.parent ? HEADER : 30) + GAP;
    for (const row of rows) {
      row.top = y;
      for (const place of row.members) {
        const child = children[place];
        let middle = centres[cells[place][1]];
        if (isAlone(row)) {
          const above = edges.filter(([s, t, lane]) => t === place && lane === null && s >= 0).map(([s]) => children[s]);
          middle = above.length ? above.reduce((sum, a) => sum + a.x + a.w / 2, 0) / above.length : box.w / 2;
          middle = Math.max(start + child.w / 2, Math.min(start + inner - child.w / 2, middle));
        }
        Object.assign(child, { x: middle - child.w / 2, y });
      }
      row.bottom = y = Math.max(...row.members.map((place) => children[place].y + children[place].h));
      y += GAP;
    }
    box.h = y + (box.parent ? 0 : 30);
    box.rows = rows;
    box.rowOf = rowOf;
    box.centres = centres;
    return box;
  }

  // ---- drawing ----

  function draw() {
    elements = new Map();
    lines = [];
    const top = layOut(boxes[0]);
    const under = make("g"), over = make("g"), labels = make("g");
    paint(top, 0, 0, 0, under, over, labels);
    svg.replaceChildren(under, over, labels);
    size = [top.w, top.h];
    if (!state.zoomed && frame.clientWidth) state.zoom = Math.max(0.6, Math.min(1, (frame.clientWidth - 20) / top.w));
    resize();
    drawnAt = frame.clientWidth;
    if (!elements.has(state.active)) state.active = elements.keys().next().value;
    elements.get(state.active)?.setAttribute("tabindex", "0");
  }

  function resize() {
    const zoom = state.zoom ?? 1;
    svg.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    svg.setAttribute("width", size[0] * zoom);
    svg.setAttribute("height", size[1] * zoom);
  }

  function paint(box, x, y, depth, under, over, labels) {
    const { children, cells, edges, rows, rowOf } = box, n = children.length;
    if (!box.parent) {
      pill(over, x + box.w / 2, y + 16, `the picture: ${data.picture}`);
      pill(over, x + box.w / 2, y + box.h - 16, "the scores");
    }
    const port = { x: box.w / 2, top: box.parent ? HEADER : 30, bottom: box.h - (box.parent ? 0 : 30) };
    const below = (row) => (row < 0 ? port.top : rows[row].bottom); // where the gap under a row begins
    const above = (row) => (row < rows.length ? rows[row].top : port.bottom);
    for (const [source, target, lane] of edges) {
      const from = source < 0 ? [port.x, port.top] : [children[source].x + children[source].w / 2,
                                                      children[source].y + children[source].h];
      const to = target < n ? [children[target].x + children[target].w / 2, children[target].y] : [port.x, port.bottom];
      const first = below(rowOf(source)), last = above(rowOf(target));
      let d = `M${x + from[0]},${y + from[1]}V${y + first}`;
      if (rowOf(target) - rowOf(source) > 1) {
        const way = lane === null ? box.centres[cells[source][1]] : box.laneX(lane);
        d += curve(from[0], first, way, first + GAP, x, y) + `V${y + last - GAP}` + curve(way, last - GAP, to[0], last - 7, x, y);
      } else {
        d += curve(from[0], first, to[0], last - 7, x, y);
      }
      const group = make("g", { class: "line" });
      group.append(make("path", { d }));
      if (target < n || !box.parent)
        group.append(make("path", { class: "tip", d: `M${x + to[0] - 4.5},${y + to[1] - 8}h9l-4.5,8z` }));
      under.append(group);
      lines.push({ group, ends: [source < 0 ? box.id : children[source].id, target < n ? children[target].id : box.id] });
    }
    const order = children.map((_, place) => place).sort((a, b) => cells[a][0] - cells[b][0] || cells[a][1] - cells[b][1]);
    for (const place of order) {
      const child = children[place];
      const [left, top] = [x + child.x, y + child.y];
      const group = make("g", { class: "box", tabindex: "-1", role: "button" });
      group.classList.add(child.children ? (isOpen(child) ? "open" : "folded") : "operation");
      const chosen = chosenBox();
      if (child === chosen) group.classList.add("chosen");
      const holds = child.children && !isOpen(child) && chosen && holders(chosen).includes(child);
      if (holds) group.classList.add("holds");
      group.setAttribute("aria-label", `${child.name}: ${child.says.join(", ")}; gives ${child.shape}` + (holds ? "; the chosen layer is in it" : ""));
      if (child.children) group.setAttribute("aria-expanded", String(isOpen(child)));
      else group.setAttribute("aria-pressed", String(child === chosen));
      if (child.children && !isOpen(child)) // a pile: there is more in it
        group.append(make("rect", { class: "pile", x: left + 4, y: top + 4, width: child.w, height: child.h, rx: 6 }));
      group.append(make("rect", { class: `body depth${depth % 2}`, x: left, y: top, width: child.w, height: child.h, rx: 6 }));
      if (child.group)
        group.append(make("rect", { x: left + 4, y: top + 5, width: 7, height: child.h - 10, rx: 3, fill: data.groups[child.group] }));
      const mark = child === chosen ? "✓ " : holds ? "● " : "";
      const sign = child.children ? (isOpen(child) ? "▾ " : "▸ ") : "";
      const indent = child.group ? 18 : 12;
      if (isOpen(child)) {
        group.append(write("title", left + indent, top + 23, `${sign}${mark}${child.title}`, child.w - 20, child.says.join(", ")));
      } else {
        group.append(write("title", left + indent, top + 20, `${sign}${mark}${child.title}`, child.w - indent - 8));
        child.says.forEach((line, i) => {
          group.append(write("says", left + indent, top + 38 + MORE * i, line, child.w - indent - 8));
        });
      }
      const tip = make("title");
      tip.textContent = `${child.name}: ${child.says.join(", ")} → ${child.shape}`;
      group.append(tip);
      elements.set(child.id, group);
      over.append(group);
      group.onclick = (event) => { event.stopPropagation(); act(child); };
      group.onpointerenter = () => light(child.id);
      group.onpointerleave = () => light(null);
      group.onfocus = () => {
        elements.get(state.active)?.setAttribute("tabindex", "-1");
        state.active = child.id;
        group.setAttribute("tabindex", "0");
        light(child.id);
      };
      group.onblur = () => light(null);
      const only = box.parent && edges.every(([s, t]) => s !== place || t === n); // it stands under the container again
      if (!only) {
        const label = make("text", { class: "shape", x: left + child.w / 2 + 7, y: top + child.h + 16 });
        label.textContent = child.shape;
        labels.append(label);
      }
      if (isOpen(child)) paint(child, left, top, depth + 1, over, over, labels);
    }
  }

  function write(name, x, y, text, room, more = "") {
    const element = make("text", { class: name, x, y });
    const font = name === "title" ? "600 15px" : "13px";
    let short = text;
    while (short.length > 4 && width(short, font) > room) short = `${short.slice(0, -2)}…`;
    element.textContent = short;
    if (more && width(`${short}  ${more}`, "600 15px") < room) {
      const rest = make("tspan", { class: "says", dx: 10 });
      rest.textContent = more;
      element.append(rest);
    }
    return element;
  }

  function pill(group, x, y, text) {
    const w = width(text, "600 14px") + 28;
    const label = make("text", { class: "end", x, y: y + 5, "text-anchor": "middle" });
    label.textContent = text;
    group.append(make("rect", { class: "pill", x: x - w / 2, y: y - 14, width: w, height: 28, rx: 14 }), label);
  }

  function light(id) {
    for (const line of lines) line.group.classList.toggle("lit", id !== null && line.ends.includes(id));
  }

  // ---- what one can do ----

  function act(box) {
    state.active = box.id;
    if (!box.children) {
      state.chosen = data.chosen = box.name;
      keepInPlace(box, draw);
      said.textContent = `${box.name} is chosen`;
      setTriggerValue("chosen", box.name);
      return;
    }
    if (!state.open.delete(box.id)) state.open.add(box.id);
    keepInPlace(box, draw);
    said.textContent = `${box.name} ${isOpen(box) ? "unfolded" : "folded"}`;
  }

  // What was clicked stays under the pointer.
  function keepInPlace(box, change) {
    const before = elements.get(box.id).getBoundingClientRect();
    change();
    const element = elements.get(box.id), after = element.getBoundingClientRect();
    frame.scrollTop += after.top - before.top;
    frame.scrollLeft += after.left + after.width / 2 - before.left - before.width / 2;
    element.focus({ preventScroll: true });
  }

  function centre(element) {
    if (!element) return;
    const box = element.getBoundingClientRect(), view = frame.getBoundingClientRect();
    frame.scrollTop += box.top - view.top - Math.max(20, (view.height - box.height) / 2);
    frame.scrollLeft += box.left + box.width / 2 - view.left - view.width / 2;
  }

  function reveal(element) {
    const box = element.getBoundingClientRect(), view = frame.getBoundingClientRect();
    if (box.top < view.top || box.top + 60 > view.bottom || box.left < view.left || box.right > view.right) centre(element);
  }

  const placeOf = (box) => box.parent.children.indexOf(box);
  const steps = {
    ArrowDown(box) {
      if (isOpen(box)) return box.children[box.cells.findIndex(([row]) => row === 0)];
      for (let at = box; at.parent; at = at.parent) {
        const { children, edges, rowOf } = at.parent, place = placeOf(at);
        const targets = edges.filter(([s, t]) => s === place && t < children.length).map(([, t]) => t);
        if (targets.length) return children[targets.sort((a, b) => rowOf(a) - rowOf(b))[0]];
      }
      return null;
    },
    ArrowUp(box) {
      const { children, edges, rowOf } = box.parent, place = placeOf(box);
      const sources = edges.filter(([s, t]) => t === place && s >= 0).map(([s]) => s);
      let at = sources.length ? children[sources.sort((a, b) => rowOf(b) - rowOf(a))[0]] : box.parent;
      while (sources.length && isOpen(at)) {
        const out = at.edges.filter(([, t]) => t === at.children.length).map(([s]) => s);
        at = at.children[out[out.length - 1]];
      }
      return at;
    },
    ArrowLeft: (box) => beside(box, -1),
    ArrowRight: (box) => beside(box, 1),
    Home: () => boxes[0].children[0],
    End: () => boxes[0].children[boxes[0].children.length - 1],
  };
  function beside(box, step) {
    const row = box.parent.rowOf(placeOf(box));
    const members = [...box.parent.rows[row].members].sort((a, b) => box.parent.children[a].x - box.parent.children[b].x);
    return box.parent.children[members[members.indexOf(placeOf(box)) + step]];
  }
  svg.onkeydown = (event) => {
    const box = byId.get(state.active);
    if (!box || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      act(box);
    } else if (event.key in steps) {
      event.preventDefault();
      const next = steps[event.key](box);
      if (!next?.parent) return;
      const element = elements.get(next.id);
      element.focus({ preventScroll: true });
      reveal(element);
    }
  };

  function zoomTo(zoom) {
    state.zoomed = true; // from now on the person decides, not the width
    const [x, y] = [frame.scrollLeft + frame.clientWidth / 2, frame.scrollTop + frame.clientHeight / 2];
    const factor = zoom / (state.zoom ?? 1);
    state.zoom = zoom;
    resize();
    frame.scrollLeft = x * factor - frame.clientWidth / 2;
    frame.scrollTop = y * factor - frame.clientHeight / 2;
  }
  const within = (zoom) => Math.max(0.1, Math.min(2, zoom));
  find(".closer").onclick = () => zoomTo(within((state.zoom ?? 1) * 1.25));
  find(".farther").onclick = () => zoomTo(within((state.zoom ?? 1) / 1.25));
  find(".fit").onclick = () =>
    zoomTo(within(Math.min(1, (frame.clientWidth - 4) / size[0], (frame.clientHeight - 4) / size[1])));
  find(".readable").onclick = () => zoomTo(1);
  find(".unfold").onclick = () => {
    const next = boxes.filter((box) => box.children && isShown(box) && !isOpen(box)); // one level at a time
    next.forEach((box) => state.open.add(box.id));
    draw();
    said.textContent = next.length ? `${next.length} boxes unfolded` : "Everything is unfolded";
  };
  find(".fold").onclick = () => {
    state.open = new Set([boxes[0].id]);
    draw();
    frame.scrollTop = frame.scrollLeft = 0;
    said.textContent = "Everything is folded";
  };
  find(".save").onclick = () => save(svg, size, getComputedStyle(frame).backgroundColor, data.file);
  find(".full").onclick = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());
  svg.setAttribute("aria-label", data.alt);

  // Laid out a moment after it is made, where it stands in a tab or a column that opens.
  const observer = new ResizeObserver(() => {
    if (!state.zoomed && frame.clientWidth && frame.clientWidth !== drawnAt) draw();
  });
  observer.observe(frame);
  return () => observer.disconnect();
}

// What is drawn now, as a PNG: the page's own style sheet does not reach a picture, so every element takes its looks along.
function save(svg, [width, height], ground, file) {
  const scale = Math.min(2, LONGEST / Math.max(width, height), Math.sqrt(MOST_PIXELS / (width * height)));
  const copy = svg.cloneNode(true), copies = copy.querySelectorAll("*");
  svg.querySelectorAll("*").forEach((element, i) => {
    const style = getComputedStyle(element);
    copies[i].setAttribute("style", LOOKS.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  });
  copy.setAttribute("xmlns", SVG);
  copy.setAttribute("width", width * scale);
  copy.setAttribute("height", height * scale);
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.ceil(width * scale), Math.ceil(height * scale)];
    const context = canvas.getContext("2d");
    context.fillStyle = ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0);
    const link = document.createElement("a");
    link.download = file;
    link.href = canvas.toDataURL("image/png");
    link.click();
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
}

function index(drawing) {
  const boxes = [];
  (function visit(box, parent, id) {
    box.parent = parent;
    box.id = id;
    boxes.push(box);
    (box.children ?? []).forEach((child, place) => visit(child, box, `${id}.${place}`));
  })(structuredClone(drawing), null, "0");
  return boxes;
}

function curve(x0, y0, x1, y1, dx, dy) {
  const middle = dy + (y0 + y1) / 2;
  return `C${dx + x0},${middle} ${dx + x1},${middle} ${dx + x1},${dy + y1}`;
}

function make(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
