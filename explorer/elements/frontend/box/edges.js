// Boxes [top, left, bottom, right] in whole pixels of a picture of a size, (height, width).
import { clamp } from "../shared/movement.js";

/** @typedef {[number, number, number, number]} Box */
/** @typedef {readonly [number, number]} Size */

/**
 * The line between pixels that is nearest to a point (y, x).
 * @param {readonly number[]} point
 * @param {Size} size
 * @returns {[number, number]}
 */
export function corner([y, x], [height, width]) {
  return [clamp(Math.round(y), 0, height), clamp(Math.round(x), 0, width)];
}

/**
 * The box between two corners, whichever is where.
 * @param {readonly number[]} from
 * @param {readonly number[]} to
 * @returns {Box}
 */
export function between([fromY, fromX], [y, x]) {
  return [Math.min(y, fromY), Math.min(x, fromX), Math.max(y, fromY), Math.max(x, fromX)];
}

/**
 * Whether there is anything in it: a click is no box.
 * @param {Box | null} box
 */
export function holdsPixels(box) {
  return box !== null && box[2] > box[0] && box[3] > box[1];
}

/**
 * Half as high and as wide as the picture.
 * @param {Size} size
 * @returns {Box}
 */
export function inTheMiddle([height, width]) {
  return [Math.round(0.25 * height), Math.round(0.25 * width), Math.round(0.75 * height), Math.round(0.75 * width)];
}

/**
 * How far an arrow key goes.
 * @param {Size} size
 */
export function stride([height, width]) {
  return Math.max(1, Math.round(Math.min(height, width) / 32));
}

/**
 * The box moved by (y, x) pixels, or its lower right corner alone; it stays in the picture, and stays a box.
 * @param {Box} box
 * @param {readonly [number, number]} by
 * @param {Size} size
 * @param {boolean} isCorner
 * @returns {Box}
 */
export function moved([top, left, bottom, right], [dy, dx], [height, width], isCorner) {
  if (isCorner) return [top, left, clamp(bottom + dy, top + 1, height), clamp(right + dx, left + 1, width)];
  const y = clamp(dy, -top, height - bottom), x = clamp(dx, -left, width - right);
  return [top + y, left + x, bottom + y, right + x];
}
