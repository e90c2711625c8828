// Where the keys lead.

/** @type {Readonly<Record<string, readonly [number, number]>>} */
export const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }; // (y, x)

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

/**
 * How far each arrow key goes where cells stand in rows.
 * @param {number} columns
 * @returns {Record<string, number>}
 */
export function inRows(columns) {
  return { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
}

/**
 * The keys that lead to both ends.
 * @param {number} at
 * @param {number} count
 * @returns {Record<string, number>}
 */
export function toEnds(at, count) {
  return { Home: -at, End: count - 1 - at };
}

/**
 * The next cell that is there, over those that are blank; -1 where the row or the column ends.
 * @param {number} at
 * @param {number} step
 * @param {readonly boolean[]} isThere
 */
export function reached(at, step, isThere) {
  let to = at + step;
  while (step && to >= 0 && to < isThere.length && !isThere[to]) to += step;
  return isThere[to] ? to : -1;
}
