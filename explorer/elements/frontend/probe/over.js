// A map as pixels over the picture that it belongs to: each of its cells a rectangle, or smooth in between, to the
// level as the server draws it.
import { cellAt } from "./cells.js";
import { put } from "../shared/canvas.js";
import { painted } from "../shared/colors.js";
/** @import { Places } from "./cells.js" */
/** @import { Scale } from "../shared/colors.js" */

/** @typedef {{ values: Float32Array, shape: readonly [number, number] }} Plane a map, row by row */
/** @typedef {{ scale: Scale, palette: Uint8Array, gamma: number }} Ink what a map is drawn in */
/**
 * @typedef {object} Laid how a map lies over a picture of `size`: with its cells at their places, or stretched
 * @property {Places | null} places
 * @property {readonly [number, number]} size
 * @property {boolean} [smooth]
 * @property {boolean} [fades] whether the picture is seen through what is weak
 */

/**
 * Draw a map on a canvas that lies over the picture.
 * @param {HTMLCanvasElement} canvas
 * @param {Plane} plane
 * @param {Ink} ink
 * @param {Laid} laid
 */
export function paintOver(canvas, plane, ink, laid) {
  const { values, shape } = atSize(plane, laid);
  put(canvas, shape, painted(values, ink.scale, ink.palette, ink.gamma, laid.fades));
}

/**
 * A map at the picture's size; where it is stretched over it in rectangles, as it is.
 * @param {Plane} plane
 * @param {Laid} laid
 * @returns {Plane}
 */
export function atSize(plane, { places, size, smooth }) {
  const [height, width] = size, { values, shape: [rows, columns] } = plane;
  if (smooth) {
    const down = between(values, columns, positions(places, 0, height, rows, size));
    const across = between(turned(down, columns), height, positions(places, 1, width, columns, size));
    return { values: turned(across, height), shape: size };
  }
  if (!places) return plane;
  const from = Array.from({ length: width }, (_, x) => cellAt(places, [0, x + 0.5], plane.shape, size)[1]);
  const found = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = columns * cellAt(places, [y + 0.5, 0], plane.shape, size)[0];
    for (let x = 0; x < width; x++) found[y * width + x] = values[row + from[x]];
  }
  return { values: found, shape: size };
}

/**
 * Where along an axis each pixel's middle lies, counted in cells: 2.5 is halfway from the third to the fourth.
 * @param {Places | null} places
 * @param {number} axis
 * @param {number} pixels
 * @param {number} cells
 * @param {readonly number[]} size
 */
function positions(places, axis, pixels, cells, size) {
  const step = places ? places.step[axis] : size[axis] / cells, begin = places ? places.begin[axis] : 0;
  const at = (/** @type {number} */ i) => (i + 0.5 - begin) / step - 0.5;
  return Float64Array.from({ length: pixels }, (_, i) => Math.max(0, Math.min(cells - 1, at(i))));
}

/**
 * The rows of a map at these positions, a share of one and of the next, in float32 as the server counts.
 * @param {Float32Array} values
 * @param {number} columns
 * @param {Float64Array} at
 */
function between(values, columns, at) {
  const found = new Float32Array(at.length * columns), last = values.length / columns - 1;
  at.forEach((position, i) => {
    const lower = Math.floor(position), share = Math.fround(position - lower);
    const from = lower * columns, to = Math.min(lower + 1, last) * columns;
    for (let x = 0; x < columns; x++) {
      const value = values[from + x];
      found[i * columns + x] = value + Math.fround(share * Math.fround(values[to + x] - value));
    }
  });
  return found;
}

/**
 * Columns as rows.
 * @param {Float32Array} values
 * @param {number} columns
 */
function turned(values, columns) {
  const rows = values.length / columns, found = new Float32Array(values.length);
  for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) found[x * rows + y] = values[y * columns + x];
  return found;
}

/**
 * The cell with the highest value.
 * @param {Plane} plane
 * @returns {[number, number]}
 */
export function strongest({ values, shape: [, width] }) {
  let best = 0;
  for (let n = 1; n < values.length; n++)
    if (values[n] > values[best] || Number.isNaN(values[best])) best = n;
  return [Math.floor(best / width), best % width];
}
