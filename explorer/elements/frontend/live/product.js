// Sums of products, which is what a convolution is made of: eight channels and four places at a time.
import { MODULE } from "./assembled.js";

export const CHANNELS = 8, PLACES = 4; // of a block

/**
 * Arrays, and what multiplies in them. Kernels are (depth, CHANNELS) for each block of channels, what is read (depth,
 * PLACES) for each block of places, and the sums (CHANNELS, PLACES).
 * @typedef {object} Room
 * @property {Float32Array} kernels
 * @property {Float32Array} read
 * @property {Float32Array} sums
 * @property {(kernel: number, from: number, to: number, depth: number, n: number) => void} multiply a block of channels
 *   at so many blocks of places; the first three are where in the arrays each begins
 */

/**
 * Where the numbers of a place begin, of which a block has so many rows.
 * @param {number} place
 * @param {number} rows
 */
export function startOf(place, rows) {
  return Math.floor(place / PLACES) * PLACES * rows + (place % PLACES);
}

/** @type {WebAssembly.Module | null | undefined} */
let compiled;

/**
 * Room for so many numbers: WebAssembly's where the browser has it and the page may use it, which is faster.
 * @param {number} nKernels
 * @param {number} nRead
 * @param {number} nSums
 * @returns {Room}
 */
export function room(nKernels, nRead, nSums) {
  try {
    return assembled((compiled ??= new WebAssembly.Module(MODULE)), nKernels, nRead, nSums);
  } catch { // an old browser, a policy that forbids it, or no memory of that kind
    return plain(nKernels, nRead, nSums);
  }
}

/**
 * @param {WebAssembly.Module} module
 * @param {number} nKernels
 * @param {number} nRead
 * @param {number} nSums
 * @returns {Room}
 */
function assembled(module, nKernels, nRead, nSums) {
  const ends = [nKernels, nKernels + nRead, nKernels + nRead + nSums];
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * ends[2]) / 65536) });
  const { multiply } = /** @type {any} */ (new WebAssembly.Instance(module, { own: { memory } }).exports);
  return {
    kernels: new Float32Array(memory.buffer, 0, nKernels),
    read: new Float32Array(memory.buffer, 4 * ends[0], nRead),
    sums: new Float32Array(memory.buffer, 4 * ends[1], nSums),
    multiply: (kernel, from, to, depth, n) =>
      multiply(4 * kernel, 4 * (ends[0] + from), 4 * (ends[1] + to), depth, n),
  };
}

/**
 * The same in JavaScript.
 * @param {number} nKernels
 * @param {number} nRead
 * @param {number} nSums
 * @returns {Room}
 */
export function plain(nKernels, nRead, nSums) {
  const kernels = new Float32Array(nKernels), read = new Float32Array(nRead), sums = new Float32Array(nSums);
  return {
    kernels, read, sums,
    multiply: (kernel, from, to, depth, n) => {
      for (let block = 0; block < n; block++, from += PLACES * depth, to += CHANNELS * PLACES)
        for (let row = 0; row < CHANNELS; row += 4)
          for (let column = 0; column < PLACES; column += 2)
            piece(kernels, kernel + row, read, from + column, depth, sums, to + row * PLACES + column);
    },
  };
}

/**
 * Four channels at two places: as many sums as stay in the processor's registers.
 * @param {Float32Array} kernels
 * @param {number} kernel
 * @param {Float32Array} read
 * @param {number} from
 * @param {number} depth
 * @param {Float32Array} sums
 * @param {number} to
 */
function piece(kernels, kernel, read, from, depth, sums, to) {
  let l0 = 0, l1 = 0, l2 = 0, l3 = 0, r0 = 0, r1 = 0, r2 = 0, r3 = 0;
  for (let k = 0; k < depth; k++, from += PLACES, kernel += CHANNELS) {
    const l = read[from], r = read[from + 1];
    const w0 = kernels[kernel], w1 = kernels[kernel + 1], w2 = kernels[kernel + 2], w3 = kernels[kernel + 3];
    l0 += w0 * l;
    r0 += w0 * r;
    l1 += w1 * l;
    r1 += w1 * r;
    l2 += w2 * l;
    r2 += w2 * r;
    l3 += w3 * l;
    r3 += w3 * r;
  }
  two(sums, to, l0, r0);
  two(sums, to + PLACES, l1, r1);
  two(sums, to + 2 * PLACES, l2, r2);
  two(sums, to + 3 * PLACES, l3, r3);
}

/**
 * @param {Float32Array} sums
 * @param {number} at
 * @param {number} left
 * @param {number} right
 */
function two(sums, at, left, right) {
  sums[at] = left;
  sums[at + 1] = right;
}
