// What is done to a map (rows, columns), step by step: cells that get a value, and boxes moved by whole cells.
import { clamp } from "../shared/movement.js";

/** @typedef {readonly [number, number]} Shape */
/** @typedef {[number, number]} Cell (y, x) */
/** @typedef {[number, number, number, number]} Box top, left, bottom, right, half open */
/** @typedef {{ value: number, runs: number[] }} Stroke first cell and how many, one run after another */
/** @typedef {{ box: Box, by: Cell }} Shift */
/** @typedef {Stroke | Shift} Step */

/**
 * A map after a step; what a shift leaves behind is zero.
 * @param {Float32Array} values
 * @param {Shape} shape
 * @param {Step} step
 */
export function after(values, [, columns], step) {
  const found = values.slice();
  if ("runs" in step) {
    for (let i = 0; i < step.runs.length; i += 2)
      found.fill(step.value, step.runs[i], step.runs[i] + step.runs[i + 1]);
    return found;
  }
  const { box: [top, left, bottom, right], by: [down, across] } = step;
  for (let y = top; y < bottom; y++) found.fill(0, y * columns + left, y * columns + right);
  for (let y = top; y < bottom; y++)
    found.set(values.subarray(y * columns + left, y * columns + right), (y + down) * columns + left + across);
  return found;
}

/**
 * The cells under a brush of so many cells a side, as far as they are on the map: their numbers, row by row.
 * @param {Cell} at
 * @param {number} side
 * @param {Shape} shape
 */
export function under([y, x], side, [rows, columns]) {
  const before = (side - 1) >> 1, cells = [];
  for (let row = Math.max(0, y - before); row < Math.min(rows, y - before + side); row++)
    for (let column = Math.max(0, x - before); column < Math.min(columns, x - before + side); column++)
      cells.push(row * columns + column);
  return cells;
}

/**
 * The cells that a straight line between two passes, both of them among these: a fast pointer skips some.
 * @param {Cell} from
 * @param {Cell} to
 * @returns {Cell[]}
 */
export function between([fromY, fromX], [toY, toX]) {
  const n = Math.max(Math.abs(toY - fromY), Math.abs(toX - fromX), 1);
  return Array.from({ length: n + 1 }, (_, i) => [
    Math.round(fromY + ((toY - fromY) * i) / n), Math.round(fromX + ((toX - fromX) * i) / n),
  ]);
}

/**
 * Cells as runs: first and how many, one after another.
 * @param {Iterable<number>} cells
 */
export function runsOf(cells) {
  /** @type {number[]} */
  const runs = [];
  let end = -1; // of the run before
  for (const cell of [...cells].sort((a, b) => a - b)) {
    if (cell === end) runs[runs.length - 1]++;
    else runs.push(cell, 1);
    end = cell + 1;
  }
  return runs;
}

/**
 * The box that two cells span.
 * @param {Cell} one
 * @param {Cell} other
 * @returns {Box}
 */
export function spanned(one, other) {
  return [Math.min(one[0], other[0]), Math.min(one[1], other[1]),
    Math.max(one[0], other[0]) + 1, Math.max(one[1], other[1]) + 1];
}

/**
 * As much of a shift as leaves the box on the map.
 * @param {Box} box
 * @param {readonly number[]} by
 * @param {Shape} shape
 * @returns {Cell}
 */
export function onTheMap([top, left, bottom, right], [down, across], [rows, columns]) {
  return [clamp(down, -top, rows - bottom), clamp(across, -left, columns - right)];
}

/**
 * @param {Box} box
 * @param {Cell} by
 * @returns {Box}
 */
export function moved([top, left, bottom, right], [down, across]) {
  return [top + down, left + across, bottom + down, right + across];
}

/**
 * @param {Box | null} box
 * @param {Cell} cell
 */
export function holds(box, [y, x]) {
  return box !== null && box[0] <= y && y < box[2] && box[1] <= x && x < box[3];
}

/**
 * How many numbers a step takes to be told.
 * @param {Step} step
 */
export function size(step) {
  return "runs" in step ? 1 + step.runs.length : 6;
}
