// Nearer to a picture: which part of it is seen, and how large. Wheel, pinch, + and - change that about the point that
// they are at, a drag moves it, a double click shows all of it again. Pictures that are linked show the same part; and
// when another picture comes, the part stays.
import { element, focusedIn, pointed } from "./dom.js";
import { clamp } from "./movement.js";

/** @typedef {readonly [number, number]} Point (y, x), as shares of what is seen */
/** @typedef {{ scale: number, at: Point }} Seen how many times nearer, and the upper left corner, of the picture */

const NEAREST = 16, STEP = 1.5; // a press of a key or a button
const PER_PIXEL = 0.002, PER_PINCHED_PIXEL = 0.01, LINE = 16; // of a wheel; a touchpad's pinch is one with Ctrl held
/** @type {Point} */
const MIDDLE = [0.5, 0.5];
/** @type {Readonly<Record<string, number>>} */
const KEYS = { "+": STEP, "=": STEP, "-": 1 / STEP, 0: 0 };

/** @type {Seen} */
export const WHOLE = { scale: 1, at: [0, 0] };

/**
 * So many times nearer, about a point that stays where it is, unless that would show what is beyond the picture.
 * @param {Seen} seen
 * @param {Point} point
 * @param {number} factor
 * @returns {Seen}
 */
export function nearer({ scale, at }, point, factor) {
  const next = clamp(scale * factor, 1, NEAREST);
  return within(next, (axis) => at[axis] + point[axis] / scale - point[axis] / next);
}

/**
 * Moved along with a pointer, by shares of what is seen.
 * @param {Seen} seen
 * @param {Point} by
 */
export function dragged({ scale, at }, by) {
  return within(scale, (axis) => at[axis] - by[axis] / scale);
}

/**
 * Moved as little as shows a part of the picture: its edges [top, left, bottom, right] as shares.
 * @param {Seen} seen
 * @param {readonly number[]} edges
 */
export function including({ scale, at }, edges) {
  return within(scale, (axis) => clamp(at[axis], edges[axis + 2] - 1 / scale, edges[axis]));
}

/**
 * @param {number} scale
 * @param {(axis: 0 | 1) => number} at
 * @returns {Seen}
 */
function within(scale, at) {
  const most = 1 - 1 / scale;
  return { scale, at: [clamp(at(0), 0, most), clamp(at(1), 0, most)] };
}

/** Pictures of which the same part is seen. */
class Linked {
  constructor() {
    this.seen = WHOLE;
    /** @type {Set<Zoom>} */
    this.all = new Set();
  }

  /** @param {Seen} seen */
  show(seen) {
    this.seen = seen;
    for (const one of this.all) {
      if (one.stage.isConnected) one.draw();
      else this.all.delete(one);
    }
  }
}

/** @type {Map<string, Linked>} */
const groups = new Map();
/** @type {WeakMap<HTMLElement, Zoom>} */
const zooms = new WeakMap(); // stage -> its zoom, from rerun to rerun

/**
 * The one zoom of a stage: of the sheet in it, which is moved and enlarged.
 * @param {HTMLElement} stage
 * @param {HTMLElement} sheet
 */
export function zoomOf(stage, sheet) {
  const found = zooms.get(stage) ?? new Zoom(stage, sheet);
  zooms.set(stage, found);
  return found;
}

class Zoom {
  /**
   * @param {HTMLElement} stage
   * @param {HTMLElement} sheet
   */
  constructor(stage, sheet) {
    this.stage = stage;
    this.sheet = sheet;
    this.own = this.linked = new Linked();
    this.linked.all.add(this);
    /** @type {Map<number, Point>} */
    this.pressed = new Map(); // pointer -> where it was last
    this.out = this.button("−", "Farther", 1 / STEP);
    const tools = element("div", "tools");
    tools.append(this.button("+", "Nearer", STEP), this.out);
    stage.append(tools);
    this.tools = tools;
    this.listen();
    this.draw();
  }

  /**
   * @param {string} sign
   * @param {string} label
   * @param {number} factor
   */
  button(sign, label, factor) {
    const made = element("button", "", sign);
    made.type = "button";
    made.title = `${label} (also the wheel after a click, a pinch, + and −; a double click shows all of it)`;
    made.setAttribute("aria-label", label);
    made.onclick = () => this.by(MIDDLE, factor);
    return made;
  }

  /**
   * Show the same part as all others of that name; "" is for one that stands alone.
   * @param {string} name
   */
  link(name) {
    const group = name ? groups.get(name) ?? new Linked() : this.own;
    if (name) groups.set(name, group);
    this.linked.all.delete(this);
    this.linked = group;
    group.all.add(this);
    this.draw();
  }

  /** @param {Seen} seen */
  show(seen) {
    this.linked.show(seen);
  }

  /**
   * @param {Point} point
   * @param {number} factor
   */
  by(point, factor) {
    this.show(nearer(this.linked.seen, point, factor));
  }

  /**
   * Move so that what the arrow keys went to is seen.
   * @param {readonly number[]} edges as shares of the picture
   */
  include(edges) {
    this.show(including(this.linked.seen, edges));
  }

  draw() {
    const { scale, at: [y, x] } = this.linked.seen, { stage, sheet } = this;
    sheet.style.transform = scale > 1 ? `scale(${scale}) translate(${-100 * x}%, ${-100 * y}%)` : "";
    stage.style.setProperty("--near", String(scale));
    stage.classList.toggle("near", scale > 1);
    this.out.disabled = scale === 1;
  }

  listen() {
    const { stage } = this, isTool = (/** @type {Event} */ event) => event.composedPath().includes(this.tools);
    stage.addEventListener("wheel", (event) => this.turn(event), { passive: false });
    stage.addEventListener("dblclick", (event) => {
      if (!isTool(event)) this.show(WHOLE);
    });
    stage.addEventListener("keydown", (event) => {
      const factor = KEYS[event.key];
      if (factor === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (factor) this.by(MIDDLE, factor);
      else this.show(WHOLE);
    });
    stage.addEventListener("pointerdown", (event) => {
      if (!isTool(event)) this.pressed.set(event.pointerId, pointed(stage, event, [1, 1]));
    });
    stage.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"]))
      stage.addEventListener(end, (event) => this.pressed.delete(event.pointerId));
  }

  /**
   * Where the picture was clicked, or Ctrl is held; else, and at either end, the page is scrolled.
   * @param {WheelEvent} event
   */
  turn(event) {
    const { stage } = this, { seen } = this.linked;
    if (!event.ctrlKey && !focusedIn(stage)) return;
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1);
    const factor = Math.exp(-pixels * (event.ctrlKey ? PER_PINCHED_PIXEL : PER_PIXEL));
    const next = nearer(seen, pointed(stage, event, [1, 1]), factor);
    if (next.scale === seen.scale && !event.ctrlKey) return;
    event.preventDefault();
    this.show(next);
  }

  /**
   * One pointer moves what is seen. Of two, the one that rests holds what is under it, and so both do.
   * @param {PointerEvent} event
   */
  drag(event) {
    const { stage, pressed } = this, before = pressed.get(event.pointerId);
    if (!event.buttons) this.pressed.delete(event.pointerId); // it was let go elsewhere
    if (!before || !event.buttons) return;
    const now = pointed(stage, event, [1, 1]), other = [...pressed].find(([id]) => id !== event.pointerId)?.[1];
    pressed.set(event.pointerId, now);
    if (!other && this.linked.seen.scale === 1) return; // there is nothing to move
    if (!stage.hasPointerCapture(event.pointerId)) stage.setPointerCapture(event.pointerId);
    if (!other) return this.show(dragged(this.linked.seen, [now[0] - before[0], now[1] - before[1]]));
    const [was, is] = [before, now].map(([y, x]) => Math.hypot(y - other[0], x - other[1]));
    if (was) this.by(other, is / was);
  }
}
