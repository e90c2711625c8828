// A kernel as a tile: in the colours of the picture, or red where it is positive and blue where it is negative.
import { put } from "../shared/canvas.js";
import { inked, painted } from "../shared/colors.js";

/**
 * @typedef {object} Form how a file of kernels is made up
 * @property {"colour" | "grey" | "signed" | "matrix"} form
 * @property {[number, number, number]} tile channels, height and width
 * @property {[number, number] | null} response height and width of the map beside each, in levels
 * @property {number[] | null} limits of each set the value that has the strongest colours; null: each tile has its own
 */
/**
 * @typedef {object} Tile
 * @property {Float32Array} values
 * @property {[number, number, number]} shape
 * @property {Uint8Array | null} levels of the map beside it
 * @property {[number, number] | null} response
 */

/**
 * The numbers of a tile in a file with n of them in each set.
 * @param {ArrayBuffer} buffer
 * @param {Form} form
 * @param {number} n
 * @param {number} set
 * @param {number} i
 * @returns {Tile}
 */
export function tileAt(buffer, { tile, response }, n, set, i) {
  const [size, area] = [tile, response ?? [0]].map((lengths) => lengths.reduce((all, length) => all * length));
  const values = new Float32Array(buffer, 4 * size * (n * set + i), size);
  const levels = response && new Uint8Array(buffer, 4 * size * n + area * i, area);
  return { values, shape: tile, levels, response };
}

/**
 * @param {readonly HTMLCanvasElement[]} canvases
 * @param {Tile} tile
 * @param {Uint8Array} palette
 * @param {number | null} limit
 */
export function drawTile([kernel, beside], tile, palette, limit) {
  const [channels, height, width] = tile.shape, shape = /** @type {const} */ ([height, width]);
  const own = limit ?? strongest(tile.values);
  const pixels = channels === 3
    ? coloured(tile.values, own)
    : painted(tile.values, { low: -own, high: own, signed: true }, palette);
  put(kernel, shape, pixels);
  if (beside && tile.levels && tile.response) put(beside, tile.response, inked(tile.levels, palette));
}

/**
 * How far the values reach from zero; what is no finite number does not count.
 * @param {Float32Array} values
 */
export function strongest(values) {
  return values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
}

/**
 * A filter of three colours as pixels: zero is mid-grey, and the limit black and full, in float32 as the server counts.
 * @param {Float32Array} values red, green and blue, one after another
 * @param {number} limit
 */
export function coloured(values, limit) {
  const n = values.length / 3, pixels = new Uint8ClampedArray(4 * n).fill(255), span = Math.fround(limit || 1);
  for (let i = 0; i < n; i++)
    for (let channel = 0; channel < 3; channel++) {
      const value = values[channel * n + i];
      const level = Math.fround(127.5 + Math.fround(Math.fround(127.5 * value) / span));
      pixels[4 * i + channel] = Number.isNaN(level) ? 127.5 : level; // which rounds to the even one
    }
  return pixels;
}
