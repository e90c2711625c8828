// Paper and a pen: by mouse, finger or stylus, or with the arrow keys. What is drawn here is the truth for as long as
// the pad stands on the page; a rerun never takes a stroke away. What the server sends is read once, by a new pad.
import { inside, isFurther, middle, moved, room, UNITS, WIDTHS } from "./pad/strokes.js";
import { find, part, pointed } from "./shared/dom.js";
import { ARROWS } from "./shared/movement.js";
/** @import { Point, Stroke } from "./pad/strokes.js" */
/** @import { Given } from "./shared/dom.js" */

const INK = "#1e1e1e", PAPER = "#ffffff";

/** @type {WeakMap<HTMLElement, Pad>} */
const kept = new WeakMap(); // canvas -> its pad, from rerun to rerun

/** @param {Given<{ strokes: Stroke[], limit: number }>} given */
export default function ({ parentElement, data: [data], setStateValue }) {
  const canvas = find(parentElement, "canvas", HTMLCanvasElement);
  const pad = kept.get(canvas) ?? new Pad(parentElement, canvas, data.strokes, data.limit);
  kept.set(canvas, pad);
  pad.send = (strokes) => setStateValue("strokes", strokes);
  pad.show();
  return () => pad.observer.disconnect();
}

class Pad {
  /**
   * @param {ParentNode} root
   * @param {HTMLCanvasElement} canvas
   * @param {Stroke[]} strokes
   * @param {number} limit
   */
  constructor(root, canvas, strokes, limit) {
    this.canvas = canvas;
    this.parts = {
      pen: part(root, ".pen"), hint: part(root, ".hint"), said: part(root, ".said"), undo: part(root, ".undo"),
      clear: part(root, ".clear"), thin: part(root, ".thin"),
    };
    this.strokes = strokes.map((stroke) => [...stroke]);
    this.limit = limit;
    /** @type {Stroke | null} */
    this.open = null; // the stroke that is being drawn
    /** @type {number | null} */
    this.pointer = null;
    this.at = middle();
    /** @type {Set<string>} */
    this.held = new Set();
    /** @type {(strokes: Stroke[]) => void} */
    this.send = () => {};
    this.parts.thin.setAttribute("aria-pressed", String(this.strokes.at(-1)?.[0] === WIDTHS.thin));
    this.listen();
    this.observer = new ResizeObserver(() => this.show());
    this.observer.observe(canvas);
  }

  listen() {
    const { canvas, parts } = this;
    canvas.onpointerdown = (event) => this.touch(event);
    canvas.onpointermove = (event) => this.draw(event);
    canvas.onpointerup = canvas.onpointercancel = (event) => {
      if (event.pointerId === this.pointer) this.end();
    };
    canvas.onkeydown = (event) => this.press(event);
    canvas.onkeyup = (event) => this.held.delete(event.key);
    canvas.onblur = () => {
      this.held.clear();
      if (this.pointer === null) this.end();
    };
    parts.undo.onclick = () => this.take(this.strokes.slice(0, -1), this.at, "Last stroke taken back");
    parts.clear.onclick = () => this.take([], middle(), "Paper is blank");
    parts.thin.onclick = () => parts.thin.setAttribute("aria-pressed", String(!this.isThin()));
  }

  isThin() {
    return this.parts.thin.getAttribute("aria-pressed") === "true";
  }

  show() {
    const { canvas, open, parts } = this;
    const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const all = open ? [...this.strokes, open] : this.strokes;
    const context = canvas.getContext("2d");
    if (context) paint(context, side, all);
    parts.hint.hidden = all.length > 0;
    for (const button of [parts.undo, parts.clear])
      button.setAttribute("aria-disabled", String(!this.strokes.length));
    parts.pen.style.left = `${(100 * this.at[0]) / UNITS}%`;
    parts.pen.style.top = `${(100 * this.at[1]) / UNITS}%`;
    parts.pen.classList.toggle("down", open !== null);
  }

  begin() {
    if (room(this.strokes, this.open, this.limit) < 3) return;
    this.open = [this.isThin() ? WIDTHS.thin : WIDTHS.thick, ...this.at];
  }

  /** @param {Point} point */
  extend(point) {
    if (this.open && isFurther(this.open, point) && room(this.strokes, this.open, this.limit) >= 2)
      this.open.push(...point);
  }

  end() {
    if (!this.open) return;
    this.strokes.push(this.open);
    this.open = this.pointer = null;
    this.show();
    this.send(this.strokes);
  }

  /**
   * @param {Stroke[]} left
   * @param {Point} at
   * @param {string} sentence
   */
  take(left, at, sentence) {
    if (!this.strokes.length) return;
    Object.assign(this, { strokes: left, at });
    this.parts.said.textContent = sentence;
    this.show();
    this.send(this.strokes);
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  place(event) {
    const [y, x] = pointed(this.canvas, event, [UNITS, UNITS]);
    return [inside(x), inside(y)];
  }

  /** @param {PointerEvent} event */
  touch(event) {
    if (!event.isPrimary || event.button !== 0) return; // one finger draws, and only the main button
    this.end(); // the keys may have left the pen down
    try {
      this.canvas.setPointerCapture(event.pointerId); // a line that leaves the paper ends where it is let go
    } catch {
      // the pointer is gone already: a dot
    }
    this.pointer = event.pointerId;
    this.at = this.place(event);
    this.begin();
    this.show();
  }

  /** @param {PointerEvent} event */
  draw(event) {
    if (!this.open || event.pointerId !== this.pointer) return;
    const between = event.getCoalescedEvents?.() ?? []; // where the pointer was between two frames
    for (const each of between.length ? between : [event]) this.extend(this.place(each));
    this.at = this.place(event);
    this.show();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.pointer !== null) return;
    if (event.key in ARROWS) {
      this.held.add(event.key);
      this.at = moved(this.at, this.held);
      this.extend(this.at);
    } else if ((event.key === " " || event.key === "Enter") && !event.repeat) {
      if (this.open) this.end();
      else this.begin();
      this.parts.said.textContent = this.open ? "Pen down" : "Pen up";
    } else return;
    event.preventDefault();
    this.show();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} side
 * @param {readonly Stroke[]} strokes
 */
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
