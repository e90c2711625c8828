// Values as colours, the same ones that the server's own pictures have.

/** @typedef {{ low: number, high: number, signed: boolean }} Scale */

const EVEN = 0.1791; // the luminance at which black and white letters are read alike

/**
 * What makes of a value the one of the 255 colours of its palette, in float32 as the server counts: to the level the
 * same.
 * @param {Scale} scale
 * @returns {(value: number) => number}
 */
export function levels({ low, high, signed }) {
  if (!(high > low)) return () => (signed ? 127 : 0);
  const factor = Math.fround(254 / (high - low));
  const start = Math.fround(0.5 - Math.fround(Math.fround(low) * factor));
  return (value) => Math.floor(Math.max(0, Math.min(254.5, Math.fround(Math.fround(value * factor) + start))));
}

/**
 * @param {number} value
 * @param {Scale} scale
 */
export function entry(value, scale) {
  return levels(scale)(value);
}

/**
 * The value in the middle of a colour.
 * @param {number} level
 * @param {Scale} scale
 */
export function valueOf(level, { low, high }) {
  return low + (level * (high - low)) / 254;
}

/**
 * The scale that spans the values of one map; what is no finite number does not count.
 * @param {Float32Array} values
 * @returns {Scale}
 */
export function spanning(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return { low: 0, high: 0, signed: false };
  if (low >= 0) return { low: 0, high, signed: false };
  const limit = Math.max(-low, high);
  return { low: -limit, high: limit, signed: true };
}

/**
 * A value moved along its scale by the power `gamma` of its strength: below 1 what is weak is drawn stronger.
 * @param {number} value
 * @param {Scale} scale of which zero is an end or the middle
 * @param {number} gamma
 */
export function bent(value, { high }, gamma) {
  return high > 0 ? Math.sign(value) * high * (Math.abs(value) / high) ** gamma : value;
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
 * Whether white letters are read better on a colour than black ones: the better ones have 4.5:1 on any colour.
 * @param {readonly number[]} color
 */
export function isDark(color) {
  const [red, green, blue] = color.map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < EVEN;
}

/**
 * A map in colours, four bytes a value; NaN is a hole.
 * @param {Float32Array} values
 * @param {Scale} scale
 * @param {Uint8Array} palette
 * @param {number} [gamma] what its strength is raised to
 * @param {boolean} [fades] whether a colour is the clearer the nearer it is to the low end (signed: to zero)
 */
export function painted(values, scale, palette, gamma = 1, fades = false) {
  const pixels = new Uint8ClampedArray(4 * values.length), level = levels(scale);
  const inks = new Uint32Array(pixels.buffer), ink = colorsOf(palette, fades ? strengthOf(scale) : () => 255);
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    if (!Number.isNaN(value)) inks[n] = ink[level(gamma === 1 ? value : bent(value, scale, gamma))];
  }
  return pixels;
}

/**
 * How opaque each level of a scale is where strength shows.
 * @param {Scale} scale
 * @returns {(level: number) => number}
 */
function strengthOf({ signed }) {
  return (level) => Math.round(signed ? Math.abs((510 * level) / 254 - 255) : (255 * level) / 254);
}

/**
 * Levels in the colours that they stand for, four bytes a value; 255 is a hole.
 * @param {Uint8Array} counted
 * @param {Uint8Array} palette
 */
export function inked(counted, palette) {
  const pixels = new Uint8ClampedArray(4 * counted.length);
  const inks = new Uint32Array(pixels.buffer), ink = colorsOf(palette, () => 255);
  for (let n = 0; n < counted.length; n++) inks[n] = ink[counted[n]] ?? 0;
  return pixels;
}

/**
 * The colours of a palette, each as the four bytes of a pixel.
 * @param {Uint8Array} palette
 * @param {(level: number) => number} opacity
 */
function colorsOf(palette, opacity) {
  const pixels = new Uint8Array(4 * 255);
  for (let n = 0; n < 255; n++)
    pixels.set([palette[3 * n], palette[3 * n + 1], palette[3 * n + 2], opacity(n)], 4 * n);
  return new Uint32Array(pixels.buffer);
}
