// What each operation of a network makes of what it reads.
import { convolution } from "./convolution.js";
import { fastConvolution, isSuited } from "./winograd.js";
/** @import { Sliding } from "./convolution.js" */

/** @typedef {{ values: Float32Array, shape: readonly number[] }} Maps (C, H, W), or (K,) where the maps have ended */
/**
 * One operation as the file holds it; `reads` are the numbers of the steps that it reads, −1 the picture.
 * @typedef {object} Step
 * @property {string} name
 * @property {string} kind
 * @property {string} does which of OPERATIONS it is
 * @property {readonly number[]} reads
 * @property {readonly number[]} shape
 * @property {Partial<Sliding & Averaging>} settings
 * @property {Record<string, Float32Array>} weights
 */
/** @typedef {{ counts: boolean, divisor: number | null }} Averaging whether zeros around the maps count as cells */
/** @typedef {(read: Maps[]) => Float32Array} Operation */

/**
 * @param {(value: number) => number} change
 * @returns {Operation}
 */
function each(change) {
  return ([{ values }]) => {
    const found = new Float32Array(values.length);
    for (let n = 0; n < values.length; n++) found[n] = change(values[n]);
    return found;
  };
}

/**
 * Takes the values of one window after another together.
 * @param {Step} step
 * @param {(reach: { top: number, bottom: number, left: number, right: number }, plane: number, x: Maps) => number} take
 * @param {(axis: 0 | 1, place: number, x: Maps) => readonly [number, number]} reachOf from which cell to before which
 * @returns {Operation}
 */
function windows({ shape: [channels, rows, columns] }, take, reachOf) {
  return ([x]) => {
    const [, height, width] = x.shape, found = new Float32Array(channels * rows * columns);
    const across = Array.from({ length: columns }, (_, z) => reachOf(1, z, x));
    for (let y = 0; y < rows; y++) {
      const [top, bottom] = reachOf(0, y, x);
      for (let z = 0; z < columns; z++) {
        const [left, right] = across[z], reach = { top, bottom, left, right };
        for (let channel = 0; channel < channels; channel++)
          found[(channel * rows + y) * columns + z] = take(reach, channel * height * width, x);
      }
    }
    return found;
  };
}

/**
 * A setting that the operation has.
 * @template {keyof (Sliding & Averaging)} K
 * @param {Step} step
 * @param {K} name
 * @returns {(Sliding & Averaging)[K]}
 */
function setting(step, name) {
  const found = /** @type {(Sliding & Averaging)[K] | undefined} */ (step.settings[name]);
  if (found === undefined) throw new Error(`${step.name} has no ${name}`);
  return found;
}

/**
 * Where a sliding window begins and ends, cells of the padding among them.
 * @param {Step} step
 * @returns {(axis: 0 | 1, place: number) => [number, number]}
 */
function sliding(step) {
  const kernel = setting(step, "kernel"), stride = setting(step, "stride"), padding = setting(step, "padding");
  const dilation = setting(step, "dilation");
  return (axis, place) => {
    const from = place * stride[axis] - padding[axis];
    return [from, from + dilation[axis] * (kernel[axis] - 1) + 1];
  };
}

/**
 * @param {Step} step
 * @returns {Operation}
 */
function maxPooling(step) {
  const [down, across] = setting(step, "dilation");
  return windows(step, ({ top, bottom, left, right }, plane, { values, shape: [, height, width] }) => {
    let most = -Infinity;
    for (let y = top; y < Math.min(bottom, height); y += down) {
      for (let z = left; y >= 0 && z < Math.min(right, width); z += across) {
        const value = z < 0 ? -Infinity : values[plane + y * width + z];
        if (value > most || Number.isNaN(value)) most = value;
      }
    }
    return most;
  }, sliding(step));
}

/**
 * @param {Step} step
 * @returns {Operation}
 */
function averagePooling(step) {
  const counts = setting(step, "counts"), divisor = setting(step, "divisor"), padding = setting(step, "padding");
  return windows(step, ({ top, bottom, left, right }, plane, { values, shape: [, height, width] }) => {
    const [low, high] = [Math.min(bottom, height + padding[0]), Math.min(right, width + padding[1])];
    const inside = {
      top: Math.max(0, top), left: Math.max(0, left), bottom: Math.min(low, height), right: Math.min(high, width),
    };
    const n = divisor ?? (counts ? (low - top) * (high - left) : area(inside));
    return sumOf(inside, plane, width, values) / n;
  }, sliding(step));
}

/**
 * So many windows as there are places, of which none is much larger than another.
 * @param {Step} step
 * @returns {Operation}
 */
function adaptivePooling(step) {
  return windows(
    step,
    (reach, plane, { values, shape: [, , width] }) => sumOf(reach, plane, width, values) / area(reach),
    (axis, place, { shape }) => {
      const n = shape[1 + axis], m = step.shape[1 + axis];
      return [Math.floor((place * n) / m), Math.ceil(((place + 1) * n) / m)];
    },
  );
}

/** @param {{ top: number, bottom: number, left: number, right: number }} reach */
function area({ top, bottom, left, right }) {
  return (bottom - top) * (right - left);
}

/**
 * @param {{ top: number, bottom: number, left: number, right: number }} reach
 * @param {number} plane where the map begins
 * @param {number} width
 * @param {Float32Array} values
 */
function sumOf({ top, bottom, left, right }, plane, width, values) {
  let sum = 0;
  for (let y = top; y < bottom; y++)
    for (let z = left; z < right; z++) sum += values[plane + y * width + z];
  return sum;
}

/**
 * @param {Step} step
 * @returns {Operation}
 */
function convolving(step) {
  const { weights: { weight, bias = null }, shape } = step;
  const window = {
    kernel: setting(step, "kernel"), stride: setting(step, "stride"), padding: setting(step, "padding"),
    dilation: setting(step, "dilation"), groups: setting(step, "groups"),
  };
  const convolved = isSuited(window, weight.length / shape[0] / 9) ?
    fastConvolution(weight, bias, window.padding, shape) : convolution(weight, bias, window, shape);
  return ([x]) => convolved(x.values, x.shape);
}

/**
 * @param {Step} step
 * @returns {Operation}
 */
function dense({ weights: { weight, bias }, shape: [nOut] }) {
  return ([{ values }]) => Float32Array.from({ length: nOut }, (_, unit) => {
    const row = weight.subarray(unit * values.length, (unit + 1) * values.length);
    let sum = bias ? bias[unit] : 0;
    for (let n = 0; n < row.length; n++) sum += row[n] * values[n];
    return sum;
  });
}

/**
 * A batch norm outside training: each channel times a number, and another one added.
 * @param {Step} step
 * @returns {Operation}
 */
function scaling({ weights: { scale, shift } }) {
  return ([{ values }]) => {
    const found = new Float32Array(values.length), size = values.length / scale.length;
    for (let channel = 0, n = 0; channel < scale.length; channel++) {
      const factor = scale[channel], added = shift[channel];
      for (const end = n + size; n < end; n++) found[n] = values[n] * factor + added;
    }
    return found;
  };
}

/** @type {Operation} */
function addition([{ values }, other]) {
  const found = new Float32Array(values.length);
  for (let n = 0; n < values.length; n++) found[n] = values[n] + other.values[n];
  return found;
}

/** @type {Operation} */
function asIs([{ values }]) {
  return values;
}

/** @type {Readonly<Record<string, (step: Step) => Operation>>} */
export const OPERATIONS = {
  convolution: convolving, dense, scaling, maxPooling, averagePooling, adaptivePooling,
  addition: () => addition,
  asIs: () => asIs,
  relu: () => each((value) => (value < 0 ? 0 : value)), // which passes on what is no number
  relu6: () => each((value) => (value < 0 ? 0 : value > 6 ? 6 : value)),
  tanh: () => each(Math.tanh),
  sigmoid: () => each((value) => 1 / (1 + Math.exp(-value))),
};
