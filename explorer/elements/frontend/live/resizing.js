// Pictures made smaller and larger as Pillow does it (bilinear), to the last bit: the filter widens where it shrinks,
// each row is resized before each column, and bytes are rounded after both. (Of some tall ones Pillow resizes the
// columns first, which may be a level apart.)

/** @typedef {{ first: Int32Array, count: Int32Array, weights: Float64Array, most: number }} Kernel */
/** @typedef {{ from: number, to: number, size: number, wanted: number }} Axis a stretch of `size` cells, in so many */

const PRECISION = 2 ** 22; // of a weight, where bytes are added up

/**
 * Which cells each new one is made of, and how much of each.
 * @param {Axis} axis
 * @returns {Kernel}
 */
function kernelOf({ from, to, size, wanted }) {
  const scale = Math.fround(to - from) / wanted, wide = Math.max(1, scale);
  const most = Math.ceil(wide) * 2 + 1;
  const first = new Int32Array(wanted), count = new Int32Array(wanted), weights = new Float64Array(wanted * most);
  for (let n = 0; n < wanted; n++) {
    const centre = from + (n + 0.5) * scale, start = Math.max(0, Math.trunc(centre - wide + 0.5));
    first[n] = start;
    count[n] = Math.min(size, Math.trunc(centre + wide + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < count[n]; k++) {
      weights[n * most + k] = Math.max(0, 1 - Math.abs((k + start - centre + 0.5) * (1 / wide)));
      sum += weights[n * most + k];
    }
    for (let k = 0; k < count[n]; k++) if (sum) weights[n * most + k] /= sum;
  }
  return { first, count, weights, most };
}

/**
 * A row of planes along one axis: `step` from one cell to the next, for every start.
 * @template {Uint8ClampedArray | Float32Array} T
 * @param {T} values
 * @param {T} found
 * @param {Kernel} kernel
 * @param {(line: number) => [number, number]} startOf where a line begins, in what is read and in what is found
 * @param {number} lines
 * @param {readonly [number, number]} steps from cell to cell, in both
 */
function along(values, found, { first, count, weights, most }, startOf, lines, [step, stepOut]) {
  const areBytes = values instanceof Uint8ClampedArray;
  const parts = areBytes ? weights.map((part) => Math.trunc(part * PRECISION + (part < 0 ? -0.5 : 0.5))) : weights;
  for (let line = 0; line < lines; line++) {
    const [start, startOut] = startOf(line);
    for (let n = 0; n < first.length; n++) {
      let sum = areBytes ? PRECISION / 2 : 0;
      for (let k = 0, at = start + first[n] * step; k < count[n]; k++, at += step)
        sum += values[at] * parts[n * most + k];
      found[startOut + n * stepOut] = areBytes ? Math.floor(sum / PRECISION) : sum;
    }
  }
}

/**
 * A picture of (H, W, C) bytes, or of (H, W, 1) numbers, at another size; of `box`, (top, left, bottom, right), of it.
 * @template {Uint8ClampedArray | Float32Array} T
 * @param {T} values
 * @param {readonly [number, number, number]} shape
 * @param {readonly [number, number]} size (height, width)
 * @param {readonly number[]} [box]
 * @returns {T}
 */
export function resized(values, [height, width, depth], [rows, columns], box = [0, 0, height, width]) {
  const [top, left, bottom, right] = box.map(Math.fround); // as Pillow takes them
  /** @param {number} length @returns {T} */
  const made = (length) => {
    const empty = values instanceof Uint8ClampedArray ? new Uint8ClampedArray(length) : new Float32Array(length);
    return /** @type {T} */ (empty);
  };
  let found = values;
  if (columns !== width || left !== 0 || right !== width) {
    const kernel = kernelOf({ from: left, to: right, size: width, wanted: columns });
    found = made(height * columns * depth);
    along(values, found, kernel, (line) => {
      const y = Math.floor(line / depth), channel = line % depth;
      return [y * width * depth + channel, y * columns * depth + channel];
    }, height * depth, [depth, depth]);
  }
  if (rows === height && top === 0 && bottom === height) return found;
  const kernel = kernelOf({ from: top, to: bottom, size: height, wanted: rows });
  const last = made(rows * columns * depth), step = columns * depth;
  along(found, last, kernel, (line) => [line, line], step, [step, step]);
  return last;
}
