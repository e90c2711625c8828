// The numbers of a network out of the bytes that they travel in: half precision, or float32 where half would not do.
/** @typedef {{ at: number, shape: number[], half: boolean }} Packed where in the bytes an array begins */

/**
 * @param {number} bits of a half-precision number (IEEE 754 binary16)
 */
function halfOf(bits) {
  const sign = bits & 0x8000 ? -1 : 1, power = (bits >> 10) & 31, part = bits & 1023;
  if (power === 31) return part ? NaN : sign * Infinity;
  return sign * (power ? 2 ** (power - 15) * (1 + part / 1024) : 2 ** -14 * (part / 1024));
}

/** @type {Float32Array | null} */
let known = null;

/** @returns {Float32Array} every half-precision number, by its bits */
function halves() {
  known ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => halfOf(bits));
  return known;
}

/**
 * What unpacks arrays out of the bytes of all.
 * @param {ArrayBuffer} buffer
 * @returns {(packed: Packed) => Float32Array}
 */
export function unpacker(buffer) {
  const table = halves();
  return ({ at, shape, half }) => {
    const count = shape.reduce((product, side) => product * side, 1);
    if (!half) return new Float32Array(buffer.slice(at, at + 4 * count));
    const found = new Float32Array(count), parts = new Uint8Array(buffer, at, 2 * count); // low bytes, then high ones
    for (let n = 0; n < count; n++) found[n] = table[parts[n] | (parts[count + n] << 8)];
    return found;
  };
}
