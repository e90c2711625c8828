// From a picture to what a network of photographs receives: resize, crop, values from 0 to 1, normalised.
import { resized } from "./resizing.js";
import { even } from "./rounding.js";
/** @import { Maps } from "./operations.js" */

/** @typedef {{ pixels: Uint8ClampedArray<ArrayBuffer>, height: number, width: number }} Picture (H, W, 3) bytes */
/** @typedef {{ pixels: Uint8ClampedArray<ArrayBuffer>, size: number, received: Maps }} Prepared seen, (S, S, 3) */
/**
 * @typedef {object} OfPhotographs
 * @property {number} resize
 * @property {number} crop
 * @property {boolean} squash
 * @property {readonly number[]} colours of each channel: 0 is red, 1 green, 2 blue
 * @property {readonly number[]} mean of each channel
 * @property {readonly number[]} deviation
 */

const MOST_ASPECT = 16; // a longer picture is resized only where the crop keeps it

/**
 * @param {Picture} picture
 * @param {OfPhotographs} how
 * @returns {Prepared}
 */
export function prepared(picture, how) {
  const pixels = cut(picture, how), n = how.crop * how.crop, values = new Float32Array(how.colours.length * n);
  const f = Math.fround;
  how.colours.forEach((colour, channel) => {
    const mean = f(how.mean[channel]), deviation = f(how.deviation[channel]);
    for (let at = 0; at < n; at++)
      values[channel * n + at] = f(f(f(pixels[3 * at + colour] / 255) - mean) / deviation);
  });
  return { pixels, size: how.crop, received: { values, shape: [how.colours.length, how.crop, how.crop] } };
}

/**
 * @param {Picture} picture
 * @param {OfPhotographs} how
 */
function cut({ pixels, height, width }, { resize, crop, squash }) {
  const short = Math.min(height, width), long = Math.max(height, width), other = Math.trunc((resize * long) / short);
  const size = squash ? [resize, resize] : height <= width ? [resize, other] : [other, resize];
  const top = even((size[0] - crop) / 2), left = even((size[1] - crop) / 2);
  if (!squash && long > MOST_ASPECT * short) {
    const [y, x] = [height / size[0], width / size[1]];
    const box = [top * y, left * x, Math.min(height, (top + crop) * y), Math.min(width, (left + crop) * x)];
    return resized(pixels, [height, width, 3], [crop, crop], box);
  }
  const whole = resized(pixels, [height, width, 3], [size[0], size[1]]);
  const found = new Uint8ClampedArray(3 * crop * crop);
  for (let y = 0; y < crop; y++) {
    const from = 3 * ((y + top) * size[1] + left);
    found.set(whole.subarray(from, from + 3 * crop), 3 * y * crop);
  }
  return found;
}
