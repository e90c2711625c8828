// Values as colours, the same ones that the server's own pictures have.

/** @typedef {{ low: number, high: number, signed: boolean }} Scale */

/**
 * Which of the 255 colours of its palette a value has.
 * @param {number} value
 * @param {Scale} scale
 */
export function entry(value, { low, high, signed }) {
  if (!(high > low)) return signed ? 127 : 0;
  return Math.floor(Math.max(0, Math.min(254.5, ((value - low) * 254) / (high - low) + 0.5)));
}

/**
 * @param {number} value
 * @param {Scale} scale
 * @param {Uint8Array} palette red, green and blue of one colour after another
 * @returns {[number, number, number]}
 */
export function colorOf(value, scale, palette) {
  const at = 3 * entry(value, scale);
  return [palette[at], palette[at + 1], palette[at + 2]];
}

/**
 * Whether white letters are read better on a colour than black ones.
 * @param {readonly number[]} color
 */
export function isDark([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue < 140;
}

/**
 * A map in colours, four bytes a value; NaN is a hole.
 * @param {Float32Array} values
 * @param {Scale} scale
 * @param {Uint8Array} palette
 */
export function painted(values, scale, palette) {
  const pixels = new Uint8ClampedArray(4 * values.length);
  for (let n = 0; n < values.length; n++) {
    if (Number.isNaN(values[n])) continue;
    const at = 3 * entry(values[n], scale);
    pixels[4 * n] = palette[at];
    pixels[4 * n + 1] = palette[at + 1];
    pixels[4 * n + 2] = palette[at + 2];
    pixels[4 * n + 3] = 255;
  }
  return pixels;
}
