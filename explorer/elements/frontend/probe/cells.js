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
 * What the cells of a channel see.
 * @param {readonly [number, Field][]} fields so many channels in a row, and their field
 * @param {number} channel
 */
export function fieldOf(fields, channel) {
  let end = 0;
  return fields.find(([n]) => (end += n) > channel)?.[1] ?? null;
}

/**
 * @typedef {{ begin: number[], step: number[] }} Places where cells lie: the upper left corner of the first, and how
 *   far it is to the next, in pixels of the picture
 */

/**
 * The edges [top, left, bottom, right] of the cell `at`, (y, x), over a picture of `size`: at its place, the outermost
 * ones up to the picture's border; or, without places, of a map of `shape` stretched over the picture.
 * @param {Places | null} places
 * @param {readonly number[]} at
 * @param {readonly number[]} shape
 * @param {readonly number[]} size
 */
export function edgesOf(places, at, shape, size) {
  const [[top, bottom], [left, right]] = [0, 1].map((axis) => {
    const i = at[axis], last = shape[axis] - 1;
    if (!places) return [i, i + 1].map((edge) => (edge * size[axis]) / shape[axis]);
    const start = places.begin[axis] + i * places.step[axis];
    return [i ? start : 0, i < last ? start + places.step[axis] : size[axis]];
  });
  return [top, left, bottom, right];
}

/**
 * The cell (y, x) of a map of `shape` that is drawn at a point of a picture of `size`.
 * @param {Places | null} places
 * @param {readonly number[]} point
 * @param {readonly number[]} shape
 * @param {readonly number[]} size
 */
export function cellAt(places, point, shape, size) {
  return [0, 1].map((axis) => {
    const begin = places ? places.begin[axis] : 0, step = places ? places.step[axis] : size[axis] / shape[axis];
    return Math.min(shape[axis] - 1, Math.max(0, Math.floor((point[axis] - begin) / step)));
  });
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
  let n = 0, low = Infinity, high = -Infinity, zeros = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    n += 1;
    if (value < low) low = value;
    if (value > high) high = value;
    if (value === 0) zeros += 1;
  }
  if (!n) return null;
  const counts = new Array(bins).fill(0);
  for (let i = 0; i < values.length; i++)
    if (values[i] !== 0 && Number.isFinite(values[i]))
      counts[Math.min(bins - 1, Math.floor(placeOf(values[i], low, high) * bins))] += 1;
  return { n, low, high, zeros, counts, most: Math.max(zeros, ...counts) };
}
