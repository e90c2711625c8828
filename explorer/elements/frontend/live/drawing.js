// A drawing as a picture, made of its lines: in one that is read from a canvas there may be noise, as browsers add that
// guard against being recognised, and a single grey pixel would count as ink.
import { UNITS } from "../pad/strokes.js";
/** @import { Stroke } from "../pad/strokes.js" */
/** @import { Picture } from "./photographs.js" */

const SIDE = 140, FINE = 4; // pixels, and points of each along an axis
const INK = 30, PAPER = 255;

/**
 * Dark on white, with round ends and corners.
 * @param {readonly Stroke[]} strokes
 * @returns {Picture}
 */
export function pictureOf(strokes) {
  const points = new Uint8Array((SIDE * FINE) ** 2);
  for (const [width, ...flat] of strokes) {
    const at = flat.map((place) => (place * SIDE * FINE) / UNITS), reach = (width * SIDE * FINE) / UNITS / 2;
    for (let i = 0; i < at.length; i += 2)
      draw(points, at.slice(i, i + 2), at.length > i + 2 ? at.slice(i + 2, i + 4) : at.slice(i, i + 2), reach);
  }
  const pixels = new Uint8ClampedArray(3 * SIDE * SIDE);
  for (let n = 0; n < SIDE * SIDE; n++) {
    const start = Math.floor(n / SIDE) * FINE * SIDE * FINE + (n % SIDE) * FINE;
    let covered = 0;
    for (let y = 0; y < FINE; y++) for (let x = 0; x < FINE; x++) covered += points[start + y * SIDE * FINE + x];
    pixels.fill(Math.round(PAPER + ((INK - PAPER) * covered) / FINE ** 2), 3 * n, 3 * n + 3);
  }
  return { pixels, height: SIDE, width: SIDE };
}

/**
 * All points that are near a line, its ends among them.
 * @param {Uint8Array} points
 * @param {readonly number[]} from (x, y)
 * @param {readonly number[]} to
 * @param {number} reach
 */
function draw(points, [x0, y0], [x1, y1], reach) {
  const side = SIDE * FINE, across = x1 - x0, down = y1 - y0, length = across ** 2 + down ** 2;
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach)), right = Math.min(side - 1, Math.max(x0, x1) + reach);
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach)), bottom = Math.min(side - 1, Math.max(y0, y1) + reach);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const part = length ? Math.max(0, Math.min(1, ((x - x0) * across + (y - y0) * down) / length)) : 0;
      if ((x - x0 - part * across) ** 2 + (y - y0 - part * down) ** 2 <= reach ** 2) points[y * side + x] = 1;
    }
  }
}
