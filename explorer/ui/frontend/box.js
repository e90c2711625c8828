// A box over a picture. A drag draws a new one; the arrow keys move it, with Shift they move its lower right corner,
// Enter makes one in the middle, Escape takes it away. The server hears of it when it has come to rest.
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const states = new WeakMap(); // stage -> what is being dragged, from rerun to rerun

export default function ({ parentElement, data: [data], setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const stage = find(".stage"), photo = find(".photo"), heat = find(".heat"), hint = find(".hint");
  const given = find(".stage .given"), found = find(".stage .found"), said = find(".said"), clear = find(".clear");
  const [height, width] = data.size;
  const step = Math.max(1, Math.round(Math.min(height, width) / 32));
  if (photo.getAttribute("src") !== data.photo) photo.src = data.photo;
  if (heat.getAttribute("src") !== data.heat) heat.src = data.heat;
  photo.alt = data.alt;
  stage.setAttribute("aria-label", `${data.alt}. Draw a box with the pointer, or with the keys: Enter makes one, ` +
    "the arrows move it, Shift and arrows make it larger or smaller, Escape takes it away.");
  for (const part of ["given", "found"])
    for (const element of parentElement.querySelectorAll(`.${part}`)) element.style.borderColor = data.colors[part];

  if (!states.has(stage)) states.set(stage, { box: null, from: null, pointer: null, before: null, waiting: null });
  const state = states.get(stage);
  // what the server says counts, unless the person is just moving something
  if (state.pointer === null && state.waiting === null) state.box = data.given;

  function place(element, box) {
    element.hidden = !box;
    if (!box) return;
    const [top, left, bottom, right] = box;
    element.style.top = `${(100 * top) / height}%`;
    element.style.left = `${(100 * left) / width}%`;
    element.style.height = `${(100 * (bottom - top)) / height}%`;
    element.style.width = `${(100 * (right - left)) / width}%`;
  }

  function show() {
    place(given, state.box);
    place(found, data.found);
    hint.hidden = state.box !== null;
    clear.setAttribute("aria-disabled", String(state.box === null));
    said.textContent = state.box ? `y ${state.box[0]} to ${state.box[2]}, x ${state.box[1]} to ${state.box[3]}` : "";
  }

  function handOver(delay = 0) {
    clearTimeout(state.waiting);
    state.waiting = setTimeout(() => {
      state.waiting = null;
      setTriggerValue("box", state.box ?? []);
    }, delay);
  }

  // the line between pixels that is nearest to the pointer
  function corner(event) {
    const box = stage.getBoundingClientRect();
    const at = [((event.clientY - box.top) / box.height) * height, ((event.clientX - box.left) / box.width) * width];
    return at.map((n, axis) => Math.max(0, Math.min(data.size[axis], Math.round(n))));
  }

  function end(event, isKept) {
    if (event.pointerId !== state.pointer) return;
    state.pointer = null;
    const isBox = state.box && state.box[2] > state.box[0] && state.box[3] > state.box[1];
    if (!isKept || !isBox) state.box = state.before; // a click is no box
    show();
    if (isKept && isBox) handOver();
  }

  stage.onpointerdown = (event) => {
    if (!event.isPrimary || event.button !== 0) return; // one finger draws, and only the main button
    event.preventDefault(); // no picture is dragged away
    stage.focus({ preventScroll: true });
    try {
      stage.setPointerCapture(event.pointerId); // a box that leaves the picture ends at its edge
    } catch {
      // the pointer is gone already
    }
    Object.assign(state, { pointer: event.pointerId, from: corner(event), before: state.box });
  };
  stage.onpointermove = (event) => {
    if (event.pointerId !== state.pointer) return;
    const [y, x] = corner(event);
    const [fromY, fromX] = state.from;
    state.box = [Math.min(y, fromY), Math.min(x, fromX), Math.max(y, fromY), Math.max(x, fromX)];
    show();
  };
  stage.onpointerup = (event) => end(event, true);
  stage.onpointercancel = (event) => end(event, false);

  stage.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || state.pointer !== null) return;
    const move = ARROWS[event.key];
    if (event.key === "Escape" && state.box) state.box = null;
    else if ((move || event.key === "Enter") && !state.box)
      state.box = [0.25 * height, 0.25 * width, 0.75 * height, 0.75 * width].map(Math.round);
    else if (move) state.box = moved(state.box, move, event.shiftKey);
    else return;
    event.preventDefault();
    show();
    handOver(400); // a held key moves at once, the server hears where it stopped
  };

  function moved([top, left, bottom, right], [dy, dx], isCorner) {
    const inside = (n, low, high) => Math.max(low, Math.min(high, n));
    if (isCorner)
      return [top, left, inside(bottom + dy * step, top + 1, height), inside(right + dx * step, left + 1, width)];
    const y = inside(dy * step, -top, height - bottom), x = inside(dx * step, -left, width - right);
    return [top + y, left + x, bottom + y, right + x];
  }

  clear.onclick = () => {
    if (!state.box) return;
    state.box = null;
    show();
    handOver();
  };

  show();
}
