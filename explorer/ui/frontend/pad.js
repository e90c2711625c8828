// Paper and a pen: by mouse, finger or stylus, or with the arrow keys. What is drawn here is the truth for as long as
// the pad stands on the page; a rerun never takes a stroke away. What the server sends is read once, by a new pad.
const UNITS = 1000; // the paper's side in the numbers of a stroke, [width, x, y, x, y, ...]
const INK = "#1e1e1e", PAPER = "#ffffff";
const WIDTHS = { thick: 80, thin: 44 };
const NEAR = 5; // points closer than this are one: fewer numbers, the same line
const STEP = 25; // of an arrow key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const pads = new WeakMap(); // canvas -> its state, from rerun to rerun

export default function ({ parentElement, data: [data], setStateValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const canvas = find("canvas"), pen = find(".pen"), hint = find(".hint"), said = find(".said");
  const undo = find(".undo"), clear = find(".clear"), thin = find(".thin");
  const isNew = !pads.has(canvas);
  if (isNew) {
    const strokes = data.strokes.map((stroke) => [...stroke]);
    pads.set(canvas, { strokes, open: null, pointer: null, at: [UNITS / 2, UNITS / 2], held: new Set() });
    thin.setAttribute("aria-pressed", String(strokes.at(-1)?.[0] === WIDTHS.thin));
  }
  const pad = pads.get(canvas);

  function show() {
    const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const all = pad.open ? [...pad.strokes, pad.open] : pad.strokes;
    paint(canvas.getContext("2d"), side, all);
    hint.hidden = all.length > 0;
    for (const button of [undo, clear]) button.setAttribute("aria-disabled", String(!pad.strokes.length));
    pen.style.left = `${(100 * pad.at[0]) / UNITS}%`;
    pen.style.top = `${(100 * pad.at[1]) / UNITS}%`;
    pen.classList.toggle("down", pad.open !== null);
  }

  const handOver = () => setStateValue("strokes", pad.strokes);
  const room = () => data.limit - pad.strokes.reduce((sum, stroke) => sum + stroke.length, pad.open?.length ?? 0);

  function begin(x, y) {
    if (room() < 3) return;
    pad.open = [thin.getAttribute("aria-pressed") === "true" ? WIDTHS.thin : WIDTHS.thick, x, y];
  }

  function extend(x, y) {
    const [lastX, lastY] = pad.open.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) >= NEAR && room() >= 2) pad.open.push(x, y);
  }

  function end() {
    if (!pad.open) return;
    pad.strokes.push(pad.open);
    pad.open = pad.pointer = null;
    show();
    handOver();
  }

  const inside = (value) => Math.round(Math.max(0, Math.min(UNITS, value)));
  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width,
            (event.clientY - box.top) / box.height].map((at) => inside(at * UNITS));
  }

  canvas.onpointerdown = (event) => {
    if (!event.isPrimary || event.button !== 0) return; // one finger draws, and only the main button
    end(); // the keys may have left the pen down
    try {
      canvas.setPointerCapture(event.pointerId); // a line that leaves the paper ends where it is let go
    } catch {
      // the pointer is gone already: a dot
    }
    pad.pointer = event.pointerId;
    pad.at = place(event);
    begin(...pad.at);
    show();
  };
  canvas.onpointermove = (event) => {
    if (!pad.open || event.pointerId !== pad.pointer) return;
    const between = event.getCoalescedEvents?.() ?? []; // where the pointer was between two frames
    for (const each of between.length ? between : [event]) extend(...place(each));
    pad.at = place(event);
    show();
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (event.pointerId === pad.pointer) end();
  };

  canvas.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pad.pointer !== null) return;
    if (event.key in ARROWS) {
      event.preventDefault();
      pad.held.add(event.key); // two arrows together are a slanted line
      for (const key of pad.held) pad.at = pad.at.map((value, axis) => inside(value + STEP * ARROWS[key][axis]));
      if (pad.open) extend(...pad.at);
      show();
    } else if ((event.key === " " || event.key === "Enter") && !event.repeat) {
      event.preventDefault();
      if (pad.open) end();
      else begin(...pad.at);
      said.textContent = pad.open ? "Pen down" : "Pen up";
      show();
    }
  };
  canvas.onkeyup = (event) => pad.held.delete(event.key);
  canvas.onblur = () => {
    pad.held.clear();
    if (pad.pointer === null) end();
  };

  undo.onclick = () => take(() => pad.strokes.pop(), "Last stroke taken back");
  clear.onclick = () => take(() => Object.assign(pad, { strokes: [], at: [UNITS / 2, UNITS / 2] }), "Paper is blank");
  thin.onclick = () => thin.setAttribute("aria-pressed", String(thin.getAttribute("aria-pressed") !== "true"));
  function take(away, sentence) {
    if (!pad.strokes.length) return;
    away();
    said.textContent = sentence;
    show();
    handOver();
  }

  if (isNew) {
    pad.observer = new ResizeObserver(() => pad.show());
    pad.observer.observe(canvas);
  }
  pad.show = show;
  show();
  return () => pad.observer.disconnect();
}

function paint(context, side, strokes) {
  context.fillStyle = PAPER;
  context.fillRect(0, 0, side, side);
  context.fillStyle = context.strokeStyle = INK;
  context.lineCap = context.lineJoin = "round";
  const scale = side / UNITS;
  for (const [width, ...points] of strokes) {
    context.beginPath();
    if (points.length === 2) {
      context.arc(points[0] * scale, points[1] * scale, (width * scale) / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    context.lineWidth = width * scale;
    for (let i = 0; i < points.length; i += 2) context.lineTo(points[i] * scale, points[i + 1] * scale);
    context.stroke();
  }
}
