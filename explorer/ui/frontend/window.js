// A window slides over a map; its numbers, and the output it paints, are worked out here from what the server sent once.
// The server hears where the window came to rest, not of the steps between.
const ARRAYS = new Map(); // address -> numbers: what was fetched once stays, whatever is drawn anew
const STATES = new WeakMap();
const MOST_ARRAYS = 24, PRINTED = 7, SETTLED = 150; // milliseconds after which a held key has come to rest

function fetched(url) {
  if (!ARRAYS.has(url)) {
    if (ARRAYS.size >= MOST_ARRAYS) ARRAYS.delete(ARRAYS.keys().next().value);
    ARRAYS.set(url, fetch(url).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status}`);
      return answer.arrayBuffer();
    }).then((bytes) => new Float32Array(bytes)).catch((error) => { ARRAYS.delete(url); throw error; }));
  }
  return ARRAYS.get(url);
}

export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = parentElement.querySelector(".player");
  const find = (selector) => root.querySelector(selector);
  const what = [data.source.url, data.output.url, data.photo, JSON.stringify(data.kernel), data.rule, data.size].join("|");
  let state = STATES.get(root);
  if (!state) {
    state = { at: data.at, sent: [], told: null, playing: false, scrubbing: false, spelled: false, what, version: 0 };
    STATES.set(root, state);
  }
  const told = String(data.at);
  if (state.what !== what) { // another layer or channel: begin anew, where the server says
    Object.assign(state, { at: data.at, sent: [], playing: false, scrubbing: false, what });
  } else if (told !== state.told && !state.playing && !state.waiting) {
    const answered = state.sent.indexOf(told);
    if (answered >= 0) state.sent.splice(0, answered + 1); // an echo of our own move: by now we may be further
    else Object.assign(state, { at: data.at, sent: [] });
  }
  state.told = told;
  const version = ++state.version; // what an older call still waits for is void

  const [height, width] = data.output.shape, count = height * width;
  const [kh, kw] = data.size, [sy, sx] = data.stride, [py, px] = data.padding, [dy, dx] = data.dilation;
  const [rows, columns] = data.source.shape;
  const below = Math.max(0, (height - 1) * sy - py + (kh - 1) * dy + 1 - rows);
  const right = Math.max(0, (width - 1) * sx - px + (kw - 1) * dx + 1 - columns);
  const frame = { top: py, left: px, rows: py + rows + below, columns: px + columns + right };
  state.at = [Math.min(state.at[0], height - 1), Math.min(state.at[1], width - 1)];

  const [left, output] = [find(".source canvas"), find(".output canvas")];
  const play = find(".play"), scrub = find(".scrub"), speed = find(".speed"), spell = find(".spell"), said = find(".said");
  scrub.max = count - 1;
  find(".source .title").textContent = data.source_label;
  find(".output .title").textContent = data.output_label;
  legend(find(".source .legend"), data.photo ? null : data.source.legend);
  legend(find(".output .legend"), data.output.legend);
  left.setAttribute("role", "img");
  left.setAttribute("aria-label", `${data.source_label}: ${rows} by ${columns} values`);
  output.setAttribute("aria-label", `${data.output_label}: ${height} by ${width} values. The arrow keys move the window.`);
  const many = Math.max(kh, kw) > PRINTED;
  spell.hidden = !many;
  root.classList.toggle("wide", kh > 4);
  spell.setAttribute("aria-pressed", String(many && state.spelled));

  const tables = build(find(".tables"), data, kh, kw);
  const marks = tables.parts.map((part) => part.cells);
  const signed = colors(data.signed), own = colors(data.source.colors);
  let source, values, basis, painted;

  const photo = data.photo ? new Image() : null;
  const loaded = photo && new Promise((resolve, reject) => { photo.onload = resolve; photo.onerror = reject; photo.src = data.photo; });
  Promise.all([fetched(data.source.url), fetched(data.output.url), loaded]).then(([a, b]) => {
    if (version !== state.version) return;
    [source, values] = [a, b];
    basis = photo ?? paint(source, rows, columns, data.source);
    painted = paint(values, height, width, data.output);
    draw();
    if (state.playing) start();
  }).catch(() => { said.textContent = "The numbers did not arrive. Reload the page."; });

  function cellOf(i, j) { // a cell of the window: its place in the source, and whether there is one
    const y = state.at[0] * sy - py + i * dy, x = state.at[1] * sx - px + j * dx;
    return { y, x, inside: y >= 0 && y < rows && x >= 0 && x < columns };
  }

  function draw() {
    const cells = [];
    for (let i = 0; i < kh; i++) for (let j = 0; j < kw; j++) {
      const cell = cellOf(i, j);
      cell.value = cell.inside ? source[cell.y * columns + cell.x] : 0;
      cells.push(cell);
    }
    const winner = data.rule === "max" || data.rule === "min" ? best(cells, data.rule) : -1;
    drawSource(cells, winner);
    drawOutput();
    const value = values[state.at[0] * width + state.at[1]];
    fill(cells, winner, value);
    const place = state.at[0] * width + state.at[1];
    if (Number(scrub.value) !== place) scrub.value = place;
    scrub.setAttribute("aria-valuetext", `y ${state.at[0]}, x ${state.at[1]}`);
    play.textContent = state.playing ? "❚❚ Pause" : "▶ Play";
  }

  function drawSource(cells, winner) {
    const { context, scale } = sheet(left, frame.rows, frame.columns);
    context.clearRect(0, 0, left.width, left.height); // the padding is half transparent: the last frame would stay in it
    context.fillStyle = pattern(context, "rgb(128 128 128 / 55%)");
    context.fillRect(0, 0, left.width, left.height);
    context.imageSmoothingEnabled = Boolean(photo) && columns * scale < photo.naturalWidth;
    context.drawImage(basis, frame.left * scale, frame.top * scale, columns * scale, rows * scale);
    const box = (y, x, h, w, thick) => outline(context, (x + frame.left) * scale, (y + frame.top) * scale, w * scale, h * scale, thick);
    if (dy > 1 || dx > 1) cells.forEach((cell) => box(cell.y, cell.x, 1, 1, 1));
    else box(cells[0].y, cells[0].x, kh, kw, 2);
    if (winner >= 0) box(cells[winner].y, cells[winner].x, 1, 1, 3);
  }

  function drawOutput() {
    const { context, scale } = sheet(output, height, width);
    const [y, x] = state.at, isPartial = state.playing || state.scrubbing;
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, output.width, output.height);
    if (isPartial) {
      context.fillStyle = pattern(context, "rgb(128 128 128 / 55%)");
      context.fillRect(0, 0, width * scale, height * scale);
      context.save();
      context.beginPath();
      context.rect(0, 0, width * scale, y * scale);
      context.rect(0, y * scale, (x + 1) * scale, scale);
      context.clip();
      context.clearRect(0, 0, width * scale, height * scale);
      context.drawImage(painted, 0, 0, width * scale, height * scale);
      context.restore();
    } else context.drawImage(painted, 0, 0, width * scale, height * scale);
    outline(context, x * scale, y * scale, scale, scale, 2);
  }

  function fill(cells, winner, value) {
    const weights = data.kernel?.flat();
    const products = weights?.map((weight, n) => (weight === null ? NaN : weight * cells[n].value));
    const show = (part, n, number, color, isPad, isWinner) => {
      const cell = marks[part][n];
      cell.style.backgroundColor = Number.isNaN(number) ? "transparent" : `rgb(${color.join(" ")})`;
      cell.className = [isPad && "pad", isWinner && "winner",
        !Number.isNaN(number) && 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2] < 140 && "dark"].filter(Boolean).join(" ");
      cell.textContent = isPad && data.rule !== "sum" && !(data.rule === "average" && data.counts_padding) ? "" : tables.write[part](number);
    };
    const most = products ? Math.max(...products.map((p) => (Number.isFinite(p) ? Math.abs(p) : 0))) : 0;
    if (products) tables.write[2] = writer(most);
    cells.forEach((cell, n) => {
      show(0, n, cell.value, colorOf(cell.value, data.source.low, data.source.high, data.source.signed, own), !cell.inside, n === winner);
      if (products) show(2, n, products[n], colorOf(products[n], -most, most, true, signed), !cell.inside, false);
    });
    if (weights && !tables.kernelShown) {
      const limit = Math.max(...weights.map((w) => Math.abs(w ?? 0)));
      weights.forEach((w, n) => show(1, n, w ?? NaN, colorOf(w ?? NaN, -limit, limit, true, signed), false, false));
      tables.kernelShown = true;
    }
    root.classList.toggle("silent", many && !state.spelled);
    root.classList.toggle("many", many && state.spelled);
    said.setAttribute("aria-live", state.playing ? "off" : "polite");
    const place = `y ${state.at[0]}, x ${state.at[1]}`, shown = decimals(value);
    const result = find(".result");
    if (!result.children.length) result.append(document.createElement("b"), document.createElement("small"));
    let text;
    if (products) {
      const sum = products.reduce((a, b) => a + b, 0);
      text = products.length === 1 ? `One product: ${decimals(sum)}` : `${products.length} products add up to ${decimals(sum)}`;
    } else if (winner >= 0) {
      text = `${data.rule === "max" ? "Highest" : "Lowest"} of ${cells.filter((c) => c.inside).length}: ${shown}, at y ${cells[winner].y}, x ${cells[winner].x}`;
    } else if (data.rule === "average") {
      const counted = cells.filter((c) => c.inside || data.counts_padding);
      text = `${decimals(counted.reduce((a, c) => a + c.value, 0))} / ${counted.length} = ${shown}`;
    } else text = `Becomes ${shown}`;
    result.children[0].textContent = text;
    result.children[1].textContent = `Output at (${place}): ${shown}${data.note ? ` ${data.note}` : ""}`;
    said.textContent = `Window at ${place}. ${text}. The output there is ${shown}.`;
  }

  // Moving

  function go(y, x) {
    state.at = [Math.max(0, Math.min(height - 1, y)), Math.max(0, Math.min(width - 1, x))];
    if (source) draw();
  }
  function report(delay = 0) {
    clearTimeout(state.waiting);
    state.waiting = setTimeout(() => {
      state.waiting = null;
      const place = String(state.at);
      if (place === state.told && !state.sent.length) return;
      state.sent.push(place);
      setTriggerValue("moved", [...state.at]);
    }, delay);
  }
  function start() {
    cancelAnimationFrame(state.clock);
    let last = performance.now();
    const tick = (now) => {
      if (!state.playing || version !== state.version || !root.isConnected) return;
      const byRow = speed.value === "row", pause = 1000 / (byRow ? 10 : Number(speed.value));
      let steps = Math.floor((now - last) / pause);
      if (steps > 0) {
        last += steps * pause;
        if (steps > 20) [steps, last] = [1, now]; // the page was out of sight
        const place = state.at[0] * width + state.at[1] + steps * (byRow ? width : 1);
        const to = Math.min(place, count - 1);
        if (to === count - 1) state.playing = false;
        go(Math.floor(to / width), to % width);
        if (!state.playing) report();
      }
      if (state.playing) state.clock = requestAnimationFrame(tick);
    };
    state.clock = requestAnimationFrame(tick);
  }
  function halt() {
    state.playing = false;
    cancelAnimationFrame(state.clock);
  }

  play.onclick = () => {
    if (state.playing) {
      halt();
      go(...state.at);
      report();
      return;
    }
    clearTimeout(state.waiting);
    state.waiting = null;
    state.playing = true;
    if (state.at[0] === height - 1 && state.at[1] === width - 1) state.at = [0, 0];
    if (source) { draw(); start(); }
  };
  scrub.oninput = () => {
    halt();
    state.scrubbing = true;
    go(Math.floor(scrub.value / width), scrub.value % width);
  };
  scrub.onchange = () => {
    state.scrubbing = false;
    go(...state.at);
    report(SETTLED); // each press of an arrow key is a change of its own
  };
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  output.onkeydown = (event) => {
    const step = steps[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    if (!step) { play.click(); return; }
    halt();
    go(state.at[0] + step[0], state.at[1] + step[1]);
    report(SETTLED);
  };
  const pointed = (canvas, event, n, m) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientY - box.top) / box.height) * n, ((event.clientX - box.left) / box.width) * m];
  };
  output.onclick = (event) => {
    halt();
    const [y, x] = pointed(output, event, height, width);
    go(Math.floor(y), Math.floor(x));
    report();
  };
  left.onclick = (event) => { // the window whose middle is nearest
    halt();
    const [y, x] = pointed(left, event, frame.rows, frame.columns);
    go(Math.round((y - 0.5 - ((kh - 1) * dy) / 2) / sy), Math.round((x - 0.5 - ((kw - 1) * dx) / 2) / sx));
    report();
  };
  spell.onclick = () => {
    state.spelled = !state.spelled;
    spell.setAttribute("aria-pressed", String(state.spelled));
    if (source) draw();
  };
  const watcher = new ResizeObserver(() => { if (source) draw(); });
  watcher.observe(left);
  watcher.observe(output);
  return () => watcher.disconnect();
}

// Tables of the window, the kernel and the products; only their cells change afterwards.
function build(place, data, kh, kw) {
  const names = data.kernel ? ["In the window", "Kernel", "Products"] : ["In the window"];
  const parts = names.map((name) => {
    const figure = document.createElement("figure"), caption = document.createElement("figcaption");
    const grid = document.createElement("div");
    caption.textContent = name;
    grid.className = "cells";
    grid.style.gridTemplateColumns = `repeat(${kw}, 1fr)`;
    grid.style.maxWidth = `${3.6 * kw}em`;
    grid.setAttribute("aria-hidden", "true"); // the line below says the numbers
    const cells = Array.from({ length: kh * kw }, () => document.createElement("span"));
    grid.append(...cells);
    figure.append(caption, grid);
    return { figure, grid, cells };
  });
  const signs = ["×", "="].map((sign) => Object.assign(document.createElement("div"), { className: "sign", textContent: sign }));
  place.replaceChildren(...parts.flatMap((part, i) => (i ? [signs[i - 1], part.figure] : [part.figure])));
  const limit = data.kernel ? Math.max(...data.kernel.flat().map((w) => Math.abs(w ?? 0))) : 0;
  return { parts, write: [writer(Math.max(Math.abs(data.source.low), Math.abs(data.source.high))), writer(limit), writer(limit)] };
}

// Two decimals, or as many as it takes to tell numbers apart of which the largest is `limit`.
function writer(limit) {
  const digits = limit === 0 || limit >= 1 ? 2 : 2 - Math.floor(Math.log10(limit));
  return (value) => {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "no number" : value > 0 ? "∞" : "−∞";
    if (value === 0 && limit < 1e-3) return "0";
    if (limit && (limit < 1e-3 || limit >= 1e4)) return value.toExponential(1).replace(/-/g, "−");
    const text = value.toFixed(digits);
    return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
  };
}

function decimals(value) {
  return writer(Math.abs(value))(value);
}

function colors(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

function entry(value, low, high, isSigned) { // as Scale.indices has it
  if (!(high > low)) return isSigned ? 127 : 0;
  return Math.floor(Math.max(0, Math.min(254.5, ((value - low) * 254) / (high - low) + 0.5)));
}

function colorOf(value, low, high, isSigned, table) {
  const at = 3 * entry(value, low, high, isSigned);
  return [table[at], table[at + 1], table[at + 2]];
}

// The map with one pixel a value.
function paint(values, rows, columns, look) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d"), picture = context.createImageData(columns, rows);
  const table = colors(look.colors);
  for (let n = 0; n < values.length; n++) {
    if (Number.isNaN(values[n])) continue; // a hole
    const at = 3 * entry(values[n], look.low, look.high, look.signed);
    picture.data.set([table[at], table[at + 1], table[at + 2], 255], 4 * n);
  }
  context.putImageData(picture, 0, 0);
  return canvas;
}

// A canvas as sharp as the screen: `scale` is a value's side in its pixels.
function sheet(canvas, rows, columns) {
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  const scale = side / columns, high = Math.max(1, Math.round(scale * rows));
  if (canvas.width !== side) canvas.width = side;
  if (canvas.height !== high) canvas.height = high;
  return { context: canvas.getContext("2d"), scale };
}

function outline(context, x, y, w, h, thick) {
  const line = thick * devicePixelRatio, least = 6 * devicePixelRatio;
  if (w < least) [x, w] = [x + w / 2 - least / 2, least];
  if (h < least) [y, h] = [y + h / 2 - least / 2, least];
  for (const [color, width] of [["#000", line + 2 * devicePixelRatio], ["#fff", line]]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.strokeRect(x, y, w, h);
  }
}

function pattern(context, color) { // dots: padding, and what is not painted yet
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(6 * devicePixelRatio);
  const pen = tile.getContext("2d");
  pen.fillStyle = color;
  pen.fillRect(0, 0, Math.ceil(1.5 * devicePixelRatio), Math.ceil(1.5 * devicePixelRatio));
  return context.createPattern(tile, "repeat");
}

function best(cells, rule) {
  let found = -1;
  cells.forEach((cell, n) => { // the first of equal ones, as torch has it
    if (cell.inside && (found < 0 || (rule === "max" ? cell.value > cells[found].value : cell.value < cells[found].value))) found = n;
  });
  return found;
}

function legend(place, said) {
  place.style.display = said ? "" : "none";
  if (!said) return;
  place.querySelector(".ramp").style.background = `linear-gradient(to right, ${said.stops.join(", ")})`;
  for (const part of ["low", "middle", "high", "unit"]) place.querySelector(`.${part}`).textContent = said[part];
}
