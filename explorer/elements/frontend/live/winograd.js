// Convolutions of 3 x 3 with a quarter of the products: Lavin and Gray 2015 (arXiv:1509.09308), F(4 x 4, 3 x 3). Pieces
// of 6 x 6 cells of the maps, and the kernels, are turned into 36 numbers each, whose products, added up over the
// channels and turned back, are 4 x 4 cells of the sums. In exact arithmetic it is the same; here it differs in the
// sixth digit.
import { padded } from "./convolution.js";
import { CHANNELS, PLACES, room, startOf } from "./product.js";
/** @import { Pair, Sliding } from "./convolution.js" */

const INSIDE = 4, POINTS = 36; // cells of a side that a piece gives, and numbers that it becomes
const FEWEST = 8; // channels, from which on it is worth while

const scratch = new Float32Array(POINTS), line = new Float32Array(INSIDE);

/**
 * Whether a convolution can be worked out so, and faster.
 * @param {Sliding} sliding
 * @param {number} nRead channels that it reads
 */
export function isSuited({ kernel, stride, dilation, groups }, nRead) {
  return kernel.every((n) => n === 3) && [...stride, ...dilation, groups].every((n) => n === 1) && nRead >= FEWEST;
}

/**
 * @param {Float32Array} weight (C_out, C_in, 3, 3)
 * @param {Float32Array | null} bias
 * @param {Pair} padding
 * @param {readonly number[]} outShape (C_out, H', W')
 * @returns {(maps: Float32Array, shape: readonly number[]) => Float32Array} of maps (C_in, H, W)
 */
export function fastConvolution(weight, bias, padding, [nOut, rows, columns]) {
  const nRead = weight.length / nOut / 9, down = Math.ceil(rows / INSIDE), across = Math.ceil(columns / INSIDE);
  const size = /** @type {const} */ ([INSIDE * down + 2, INSIDE * across + 2]);
  const nBlocks = Math.ceil(nOut / CHANNELS), nPieces = Math.ceil((down * across) / PLACES);
  const inBlock = CHANNELS * nRead, ofPoint = PLACES * nPieces * nRead, found = CHANNELS * PLACES * nPieces;
  const work = room(POINTS * nBlocks * inBlock, POINTS * ofPoint, POINTS * found);
  turn(weight, [nOut, nRead], work.kernels);
  return (maps, shape) => {
    cut(padded(maps, shape, padding, size), nRead, size, work.read, ofPoint);
    const out = new Float32Array(nOut * rows * columns);
    for (let block = 0; block < nBlocks; block++) {
      for (let point = 0; point < POINTS; point++)
        work.multiply((block * POINTS + point) * inBlock, point * ofPoint, point * found, nRead, nPieces);
      for (let channel = block * CHANNELS; channel < Math.min(nOut, (block + 1) * CHANNELS); channel++) {
        const map = out.subarray(channel * rows * columns, (channel + 1) * rows * columns);
        turnBack(work.sums, channel % CHANNELS, found, map, [rows, columns], bias ? bias[channel] : 0);
      }
    }
    return out;
  };
}

/**
 * The kernels of all filters as 36 numbers each.
 * @param {Float32Array} weight (C_out, C_in, 3, 3)
 * @param {Pair} shape (C_out, C_in)
 * @param {Float32Array} kernels (blocks, 36, C_in, channels of a block)
 */
function turn(weight, [nOut, nRead], kernels) {
  const step = CHANNELS * nRead; // from one of the 36 to the next
  for (let out = 0; out < nOut; out++) {
    for (let read = 0; read < nRead; read++) {
      const from = (out * nRead + read) * 9;
      const at = Math.floor(out / CHANNELS) * POINTS * step + read * CHANNELS + (out % CHANNELS);
      for (let y = 0; y < 3; y++) ofKernel(weight, from + 3 * y, 1, scratch, 6 * y, 1); // three rows of six
      for (let z = 0; z < 6; z++) ofKernel(scratch, z, 6, kernels, at + z * step, 6 * step);
    }
  }
}

/**
 * All pieces of the maps as 36 numbers each.
 * @param {Float32Array} x
 * @param {number} channels
 * @param {Pair} size (rows, columns) of a plane
 * @param {Float32Array} pieces (36, blocks, C, pieces of a block)
 * @param {number} ofPoint
 */
function cut(x, channels, [high, wide], pieces, ofPoint) {
  for (let channel = 0; channel < channels; channel++) {
    let piece = 0;
    for (let top = 0; top + 2 < high; top += INSIDE) {
      for (let left = 0; left + 2 < wide; left += INSIDE, piece++) {
        const from = (channel * high + top) * wide + left;
        const at = startOf(piece, channels) + channel * PLACES;
        for (let y = 0; y < 6; y++) ofPiece(x, from + y * wide, 1, scratch, 6 * y, 1);
        for (let z = 0; z < 6; z++) ofPiece(scratch, z, 6, pieces, at + z * ofPoint, 6 * ofPoint);
      }
    }
  }
}

/**
 * One channel of the sums as a map.
 * @param {Float32Array} sums
 * @param {number} row of them
 * @param {number} plane from one of the 36 numbers to the next
 * @param {Float32Array} map
 * @param {Pair} size (rows, columns)
 * @param {number} added
 */
function turnBack(sums, row, plane, map, [rows, columns], added) {
  let piece = 0;
  for (let top = 0; top < rows; top += INSIDE) {
    for (let left = 0; left < columns; left += INSIDE, piece++) {
      const at = startOf(piece, CHANNELS) + row * PLACES;
      for (let z = 0; z < 6; z++) ofSums(sums, at + z * plane, 6 * plane, scratch, z, 6);
      const low = Math.min(INSIDE, rows - top), far = Math.min(INSIDE, columns - left);
      for (let y = 0; y < low; y++) {
        ofSums(scratch, 6 * y, 1, line, 0, 1);
        for (let z = 0; z < far; z++) map[(top + y) * columns + left + z] = line[z] + added;
      }
    }
  }
}

// The three matrices of the paper (its G, the transposes of its B and of its A), each times the numbers that stand
// `step` apart from `at` on; what comes out stands `stride` apart from `start` on.

/** @typedef {Float32Array} Row */
/** @typedef {(x: Row, at: number, step: number, found: Row, start: number, stride: number) => void} Turn */

/** @type {Turn} */
function ofKernel(x, at, step, found, start, stride) {
  const a = x[at], b = x[at + step], c = x[at + 2 * step];
  found[start] = a / 4;
  found[start + stride] = -(a + b + c) / 6;
  found[start + 2 * stride] = -(a - b + c) / 6;
  found[start + 3 * stride] = a / 24 + b / 12 + c / 6;
  found[start + 4 * stride] = a / 24 - b / 12 + c / 6;
  found[start + 5 * stride] = c;
}

/** @type {Turn} */
function ofPiece(x, at, step, found, start, stride) {
  const a = x[at], b = x[at + step], c = x[at + 2 * step], d = x[at + 3 * step], e = x[at + 4 * step];
  found[start] = 4 * a - 5 * c + e;
  found[start + stride] = d + e - 4 * (b + c);
  found[start + 2 * stride] = 4 * (b - c) - d + e;
  found[start + 3 * stride] = 2 * (d - b) + e - c;
  found[start + 4 * stride] = 2 * (b - d) + e - c;
  found[start + 5 * stride] = 4 * b - 5 * d + x[at + 5 * step];
}

/** @type {Turn} */
function ofSums(x, at, step, found, start, stride) {
  const b = x[at + step], c = x[at + 2 * step], d = x[at + 3 * step], e = x[at + 4 * step];
  found[start] = x[at] + b + c + d + e;
  found[start + stride] = b - c + 2 * (d - e);
  found[start + 2 * stride] = b + c + 4 * (d + e);
  found[start + 3 * stride] = b - c + 8 * (d - e) + x[at + 5 * step];
}
