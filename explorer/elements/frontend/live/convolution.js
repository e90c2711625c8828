// A convolution as sums of products: what lies under the kernel at each place, times the filters.
import { CHANNELS, PLACES, room, startOf } from "./product.js";

/** @typedef {readonly [number, number]} Pair (y, x) */
/**
 * @typedef {object} Sliding
 * @property {Pair} kernel
 * @property {Pair} stride
 * @property {Pair} padding
 * @property {Pair} dilation
 * @property {number} groups
 */

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
 * @param {Float32Array} weight (C_out, C_in / groups, kH, kW)
 * @param {Float32Array | null} bias
 * @param {Sliding} sliding
 * @param {readonly number[]} outShape (C_out, H', W')
 * @returns {(maps: Float32Array, shape: readonly number[]) => Float32Array} of maps (C_in, H, W)
 */
export function convolution(weight, bias, { kernel, stride, padding, dilation, groups }, [nOut, rows, columns]) {
  const depth = weight.length / nOut, each = nOut / groups, nBlocks = Math.ceil(each / CHANNELS);
  const nPlaces = rows * columns, nPieces = Math.ceil(nPlaces / PLACES), inBlock = CHANNELS * depth;
  const work = room(groups * nBlocks * inBlock, PLACES * nPieces * depth, CHANNELS * PLACES * nPieces);
  for (let channel = 0; channel < nOut; channel++) {
    const group = Math.floor(channel / each), inside = channel % each; // zeros fill up the last block of a group
    const start = (group * nBlocks + Math.floor(inside / CHANNELS)) * inBlock + (inside % CHANNELS);
    for (let k = 0; k < depth; k++) work.kernels[start + CHANNELS * k] = weight[channel * depth + k];
  }
  return (maps, [nRead, height, width]) => {
    const high = height + 2 * padding[0], wide = width + 2 * padding[1], ofGroup = nRead / groups;
    const x = padded(maps, [nRead, height, width], padding, [high, wide]), out = new Float32Array(nOut * nPlaces);
    const offsets = new Int32Array(depth); // of what lies under a kernel, from its place
    for (let channel = 0, k = 0; channel < ofGroup; channel++)
      for (let y = 0; y < kernel[0]; y++)
        for (let z = 0; z < kernel[1]; z++, k++)
          offsets[k] = (channel * high + y * dilation[0]) * wide + z * dilation[1];
    for (let group = 0; group < groups; group++) {
      gather(x, group * ofGroup * high * wide, wide, offsets);
      for (let block = 0; block < nBlocks; block++) {
        work.multiply((group * nBlocks + block) * inBlock, 0, 0, depth, nPieces);
        for (let inside = block * CHANNELS; inside < Math.min(each, (block + 1) * CHANNELS); inside++)
          take(out, group * each + inside, inside % CHANNELS);
      }
    }
    return out;
  };

  /**
   * What lies under the kernel at all places.
   * @param {Float32Array} x
   * @param {number} start of the group's maps
   * @param {number} wide
   * @param {Int32Array} offsets
   */
  function gather(x, start, wide, offsets) {
    for (let y = 0, place = 0; y < rows; y++) {
      for (let z = 0; z < columns; z++, place++) {
        const from = start + y * stride[0] * wide + z * stride[1];
        for (let k = 0, at = startOf(place, depth); k < depth; k++, at += PLACES) work.read[at] = x[from + offsets[k]];
      }
    }
  }

  /**
   * @param {Float32Array} out
   * @param {number} channel
   * @param {number} row of the sums
   */
  function take(out, channel, row) {
    const added = bias ? bias[channel] : 0, from = row * PLACES, to = channel * nPlaces;
    for (let place = 0; place < nPlaces; place++) out[to + place] = work.sums[startOf(place, CHANNELS) + from] + added;
  }
}
