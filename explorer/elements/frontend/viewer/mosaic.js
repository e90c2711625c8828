// The channels of a layer, a page of them, each in colours; one of them is chosen.
import { pen, put } from "../shared/canvas.js";
import { oneOf } from "../shared/choosing.js";
import { painted } from "../shared/colors.js";
import { element, focusedIn, inGridRows } from "../shared/dom.js";
import { inRows, toEnds } from "../shared/movement.js";
/** @import { Ink, Plane } from "../probe/over.js" */

const FEW = 32, COLUMNS = [8, 13]; // up to how many channels the tiles are large
const TILE = 112; // pixels of a tile's longer side, at most
const WIDE = 6; // times as wide as high: beside such a cell there is more room than above it

export class Mosaic {
  /**
   * @param {HTMLElement} list
   * @param {(channel: number) => void} choose
   */
  constructor(list, choose) {
    this.list = list;
    this.choose = choose;
    /** @type {number[]} */
    this.channels = [];
    /** @type {HTMLButtonElement[]} */
    this.cells = [];
    this.columns = 1;
  }

  /**
   * Cells for these channels, of maps of a shape; those that are there already stay.
   * @param {readonly number[]} channels
   * @param {readonly [number, number]} shape
   */
  lay(channels, [height, width]) {
    if (channels.join() === this.channels.join()) return;
    this.channels = [...channels];
    this.columns = Math.min(COLUMNS[Number(channels.length > FEW)], channels.length);
    this.list.style.gridTemplateColumns = `repeat(${this.columns}, minmax(0, 1fr))`;
    this.list.classList.toggle("beside", width > WIDE * height);
    const hadFocus = focusedIn(this.list) !== null;
    this.cells = channels.map((channel) => {
      const button = element("button");
      button.type = "button";
      button.title = `Channel ${channel}`;
      button.setAttribute("aria-label", button.title);
      button.setAttribute("role", "gridcell");
      button.append(element("span", "", String(channel)), document.createElement("canvas"));
      return button;
    });
    this.list.replaceChildren(...inGridRows(this.cells, this.columns));
    if (hadFocus) this.cells[0]?.focus({ preventScroll: true });
  }

  /**
   * @param {(channel: number) => Plane} planeOf
   * @param {(channel: number) => Ink} inkOf
   */
  paint(planeOf, inkOf) {
    this.cells.forEach((cell, i) => {
      const canvas = cell.querySelector("canvas");
      const plane = planeOf(this.channels[i]), { scale, palette, gamma } = inkOf(this.channels[i]);
      if (canvas) enlarged(canvas, plane.shape, painted(plane.values, scale, palette, gamma));
    });
  }

  /** @param {number} channel */
  mark(channel) {
    const hadFocus = focusedIn(this.list) !== null, { cells, columns } = this;
    oneOf({
      list: this.list, cells, selected: this.channels.indexOf(channel), attribute: "aria-selected",
      steps: (at) => ({ ...inRows(columns), ...toEnds(at, cells.length) }),
      send: (i) => this.choose(this.channels[i]), hadFocus, scrolls: false, rest: 0,
    });
  }
}

/**
 * Each value a square of whole pixels, as large as the tile lets it be.
 * @param {HTMLCanvasElement} canvas
 * @param {readonly [number, number]} shape
 * @param {Uint8ClampedArray<ArrayBuffer>} pixels
 */
function enlarged(canvas, [rows, columns], pixels) {
  const factor = Math.max(1, Math.floor(TILE / Math.max(rows, columns)));
  [canvas.width, canvas.height] = [columns * factor, rows * factor];
  if (factor === 1) return put(canvas, [rows, columns], pixels);
  const scratch = document.createElement("canvas");
  put(scratch, [rows, columns], pixels);
  const context = pen(canvas);
  context.imageSmoothingEnabled = false;
  context.drawImage(scratch, 0, 0, canvas.width, canvas.height);
}
