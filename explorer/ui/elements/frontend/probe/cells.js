// What a map's cells hold, and what they see.

/** @typedef {{ start: number[], jump: number[], size: number[], whole: boolean }} Field what a cell can see */

/**
 * The edges [top, left, bottom, right] of the pixels that the cell `at`, (y, x), can see in a picture of `size`.
 * @param {Field} field
 * @param {readonly number[]} at
 * @param {readonly number[]} size
 */
export function seen(field, at, size) {
  const [[top, bottom], [left, right]] = [0, 1].map((axis) => {
    if (field.whole) return [0, size[axis]];
    const start = field.start[axis] + at[axis] * field.jump[axis];
    return [Math.max(0, start), Math.min(size[axis], start + field.size[axis])];
  });
  return [top, left, bottom, right];
}

/**
 * Where a value lies between two others, 0 to 1.
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function placeOf(value, low, high) {
  return high > low ? (value - low) / (high - low) : 0.5;
}

/**
 * How often which value occurs: bins for what is not zero, and what is exactly zero apart. Null where no value is
 * finite.
 * @param {Float32Array} values
 * @param {number} [bins]
 */
export function histogram(values, bins = 40) {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return null;
  let low = Infinity,
    high = -Infinity,
    zeros = 0;
  for (const value of finite) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    zeros += Number(value === 0);
  }
  const counts = new Array(bins).fill(0);
  for (const value of finite)
    if (value !== 0) counts[Math.min(bins - 1, Math.floor(placeOf(value, low, high) * bins))] += 1;
  return { n: finite.length, low, high, zeros, counts, most: Math.max(zeros, ...counts) };
}
