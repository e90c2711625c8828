// A window that slides over a map: which cells are in it, what comes of them, and where it goes. Places are (y, x).
import { clamp } from "../shared/movement.js";
import { decimals } from "../shared/numbers.js";

/** @typedef {readonly [number, number]} Pair */
/** @typedef {"sum" | "max" | "min" | "average" | "value"} Rule */
/** @typedef {{ size: Pair, stride: Pair, padding: Pair, dilation: Pair }} Window */
/** @typedef {{ y: number, x: number, inside: boolean, value: number }} Cell `inside` the map, not in its padding */
/** @typedef {{ values: Float32Array, shape: Pair }} Plane */

/**
 * How far a window of the map reaches: the map with the padding that any window touches.
 * @param {Window} window
 * @param {Pair} source the shape of what is read
 * @param {Pair} output the shape of what it gives
 */
export function framed({ size, stride, padding, dilation }, source, output) {
  const [rows, columns] = [0, 1].map((axis) => {
    const end = (output[axis] - 1) * stride[axis] - padding[axis] + (size[axis] - 1) * dilation[axis] + 1;
    return padding[axis] + source[axis] + Math.max(0, end - source[axis]);
  });
  return { top: padding[0], left: padding[1], rows, columns };
}

/**
 * The cells of the window that gives the output at `at`, row by row; padding counts as zero.
 * @param {Window} window
 * @param {Plane} source
 * @param {Pair} at
 * @returns {Cell[]}
 */
export function cellsOf({ size, stride, padding, dilation }, { values, shape }, at) {
  const cells = [];
  for (let i = 0; i < size[0]; i++)
    for (let j = 0; j < size[1]; j++) {
      const y = at[0] * stride[0] - padding[0] + i * dilation[0], x = at[1] * stride[1] - padding[1] + j * dilation[1];
      const inside = y >= 0 && y < shape[0] && x >= 0 && x < shape[1];
      cells.push({ y, x, inside, value: inside ? values[y * shape[1] + x] : 0 });
    }
  return cells;
}

/**
 * The cell that wins, the first of equal ones, as torch has it; padding never does. -1 where none does.
 * @param {readonly Cell[]} cells
 * @param {Rule} rule
 */
export function winner(cells, rule) {
  if (rule !== "max" && rule !== "min") return -1;
  let found = -1;
  cells.forEach((cell, n) => {
    if (!cell.inside) return;
    if (found < 0 || (rule === "max" ? cell.value > cells[found].value : cell.value < cells[found].value)) found = n;
  });
  return found;
}

/**
 * Each cell times its weight; NaN where the weight is no number.
 * @param {readonly Cell[]} cells
 * @param {readonly (number | null)[]} weights
 */
export function productsOf(cells, weights) {
  return weights.map((weight, n) => (weight === null ? NaN : weight * cells[n].value));
}

/**
 * The largest size of a number among them.
 * @param {readonly (number | null)[]} numbers
 */
export function largest(numbers) {
  return Math.max(...numbers.map((n) => (n !== null && Number.isFinite(n) ? Math.abs(n) : 0)));
}

/**
 * How the value comes of the window, in a sentence.
 * @param {readonly Cell[]} cells
 * @param {readonly number[] | null} products
 * @param {number} value
 * @param {Rule} rule
 * @param {boolean} countsPadding
 */
export function reckoned(cells, products, value, rule, countsPadding) {
  const shown = decimals(value);
  if (products) {
    const sum = decimals(products.reduce((a, b) => a + b, 0));
    return products.length === 1 ? `One product: ${sum}` : `${products.length} products add up to ${sum}`;
  }
  const best = cells[winner(cells, rule)];
  if (best) {
    const count = cells.filter((cell) => cell.inside).length;
    return `${rule === "max" ? "Highest" : "Lowest"} of ${count}: ${shown}, at y ${best.y}, x ${best.x}`;
  }
  if (rule !== "average") return `Becomes ${shown}`;
  const counted = cells.filter((cell) => cell.inside || countsPadding);
  return `${decimals(counted.reduce((sum, cell) => sum + cell.value, 0))} / ${counted.length} = ${shown}`;
}

/**
 * The nearest place in a map.
 * @param {Pair} place
 * @param {Pair} shape
 * @returns {[number, number]}
 */
export function within([y, x], [height, width]) {
  return [clamp(y, 0, height - 1), clamp(x, 0, width - 1)];
}

/**
 * The place that comes so many steps after another, row by row; the last one where the map ends.
 * @param {Pair} at
 * @param {number} steps
 * @param {Pair} shape
 * @returns {[number, number]}
 */
export function onwards(at, steps, [height, width]) {
  const to = Math.min(at[0] * width + at[1] + steps, height * width - 1);
  return [Math.floor(to / width), to % width];
}

/**
 * @param {Pair} shape
 * @returns {[number, number]}
 */
export function lastOf([height, width]) {
  return [height - 1, width - 1];
}

/**
 * The place of the window whose middle is nearest to a point of the frame.
 * @param {Pair} point
 * @param {Window} window
 * @returns {[number, number]}
 */
export function windowAt(point, { size, stride, dilation }) {
  const [y, x] = [0, 1].map((axis) =>
    Math.round((point[axis] - 0.5 - ((size[axis] - 1) * dilation[axis]) / 2) / stride[axis]),
  );
  return [y, x];
}
