// In which order the channels of a layer stand, and on which scale each is drawn.
/** @import { Scale } from "../shared/colors.js" */

const ROWS = /** @type {const} */ (["low", "high", "mean", "zeros", "gradient × activation"]);
const RANKED = /** @type {Readonly<Record<string, string>>} */ ({ maximum: "high" }); // what orders by another name

/** @typedef {Record<string, Float32Array>} Ranks a number for each channel, by what it is */

/**
 * @param {ArrayBuffer} buffer float32, a row for each of ROWS, or for all but the last
 * @param {number} n channels
 * @returns {Ranks}
 */
export function ranksOf(buffer, n) {
  const values = new Float32Array(buffer);
  return Object.fromEntries(
    ROWS.slice(0, values.length / n).map((name, i) => [name, values.subarray(i * n, (i + 1) * n)]),
  );
}

/**
 * All channels in an order: by number, or from high to low by what it names; equal ones by number, no numbers last.
 * @param {Ranks} ranks
 * @param {string} order
 */
export function ordered(ranks, order) {
  const values = ranks[RANKED[order] ?? order];
  const channels = Array.from({ length: ranks.low.length }, (_, c) => c);
  if (!values) return channels;
  const key = (/** @type {number} */ c) => (Number.isNaN(values[c]) ? -Infinity : values[c]);
  const isNumber = (/** @type {number} */ c) => Number(!Number.isNaN(values[c]));
  return channels.sort((a, b) => (key(b) > key(a) ? 1 : key(b) < key(a) ? -1 : isNumber(b) - isNumber(a) || a - b));
}

/**
 * @typedef {object} Ranges
 * @property {[number, number]} layer
 * @property {[number, number]} [network]
 */

/**
 * The scale that a channel is drawn on: zero has a colour of its own wherever the layer has negative values.
 * @param {Ranks} ranks
 * @param {Ranges} ranges
 * @param {string} scale
 * @param {number} channel
 * @returns {Scale}
 */
export function scaleOf(ranks, ranges, scale, channel) {
  const own = /** @type {[number, number]} */ ([ranks.low[channel], ranks.high[channel]]);
  const [low, high] = scale === "channel" ? own : scale === "network" ? (ranges.network ?? ranges.layer) : ranges.layer;
  if (low >= 0 && ranges.layer[0] >= 0) return { low: 0, high, signed: false };
  const limit = Math.max(-low, high);
  return { low: -limit, high: limit, signed: true };
}

/**
 * The same scale with what is weak drawn stronger: `boost` times as strong, and by the power `gamma` of its strength.
 * @param {Scale} scale
 * @param {number} boost
 */
export function boosted({ low, high, signed }, boost) {
  return { low: low / boost, high: high / boost, signed };
}
