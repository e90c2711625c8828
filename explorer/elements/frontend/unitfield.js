// What one unit sees of the picture. The frame of another one is there at once, and what it sees in it where the server
// has sent that ahead: the fields of the units nearest to the chosen one.
import { fieldOf, seen } from "./probe/cells.js";
import { choiceOf } from "./shared/choice.js";
import { find, part } from "./shared/dom.js";
import { unpacked } from "./shared/files.js";
import { clamp } from "./shared/movement.js";
import { bytes } from "./shared/numbers.js";
import { pictureAt } from "./shared/pictures.js";
import { frame, heatOf } from "./unitfield/drawing.js";
import { pen } from "./shared/canvas.js";
/** @import { Field } from "./probe/cells.js" */
/** @import { Given } from "./shared/dom.js" */

/** @typedef {[number, number, number]} Unit channel, y and x */
/** @typedef {[number, number, number, number]} Box top, left, bottom and right */
/**
 * @typedef {{ photo: string, pixels: [number, number], heats: [Unit, Box][], levels: string, opacity: number,
 *   palette: string, fields: [number, Field][], size: [number, number], of: string, alt: string }} Data
 */
/** @typedef {(name: string, value: unknown) => void} Send */

const MOST = 400; // units of which is kept what they see
const SMALL = 4; // a frame up to this part of the picture's side is shown enlarged as well

/** @type {WeakMap<HTMLElement, UnitField>} */
const all = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = part(parentElement, ".unitfield"), figure = all.get(root) ?? new UnitField(root);
  all.set(root, figure);
  figure.take(data, setTriggerValue);
  const ends = [
    choiceOf("channel").follow(() => figure.draw(), figure), figure.choice.follow(() => figure.draw(), figure),
  ];
  return () => ends.forEach((end) => end());
}

class UnitField {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.canvas = find(root, ".all", HTMLCanvasElement);
    this.near = find(root, ".near", HTMLCanvasElement);
    this.choice = choiceOf("no unit");
    /** @type {HTMLImageElement | null} */
    this.photo = null;
    /** @type {Map<string, HTMLCanvasElement>} */
    this.heats = new Map(); // unit -> what it sees, in its frame
    this.of = ""; // what they are of
  }

  /**
   * @param {Data} data
   * @param {Send} send
   */
  take(data, send) {
    this.data = data;
    const [[[channel, y, x]]] = data.heats;
    this.choice = choiceOf(`unit of ${data.size.join(" x ")}`, () => ({}));
    choiceOf("channel").hear(channel, 0, this);
    this.choice.hear(`${y},${x}`, "", this);
    ["y", "x"].forEach((name, axis) => {
      const label = part(this.root, `label.${name}`), slider = find(label, "input", HTMLInputElement);
      label.hidden = data.size[axis] < 2;
      slider.max = String(data.size[axis] - 1);
      slider.oninput = () => this.move(data, axis, Number(slider.value), send);
    });
    void this.load(data);
  }

  /**
   * Choose another place. The server hears of it soon where it, or the next one that way, is not here.
   * @param {Data} data
   * @param {number} axis
   * @param {number} to
   * @param {Send} send
   */
  move(data, axis, to, send) {
    const unit = this.unit(data), next = /** @type {Unit} */ ([...unit]);
    next[axis + 1] = clamp(2 * to - unit[axis + 1], 0, data.size[axis] - 1);
    unit[axis + 1] = to;
    const isHere = [unit, next].every((one) => this.heats.has(one.join()));
    this.choice.choose(unit.slice(1).join(), (rested) => send("place", String(rested).split(",").map(Number)), isHere);
  }

  /** @param {Data} data */
  async load(data) {
    try {
      const [photo, buffer] = await Promise.all([pictureAt(data.photo), unpacked(data.levels)]);
      if (this.data !== data) return;
      const levels = new Uint8Array(buffer), palette = bytes(data.palette);
      let at = 0;
      this.photo = photo;
      const of = `${data.photo} ${data.of}`;
      if (of !== this.of || this.heats.size > MOST) this.heats.clear();
      this.of = of;
      for (const [unit, [top, left, bottom, right]] of data.heats) {
        const [height, width] = [bottom - top, right - left].map((n) => Math.max(0, n)), n = height * width;
        this.heats.set(unit.join(), heatOf(levels.subarray(at, (at += n)), height, width, palette));
      }
      this.draw();
    } catch (error) {
      if (this.data === data) this.canvas.setAttribute("aria-label", `The picture could not be fetched: ${error}`);
    }
  }

  /**
   * Which unit is chosen.
   * @param {Data} data
   * @returns {Unit}
   */
  unit({ fields }) {
    const [y, x] = String(this.choice.value).split(",").map(Number);
    return [clamp(Number(choiceOf("channel").value), 0, countOf(fields) - 1), y, x];
  }

  draw() {
    const { canvas, data, photo, root } = this;
    if (!data || !photo) return;
    const unit = this.unit(data), [channel, y, x] = unit, heat = this.heats.get(unit.join());
    ["y", "x"].forEach((name, axis) => {
      const slider = find(root, `.${name} input`, HTMLInputElement);
      if (Number(slider.value) !== unit[axis + 1]) slider.value = String(unit[axis + 1]);
      part(root, `.${name} output`).textContent = String(unit[axis + 1]);
    });
    const field = fieldOf(data.fields, channel), factor = photo.naturalHeight / data.pixels[0];
    const box = field ? seen(field, [y, x], data.pixels) : [0, 0, ...data.pixels];
    const alt = data.alt.replace("{channel}", String(channel)).replace("{y}", String(y)).replace("{x}", String(x));
    this.paint(photo, box, factor, heat ?? null);
    canvas.setAttribute("aria-label", alt);
    canvas.setAttribute("aria-busy", String(!heat));
    this.near.setAttribute("aria-label", `Enlarged: ${alt}`);
    if (heat) canvas.dataset.channel = unit.join();
    const beside = [channel - 1, channel + 1].filter((c) => c >= 0 && c < countOf(data.fields));
    choiceOf("channel").awaits(this, !beside.every((c) => this.heats.has([c, y, x].join())));
  }

  /**
   * @param {HTMLImageElement} photo
   * @param {readonly number[]} box
   * @param {number} factor pixels of the photo for one that the network received
   * @param {HTMLCanvasElement | null} heat
   */
  paint(photo, [top, left, bottom, right], factor, heat) {
    const { canvas, data, near } = this, height = bottom - top, width = right - left;
    if (!data) return;
    [canvas.width, canvas.height] = [photo.naturalWidth, photo.naturalHeight];
    const context = pen(canvas), inside = [left, top, width, height].map((n) => n * factor);
    const [x, y, w, h] = inside, isThere = w > 0 && h > 0;
    context.drawImage(photo, 0, 0);
    context.imageSmoothingEnabled = false;
    context.globalAlpha = data.opacity;
    if (heat && isThere) context.drawImage(heat, x, y, w, h);
    context.globalAlpha = 1;
    near.hidden = !heat || !isThere || SMALL * height > data.pixels[0] || SMALL * width > data.pixels[1];
    if (!near.hidden) {
      [near.width, near.height] = [w, h];
      pen(near).drawImage(canvas, x, y, w, h, 0, 0, w, h);
    }
    frame(context, [x, y, w, h]);
  }
}

/**
 * How many channels there are.
 * @param {readonly [number, Field][]} fields
 */
function countOf(fields) {
  return fields.reduce((sum, [count]) => sum + count, 0);
}
