// One feature map to paint on, to erase from and to move parts of: by mouse, finger or keys. Every stroke is seen at
// once; the server hears of them when they have come to rest.
import { Easel, easelOf } from "./paint/easel.js";
import { begin, showAmount, showMap, TOOLS } from "./paint/shown.js";
import { between, holds, moved, onTheMap, runsOf, spanned, under } from "./paint/steps.js";
import { find, part, pointed } from "./shared/dom.js";
import { Later } from "./shared/later.js";
import { ARROWS, clamp } from "./shared/movement.js";
import { floats, number } from "./shared/numbers.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Data, Tool } from "./paint/shown.js" */
/** @import { Box, Cell, Step } from "./paint/steps.js" */

const REST = 300; // milliseconds after the last stroke

/** @type {WeakMap<HTMLElement, Painter>} */
const kept = new WeakMap(); // stage -> who paints, from rerun to rerun

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const stage = part(parentElement, ".stage");
  const painter = kept.get(stage) ?? new Painter(parentElement, stage);
  kept.set(stage, painter);
  painter.take(data, (map, steps) => setTriggerValue("painted", { map, steps }));
  return () => painter.leave();
}

class Painter {
  /**
   * @param {ParentNode} root
   * @param {HTMLElement} stage
   */
  constructor(root, stage) {
    this.root = root;
    this.stage = stage;
    this.canvas = find(root, "canvas", HTMLCanvasElement);
    this.value = find(root, ".value", HTMLInputElement);
    this.brush = find(root, ".brush", HTMLSelectElement);
    /** @type {Tool} */
    this.tool = "paint";
    this.map = "";
    this.text = ""; // the values as they came
    this.easel = new Easel(new Float32Array(1), [1, 1], []);
    /** @type {Cell} */
    this.cursor = [0, 0];
    /** @type {Set<number>} */
    this.cells = new Set(); // of the stroke that is being painted
    /** @type {Box | null} */
    this.box = null; // what is to be shifted
    /** @type {Cell | null} */
    this.from = null; // where the pointer went down
    this.isHeld = false; // whether the arrow keys move the box
    /** @type {number | null} */
    this.pointer = null;
    /** @type {(map: string, steps: Step[]) => void} */
    this.send = () => {};
    this.later = new Later((/** @type {[string, Step[]]} */ [map, steps]) => this.send(map, steps), REST);
    /** @type {Data | null} */
    this.data = null;
    this.observer = new ResizeObserver(() => this.show());
    this.listen();
  }

  listen() {
    const { canvas, root } = this;
    canvas.onpointerdown = (event) => this.begin(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = (event) => this.end(event, true);
    canvas.onpointercancel = (event) => this.end(event, false);
    canvas.onkeydown = (event) => this.press(event);
    for (const tool of TOOLS) part(root, `.tools .${tool}`).onclick = () => this.pick(tool);
    part(root, ".undo").onclick = () => this.changed(this.easel.undo(), "Last step taken back");
    part(root, ".redo").onclick = () => this.changed(this.easel.redo(), "Step done again");
    part(root, ".reset").onclick = () => this.changed(this.easel.reset(), "The map is as recorded");
    part(root, ".usual").onclick = () => showAmount(root, this.data?.brushes.usual);
    this.value.oninput = () => showAmount(root);
  }

  /**
   * @param {Data} data
   * @param {(map: string, steps: Step[]) => void} send
   */
  take(data, send) {
    this.data = data;
    this.send = send;
    const isOther = data.map !== this.map;
    if (isOther && this.later.waiting !== null) this.later.now([this.map, this.easel.steps]); // before it is forgotten
    if (isOther || data.values !== this.text) {
      this.drop();
      const recorded = floats(data.values);
      this.easel = easelOf(data.map, () => new Easel(recorded, data.shape, data.steps));
      this.easel.take(recorded);
      this.text = data.values;
    }
    this.map = data.map;
    if (isOther) {
      this.cursor = [data.shape[0] >> 1, data.shape[1] >> 1];
      this.box = null;
      begin(this.root, data);
      // a stroke just before another page was opened, or a server that has forgotten
      const { steps } = this.easel;
      if (JSON.stringify(steps) !== JSON.stringify(data.steps)) this.later.soon([this.map, steps]);
    }
    this.observer.observe(this.canvas);
    this.show();
  }

  leave() {
    if (this.later.waiting !== null) this.later.now([this.map, this.easel.steps]);
    this.observer.disconnect();
  }

  show() {
    if (this.data) showMap(this.root, this.data, this);
  }

  /** @param {Tool} tool */
  pick(tool) {
    this.drop();
    this.tool = tool;
    this.show();
  }

  /** Let go of what is not done yet. */
  drop() {
    this.easel.open = null;
    this.isHeld = false;
    this.cells.clear();
    this.from = this.pointer = null;
  }

  /**
   * @param {boolean} isAny
   * @param {string} sentence
   */
  changed(isAny, sentence) {
    if (!isAny) return;
    this.say(sentence);
    this.show();
    this.later.soon([this.map, this.easel.steps]);
  }

  /** @param {string} sentence */
  say(sentence) {
    part(this.root, ".said").textContent = sentence;
  }

  /**
   * @param {PointerEvent} event
   * @returns {Cell}
   */
  at(event) {
    const { shape } = this.easel, [y, x] = pointed(this.canvas, event, shape);
    return [clamp(Math.floor(y), 0, shape[0] - 1), clamp(Math.floor(x), 0, shape[1] - 1)];
  }

  /** @param {PointerEvent} event */
  begin(event) {
    if (!event.isPrimary || event.button !== 0) return; // one finger paints, and only the main button
    this.drop(); // the keys may have taken something up
    try {
      this.canvas.setPointerCapture(event.pointerId); // a stroke that leaves the map ends where it is let go
    } catch {
      // the pointer is gone already: one cell
    }
    this.pointer = event.pointerId;
    this.cursor = this.from = this.at(event);
    if (this.tool !== "shift") this.stroke([this.cursor]);
    else if (holds(this.box, this.cursor)) this.isHeld = true;
    else this.box = spanned(this.cursor, this.cursor);
    this.show();
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = this.at(event), before = this.cursor;
    if (this.pointer !== null && event.pointerId !== this.pointer) return;
    if (at[0] === before[0] && at[1] === before[1]) return;
    this.cursor = at;
    if (this.pointer !== null && this.from) {
      if (this.tool !== "shift") this.stroke(between(before, at));
      else if (this.isHeld) this.shiftBy([at[0] - this.from[0], at[1] - this.from[1]]);
      else this.box = spanned(this.from, at);
    }
    this.show();
  }

  /**
   * @param {PointerEvent} event
   * @param {boolean} isKept
   */
  end(event, isKept) {
    if (event.pointerId !== this.pointer) return;
    if (isKept) this.close();
    this.drop();
    this.show();
  }

  /** What was begun is done. */
  close() {
    const { open } = this.easel;
    if (open && "by" in open && this.box) this.box = moved(this.box, open.by);
    const done = { paint: "Painted", erase: "Erased", shift: "Shifted" }[this.tool];
    this.changed(this.easel.close(), done);
  }

  /** @param {readonly Cell[]} way */
  stroke(way) {
    for (const cell of way)
      for (const one of under(cell, Number(this.brush.value), this.easel.shape)) this.cells.add(one);
    this.put({ value: this.tool === "erase" ? 0 : Number(this.value.value), runs: runsOf(this.cells) });
  }

  /** @param {readonly number[]} by */
  shiftBy(by) {
    if (!this.box) return;
    const shift = onTheMap(this.box, by, this.easel.shape);
    if (shift[0] || shift[1]) this.put({ box: this.box, by: shift });
    else this.easel.open = null;
  }

  /** @param {Step} step */
  put(step) {
    if (this.easel.hasRoom(step, this.data?.limit ?? 0)) this.easel.open = step;
    else this.say("There is no room for more: take something back, or reset");
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.altKey || this.pointer !== null) return;
    const arrow = ARROWS[event.key], isPress = event.key === "Enter" || event.key === " ";
    if (event.ctrlKey || event.metaKey) {
      if (!this.again(event)) return;
    } else if (arrow) this.go(arrow, event.shiftKey);
    else if (isPress && this.tool === "shift") this.takeUpOrPutDown();
    else if (isPress) {
      this.stroke([this.cursor]);
      this.close();
      this.drop();
    } else if (event.key === "Escape" && (this.isHeld || this.box)) {
      if (!this.isHeld) this.box = null;
      this.drop();
    } else return;
    event.preventDefault();
    this.show();
  }

  /**
   * Back and on, by the keys that every editor has.
   * @param {KeyboardEvent} event
   */
  again(event) {
    const key = event.key.toLowerCase();
    if (key === "y" || (key === "z" && event.shiftKey)) part(this.root, ".redo").click();
    else if (key === "z") part(this.root, ".undo").click();
    else return false;
    return true;
  }

  /**
   * @param {readonly [number, number]} arrow
   * @param {boolean} isSpanning
   */
  go([down, across], isSpanning) {
    const [rows, columns] = this.easel.shape, [y, x] = this.cursor;
    if (this.tool === "shift" && this.isHeld) {
      const { open } = this.easel, [oldDown, oldAcross] = open && "by" in open ? open.by : [0, 0];
      return this.shiftBy([oldDown + down, oldAcross + across]);
    }
    if (this.tool === "shift" && isSpanning) this.from ??= [y, x];
    else this.from = null;
    this.cursor = [clamp(y + down, 0, rows - 1), clamp(x + across, 0, columns - 1)];
    if (this.from) this.box = spanned(this.from, this.cursor);
    const at = this.cursor[0] * columns + this.cursor[1];
    this.say(`y ${this.cursor[0]}, x ${this.cursor[1]}: ${number(this.easel.values[at])}`);
  }

  takeUpOrPutDown() {
    if (this.isHeld) {
      this.close();
      this.drop();
      return;
    }
    this.box ??= spanned(this.cursor, this.cursor);
    this.isHeld = true;
    this.say("Taken up: the arrows move it, Enter puts it down");
  }
}
