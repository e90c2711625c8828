// A box over a picture. A drag draws a new one; the arrow keys move it, with Shift they move its lower right corner,
// Enter makes one in the middle, Escape takes it away. The server hears of it when it has come to rest.
import { between, corner, holdsPixels, inTheMiddle, moved, stride } from "./box/edges.js";
import { find, layOver, part, pointed, setSource } from "./shared/dom.js";
import { Later } from "./shared/later.js";
import { ARROWS } from "./shared/movement.js";
/** @import { Box } from "./box/edges.js" */
/** @import { Given } from "./shared/dom.js" */

/**
 * @typedef {object} Data
 * @property {string} photo
 * @property {string} heat
 * @property {[number, number]} size
 * @property {Box | null} given
 * @property {Box | null} found
 * @property {{ given: string, found: string }} colors
 * @property {string} alt
 */

/** @type {WeakMap<HTMLElement, Dragged>} */
const kept = new WeakMap(); // stage -> what is being dragged, from rerun to rerun

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const stage = part(parentElement, ".stage"), photo = find(stage, ".photo", HTMLImageElement);
  setSource(photo, data.photo);
  setSource(find(stage, ".heat", HTMLImageElement), data.heat);
  photo.alt = data.alt;
  stage.setAttribute("aria-label", `${data.alt}. Draw a box with the pointer, or with the keys: Enter makes one, ` +
    "the arrows move it, Shift and arrows make it larger or smaller, Escape takes it away.");
  for (const name of /** @type {const} */ (["given", "found"]))
    for (const shown of parentElement.querySelectorAll(`.${name}`))
      if (shown instanceof HTMLElement) shown.style.borderColor = data.colors[name];

  const dragged = kept.get(stage) ?? new Dragged(parentElement, stage);
  kept.set(stage, dragged);
  dragged.take(data, (box) => setTriggerValue("box", box ?? []));
}

class Dragged {
  /**
   * @param {ParentNode} root
   * @param {HTMLElement} stage
   */
  constructor(root, stage) {
    this.root = root;
    this.stage = stage;
    /** @type {Box | null} */
    this.box = null;
    /** @type {Box | null} */
    this.before = null; // the box that comes back where a drag is none
    /** @type {Box | null} */
    this.found = null;
    /** @type {readonly number[]} */
    this.from = [0, 0];
    /** @type {number | null} */
    this.pointer = null;
    /** @type {[number, number]} */
    this.size = [1, 1];
    /** @type {Later<Box | null>} */
    this.later = new Later(() => {}, 400);
    stage.onpointerdown = (event) => this.begin(event);
    stage.onpointermove = (event) => this.drag(event);
    stage.onpointerup = (event) => this.end(event, true);
    stage.onpointercancel = (event) => this.end(event, false);
    stage.onkeydown = (event) => this.press(event);
    part(root, ".clear").onclick = () => this.clear();
  }

  /**
   * What the server says counts, unless the person is just moving something.
   * @param {Data} data
   * @param {(box: Box | null) => void} send
   */
  take(data, send) {
    this.size = data.size;
    this.found = data.found;
    this.later.send = send;
    if (this.pointer === null && this.later.waiting === null) this.box = data.given;
    this.show();
  }

  show() {
    const { box, found, root } = this;
    for (const [name, edges] of /** @type {const} */ ([["given", box], ["found", found]])) {
      const over = part(this.stage, `.${name}`);
      over.hidden = !edges;
      if (edges) layOver(over, edges, this.size);
    }
    part(root, ".hint").hidden = box !== null;
    part(root, ".clear").setAttribute("aria-disabled", String(box === null));
    part(root, ".said").textContent = box ? `y ${box[0]} to ${box[2]}, x ${box[1]} to ${box[3]}` : "";
  }

  /** @param {PointerEvent} event */
  at(event) {
    return corner(pointed(this.stage, event, this.size), this.size);
  }

  /** @param {PointerEvent} event */
  begin(event) {
    if (!event.isPrimary || event.button !== 0) return; // one finger draws, and only the main button
    event.preventDefault(); // no picture is dragged away
    this.stage.focus({ preventScroll: true });
    try {
      this.stage.setPointerCapture(event.pointerId); // a box that leaves the picture ends at its edge
    } catch {
      // the pointer is gone already
    }
    Object.assign(this, { pointer: event.pointerId, from: this.at(event), before: this.box });
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (event.pointerId !== this.pointer) return;
    this.box = between(this.from, this.at(event));
    this.show();
  }

  /**
   * @param {PointerEvent} event
   * @param {boolean} isKept
   */
  end(event, isKept) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    const isBox = isKept && holdsPixels(this.box);
    if (!isBox) this.box = this.before;
    this.show();
    if (isBox) this.later.now(this.box);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.pointer !== null) return;
    const arrow = ARROWS[event.key], step = stride(this.size);
    if (event.key === "Escape" && this.box) this.box = null;
    else if ((arrow || event.key === "Enter") && !this.box) this.box = inTheMiddle(this.size);
    else if (arrow && this.box)
      this.box = moved(this.box, [step * arrow[0], step * arrow[1]], this.size, event.shiftKey);
    else return;
    event.preventDefault();
    this.show();
    this.later.soon(this.box);
  }

  clear() {
    if (!this.box) return;
    this.box = null;
    this.show();
    this.later.now(null);
  }
}
