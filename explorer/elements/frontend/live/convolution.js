// A convolution as sums of products, four channels and two places at a time: what is read serves eight sums, and all of
// them stay in the processor's registers.

/** @typedef {readonly [number, number]} Pair (y, x) */
/**
 * @typedef {object} Sliding
 * @property {Pair} kernel
 * @property {Pair} stride
 * @property {Pair} padding
 * @property {Pair} dilation
 * @property {number} groups
 */
/** @typedef {{ blocks: Float32Array, bias: Float32Array | null, nOut: number, nRead: number }} Filters */

const TOGETHER = 4; // channels

/**
 * The filters of one group after another, four of them side by side, weight by weight; the last four are filled up with
 * zeros.
 * @param {Float32Array} weight (C_out, C_in / groups, kH, kW)
 * @param {Float32Array | null} bias
 * @param {number} nOut
 * @param {number} groups
 * @returns {Filters}
 */
export function packed(weight, bias, nOut, groups) {
  const nRead = weight.length / nOut, each = nOut / groups, nBlocks = Math.ceil(each / TOGETHER);
  const blocks = new Float32Array(groups * nBlocks * TOGETHER * nRead);
  for (let channel = 0; channel < nOut; channel++) {
    const group = Math.floor(channel / each), inside = channel % each;
    const start = (group * nBlocks + Math.floor(inside / TOGETHER)) * TOGETHER * nRead + (inside % TOGETHER);
    for (let k = 0; k < nRead; k++) blocks[start + TOGETHER * k] = weight[channel * nRead + k];
  }
  return { blocks, bias, nOut, nRead };
}

/**
 * The maps with zeros around them, in planes of another size.
 * @param {Float32Array} maps
 * @param {readonly number[]} shape (C, H, W)
 * @param {Pair} padding above and left of them
 * @param {Pair} size (rows, columns) of a plane
 */
export function padded(maps, [channels, height, width], [down, across], [rows, columns]) {
  if (rows === height && columns === width) return maps;
  const found = new Float32Array(channels * rows * columns);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      const from = (channel * height + y) * width;
      found.set(maps.subarray(from, from + width), (channel * rows + y + down) * columns + across);
    }
  }
  return found;
}

/**
 * Cross-correlation, as everywhere: out[o] = bias[o] + sum of weight[o] times what lies under the kernel.
 * @param {Float32Array} maps
 * @param {readonly number[]} shape (C_in, H, W)
 * @param {Filters} filters
 * @param {Sliding} sliding
 * @param {readonly number[]} outShape (C_out, H', W')
 */
export function convolved(maps, [channels, height, width], filters, sliding, [nOut, rows, columns]) {
  const { kernel, stride, padding, dilation, groups } = sliding;
  const high = height + 2 * padding[0], wide = width + 2 * padding[1], plane = high * wide, each = nOut / groups;
  const x = padded(maps, [channels, height, width], padding, [high, wide]);
  const offsets = new Int32Array(filters.nRead), places = new Int32Array(rows * columns);
  let n = 0;
  for (let channel = 0; channel < channels / groups; channel++)
    for (let y = 0; y < kernel[0]; y++)
      for (let z = 0; z < kernel[1]; z++)
        offsets[n++] = channel * plane + y * dilation[0] * wide + z * dilation[1];
  n = 0;
  for (let y = 0; y < rows; y++)
    for (let z = 0; z < columns; z++) places[n++] = y * stride[0] * wide + z * stride[1];
  const out = new Float32Array(nOut * places.length), nBlocks = Math.ceil(each / TOGETHER);
  for (let block = 0; block < groups * nBlocks; block++) {
    const group = Math.floor(block / nBlocks), first = (block % nBlocks) * TOGETHER;
    const from = x.subarray((group * plane * channels) / groups);
    const weights = filters.blocks.subarray(block * TOGETHER * filters.nRead, (block + 1) * TOGETHER * filters.nRead);
    const start = group * each + first;
    fill(out, [start, Math.min(TOGETHER, each - first)], from, weights, offsets, places, filters.bias);
  }
  return out;
}

/**
 * Four channels, or fewer, at all places.
 * @param {Float32Array} out
 * @param {readonly [number, number]} channels the first, and how many
 * @param {Float32Array} x
 * @param {Float32Array} weights
 * @param {Int32Array} offsets of what a window reads, from its place
 * @param {Int32Array} places
 * @param {Float32Array | null} bias
 */
function fill(out, [start, count], x, weights, offsets, places, bias) {
  const nRead = offsets.length, n = places.length;
  /** @param {number} channel */
  const begin = (channel) => (bias && channel < count ? bias[start + channel] : 0);
  const b0 = begin(0), b1 = begin(1), b2 = begin(2), b3 = begin(3);
  for (let place = 0; place < n; place += 2) {
    const left = places[place], right = places[Math.min(place + 1, n - 1)];
    let l0 = 0, l1 = 0, l2 = 0, l3 = 0, r0 = 0, r1 = 0, r2 = 0, r3 = 0;
    for (let k = 0, at = 0; k < nRead; k++, at += 4) {
      const offset = offsets[k], l = x[left + offset], r = x[right + offset];
      const w0 = weights[at], w1 = weights[at + 1], w2 = weights[at + 2], w3 = weights[at + 3];
      l0 += w0 * l;
      r0 += w0 * r;
      l1 += w1 * l;
      r1 += w1 * r;
      l2 += w2 * l;
      r2 += w2 * r;
      l3 += w3 * l;
      r3 += w3 * r;
    }
    const at = start * n + place, sums = [l0 + b0, r0 + b0, l1 + b1, r1 + b1, l2 + b2, r2 + b2, l3 + b3, r3 + b3];
    for (let channel = 0; channel < count; channel++) {
      out[at + channel * n] = sums[2 * channel];
      if (place + 1 < n) out[at + channel * n + 1] = sums[2 * channel + 1];
    }
  }
}
