// Lines on paper: each [width, x, y, x, y, ...], in thousandths of the paper's side.
import { ARROWS, clamp } from "../shared/movement.js";

/** @typedef {number[]} Stroke */
/** @typedef {[number, number]} Point (x, y) */

export const UNITS = 1000;
export const WIDTHS = { thick: 80, thin: 44 };
const NEAR = 5; // points closer than this are one: fewer numbers, the same line
const STEP = 25; // of an arrow key

/** @returns {Point} */
export function middle() {
  return [UNITS / 2, UNITS / 2];
}

/**
 * A number that is on the paper.
 * @param {number} value
 */
export function inside(value) {
  return Math.round(clamp(value, 0, UNITS));
}

/**
 * How many numbers may still be added to what is drawn, and to the stroke that is being drawn.
 * @param {readonly Stroke[]} strokes
 * @param {Stroke | null} open
 * @param {number} limit
 */
export function room(strokes, open, limit) {
  return limit - strokes.reduce((sum, stroke) => sum + stroke.length, open?.length ?? 0);
}

/**
 * Whether a point is far enough from the last one of a stroke to be drawn.
 * @param {Stroke} stroke
 * @param {Point} point
 */
export function isFurther(stroke, [x, y]) {
  const [lastX, lastY] = stroke.slice(-2);
  return Math.hypot(x - lastX, y - lastY) >= NEAR;
}

/**
 * Where the pen goes from a point while arrow keys are held: two together are a slanted line.
 * @param {Point} at
 * @param {Iterable<string>} held
 * @returns {Point}
 */
export function moved([x, y], held) {
  for (const key of held) [x, y] = [inside(x + STEP * ARROWS[key][1]), inside(y + STEP * ARROWS[key][0])];
  return [x, y];
}
