// The filters of a convolution: which of the inputs that one reads is shown, and its kernel there.
import { unpacked } from "../shared/files.js";
import { cellsOf, productsOf } from "./arithmetic.js";
import { partWith, planeOf } from "./sides.js";
/** @import { Pair, Window } from "./arithmetic.js" */
/** @import { Part, Side } from "./sides.js" */

/**
 * `shape` is that of all filters, (n, inputs, rows, columns), in files of consecutive ones; `input` is the number of
 * the input channel that somebody chose, `strongest` of the one that the server found for the channel that it knows of.
 * @typedef {{ shape: [number, number, number, number], groups: number, parts: Part[], input: number | null,
 *   strongest: number }} Filters
 */
/** @typedef {{ input: number, kernel: (number | null)[][] }} Filter */

/**
 * What of a filter is shown: over the chosen input where it reads that, else over the one that adds most at a place.
 * Null where that cannot be told from what was sent.
 * @param {Filters} filters
 * @param {Window & { source: Side, channel: number }} given
 * @param {number} channel
 * @param {Pair} at
 * @returns {Promise<Filter | null>}
 */
export async function filterOf(filters, given, channel, at) {
  const { shape: [n, inputs, rows, columns], groups, parts, input } = filters;
  const part = partWith(parts, channel), size = rows * columns, first = Math.floor(channel / (n / groups)) * inputs;
  if (!part) return null;
  const weights = new Float32Array(await unpacked(part.url), 4 * inputs * size * (channel - part.first), inputs * size);
  const kernels = Array.from({ length: inputs }, (_, i) => [...weights.subarray(i * size, (i + 1) * size)]);
  const isRead = input !== null && first <= input && input < first + inputs;
  const known = channel === given.channel ? filters.strongest - first : null;
  const shown = isRead ? input - first : ((await strongest(kernels, given, first, at)) ?? known);
  if (shown === null) return null;
  const kernel = kernels[shown].map((weight) => (Number.isFinite(weight) ? weight : null));
  const row = (/** @type {number} */ i) => kernel.slice(i * columns, (i + 1) * columns);
  return { input: first + shown, kernel: Array.from({ length: rows }, (_, i) => row(i)) };
}

/**
 * The input whose products add up to the most, whatever their sign; the first of equal ones. Null where not all inputs
 * are here.
 * @param {number[][]} kernels
 * @param {Window & { source: Side }} given
 * @param {number} first the channel of the first input
 * @param {Pair} at
 */
async function strongest(kernels, given, first, at) {
  if (kernels.length === 1) return 0;
  if (kernels.some((_, i) => !partWith(given.source.parts, first + i))) return null;
  const planes = await Promise.all(kernels.map((_, i) => planeOf(given.source, first + i)));
  let best = 0, most = -1;
  for (const [i, plane] of planes.entries()) {
    if (!plane) return null; // there is one
    const size = Math.abs(productsOf(cellsOf(given, plane, at), kernels[i]).reduce((sum, one) => sum + one, 0));
    if (size > most) [best, most] = [i, size];
  }
  return best;
}
