// Convolutions of 3 x 3 with a quarter of the products: Lavin and Gray 2015 (arXiv:1509.09308), F(4 x 4, 3 x 3). Pieces
// of 6 x 6 cells of the maps, and the kernels, are turned into 36 numbers each, whose products, added up over the
// channels and turned back, are 4 x 4 cells of the sums. In exact arithmetic it is the same; here it differs in the
// sixth digit.
import { padded } from "./convolution.js";
/** @import { Pair, Sliding } from "./convolution.js" */

const INSIDE = 4, POINTS = 36; // cells of a side that a piece gives, and numbers that it becomes
const CHANNELS = 4, PIECES = 3; // that are worked on at a time: as many sums as a processor has registers for
const FEWEST = 8; // channels, from which on it is worth while

const scratch = new Float32Array(POINTS), row = new Float32Array(INSIDE);

/**
 * Whether a convolution can be worked out so, and faster.
 * @param {Sliding} sliding
 * @param {number} nRead channels that it reads
 */
export function isSuited({ kernel, stride, dilation, groups }, nRead) {
  return kernel.every((n) => n === 3) && [...stride, ...dilation, groups].every((n) => n === 1) && nRead >= FEWEST;
}

/**
 * The kernels of all filters as 36 numbers each: for each of these, four filters side by side.
 * @param {Float32Array} weight (C_out, C_in, 3, 3)
 * @param {number} nOut
 */
export function turned(weight, nOut) {
  const nRead = weight.length / nOut / 9, nBlocks = Math.ceil(nOut / CHANNELS), plane = nBlocks * CHANNELS * nRead;
  const found = new Float32Array(POINTS * plane);
  for (let out = 0; out < nOut; out++) {
    for (let read = 0; read < nRead; read++) {
      const from = (out * nRead + read) * 9;
      const at = (Math.floor(out / CHANNELS) * nRead + read) * CHANNELS + (out % CHANNELS);
      for (let y = 0; y < 3; y++) ofKernel(weight, from + 3 * y, 1, scratch, 6 * y, 1); // three rows of six
      for (let z = 0; z < 6; z++) ofKernel(scratch, z, 6, found, at + z * plane, 6 * plane);
    }
  }
  return found;
}

/**
 * @param {Float32Array} maps
 * @param {readonly number[]} shape (C_in, H, W)
 * @param {Float32Array} kernels as `turned` makes them
 * @param {Float32Array | null} bias
 * @param {Pair} padding
 * @param {readonly number[]} outShape (C_out, H', W')
 */
export function convolvedFast(maps, [nRead, height, width], kernels, bias, padding, [nOut, rows, columns]) {
  const down = Math.ceil(rows / INSIDE), across = Math.ceil(columns / INSIDE);
  const size = /** @type {const} */ ([INSIDE * down + 2, INSIDE * across + 2]);
  const x = padded(maps, [nRead, height, width], padding, size);
  const nPieces = Math.ceil((down * across) / PIECES) * PIECES, pieces = piecesOf(x, nRead, size, nPieces);
  const out = new Float32Array(nOut * rows * columns), sums = new Float32Array(POINTS * CHANNELS * nPieces);
  const inBlock = CHANNELS * nRead, plane = kernels.length / POINTS;
  for (let block = 0; block * CHANNELS < nOut; block++) {
    for (let point = 0; point < POINTS; point++) {
      const from = point * plane + block * inBlock, read = point * nRead * nPieces, to = point * CHANNELS * nPieces;
      multiplied(
        kernels.subarray(from, from + inBlock), pieces.subarray(read, read + nRead * nPieces),
        sums.subarray(to, to + CHANNELS * nPieces), nPieces,
      );
    }
    for (let channel = block * CHANNELS; channel < Math.min(nOut, (block + 1) * CHANNELS); channel++) {
      const map = out.subarray(channel * rows * columns, (channel + 1) * rows * columns);
      const of = sums.subarray((channel % CHANNELS) * nPieces);
      turnedBack(of, CHANNELS * nPieces, map, [rows, columns], bias ? bias[channel] : 0);
    }
  }
  return out;
}

/**
 * All pieces of the maps as 36 numbers each: (36, C, pieces).
 * @param {Float32Array} x
 * @param {number} channels
 * @param {Pair} size (rows, columns) of a plane
 * @param {number} nPieces
 */
function piecesOf(x, channels, [high, wide], nPieces) {
  const found = new Float32Array(POINTS * channels * nPieces), plane = channels * nPieces;
  for (let channel = 0; channel < channels; channel++) {
    let at = channel * nPieces;
    for (let top = 0; top + 2 < high; top += INSIDE) {
      for (let left = 0; left + 2 < wide; left += INSIDE, at++) {
        const from = (channel * high + top) * wide + left;
        for (let y = 0; y < 6; y++) ofPiece(x, from + y * wide, 1, scratch, 6 * y, 1);
        for (let z = 0; z < 6; z++) ofPiece(scratch, z, 6, found, at + z * plane, 6 * plane);
      }
    }
  }
  return found;
}

/**
 * Four filters times all pieces, for one of the 36 numbers, added up over the channels.
 * @param {Float32Array} kernels (C, 4)
 * @param {Float32Array} pieces (C, pieces)
 * @param {Float32Array} sums (4, pieces)
 * @param {number} n pieces
 */
function multiplied(kernels, pieces, sums, n) {
  for (let piece = 0; piece < n; piece += PIECES) {
    let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0, c0 = 0, c1 = 0, c2 = 0, c3 = 0;
    for (let k = 0, at = piece; k < kernels.length; k += CHANNELS, at += n) {
      const a = pieces[at], b = pieces[at + 1], c = pieces[at + 2];
      let w = kernels[k];
      a0 += w * a;
      b0 += w * b;
      c0 += w * c;
      w = kernels[k + 1];
      a1 += w * a;
      b1 += w * b;
      c1 += w * c;
      w = kernels[k + 2];
      a2 += w * a;
      b2 += w * b;
      c2 += w * c;
      w = kernels[k + 3];
      a3 += w * a;
      b3 += w * b;
      c3 += w * c;
    }
    three(sums, piece, a0, b0, c0);
    three(sums, piece + n, a1, b1, c1);
    three(sums, piece + 2 * n, a2, b2, c2);
    three(sums, piece + 3 * n, a3, b3, c3);
  }
}

/**
 * @param {Float32Array} sums
 * @param {number} at
 * @param {number} a
 * @param {number} b
 * @param {number} c
 */
function three(sums, at, a, b, c) {
  sums[at] = a;
  sums[at + 1] = b;
  sums[at + 2] = c;
}

/**
 * One channel of the sums as a map.
 * @param {Float32Array} sums
 * @param {number} plane from one of the 36 numbers to the next
 * @param {Float32Array} map
 * @param {Pair} size (rows, columns)
 * @param {number} added
 */
function turnedBack(sums, plane, map, [rows, columns], added) {
  let piece = 0;
  for (let top = 0; top < rows; top += INSIDE) {
    for (let left = 0; left < columns; left += INSIDE, piece++) {
      for (let z = 0; z < 6; z++) ofSums(sums, piece + z * plane, 6 * plane, scratch, z, 6);
      const low = Math.min(INSIDE, rows - top), far = Math.min(INSIDE, columns - left);
      for (let y = 0; y < low; y++) {
        ofSums(scratch, 6 * y, 1, row, 0, 1);
        for (let z = 0; z < far; z++) map[(top + y) * columns + left + z] = row[z] + added;
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
