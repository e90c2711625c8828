// From a picture of one written digit to what a network of digits receives, as those of MNIST were prepared: light on
// dark, cut to the ink, 20 pixels long, its centre of mass in the middle of 32 x 32.
import { resized } from "./resizing.js";
import { even, median } from "./rounding.js";
/** @import { Picture, Prepared } from "./photographs.js" */

/** @typedef {{ mean: number, deviation: number }} OfDigits */
/** @typedef {{ ink: Float32Array, height: number, width: number }} Sheet */

const BOX = 20, FIELD = 28, SIDE = 32; // pixels
const NOISE = 5; // standard deviations of the border that still count as paper
const FAINT = 0.2; // of the strongest ink

/**
 * @param {Picture} picture
 * @param {OfDigits} how
 * @returns {Prepared}
 */
export function preparedDigit(picture, { mean, deviation }) {
  const sheet = inkOf(picture), digit = scaled(cutTo(sheet, extent(sheet))), [y, x] = placeOf(digit);
  const f = Math.fround, values = new Float32Array(SIDE * SIDE).fill(f(f(0 - f(mean)) / f(deviation)));
  const pixels = new Uint8ClampedArray(3 * SIDE * SIDE);
  for (let n = 0; n < digit.ink.length; n++) {
    const at = (y + Math.floor(n / digit.width)) * SIDE + x + (n % digit.width), level = even(digit.ink[n]);
    pixels.fill(level, 3 * at, 3 * at + 3);
    values[at] = f(f(f(pixels[3 * at] / 255) - f(mean)) / f(deviation));
  }
  return { pixels, size: SIDE, received: { values, shape: [1, SIDE, SIDE] } };
}

/**
 * How much brighter than the paper each pixel is, 0 to 255; a dark digit on light paper is inverted first.
 * @param {Picture} picture
 * @returns {Sheet}
 */
function inkOf({ pixels, height, width }) {
  const grey = new Float32Array(height * width);
  for (let n = 0; n < grey.length; n++)
    grey[n] = (pixels[3 * n] * 19595 + pixels[3 * n + 1] * 38470 + pixels[3 * n + 2] * 7471 + 0x8000) >> 16;
  let border = borderOf(grey, height, width), paper = median(border);
  if (paper > 127) {
    for (let n = 0; n < grey.length; n++) grey[n] = 255 - grey[n];
    border = border.map((level) => 255 - level);
    paper = 255 - paper;
  }
  const noise = NOISE * median(border.map((level) => Math.abs(level - paper))) * 1.48;
  const ink = grey.map((level) => (level - paper > noise ? Math.max(level - paper, 0) : 0));
  return { ink, height, width };
}

/**
 * @param {Float32Array} values
 * @param {number} height
 * @param {number} width
 */
function borderOf(values, height, width) {
  const found = [...values.subarray(0, width), ...values.subarray((height - 1) * width)];
  for (let y = 1; y < height - 1; y++) found.push(values[y * width], values[(y + 1) * width - 1]);
  return found;
}

/**
 * (top, left, bottom, right) around the ink that is not faint, unless the digit with it has its 20 pixels already.
 * @param {Sheet} sheet
 */
function extent(sheet) {
  const all = around(sheet, 0);
  if (Math.max(all[2] - all[0], all[3] - all[1]) === BOX) return all;
  return around(sheet, Math.fround(FAINT * largest(sheet.ink)));
}

/** @param {Float32Array} ink */
function largest(ink) {
  return ink.reduce((most, value) => Math.max(most, value), 0);
}

/**
 * @param {Sheet} sheet
 * @param {number} least
 * @returns {[number, number, number, number]}
 */
function around({ ink, height, width }, least) {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let n = 0; n < ink.length; n++) {
    if (!(ink[n] > least)) continue;
    const y = Math.floor(n / width), x = n % width;
    [top, left, bottom, right] = [Math.min(top, y), Math.min(left, x), Math.max(bottom, y), Math.max(right, x)];
  }
  return bottom < 0 ? [0, 0, height, width] : [top, left, bottom + 1, right + 1];
}

/**
 * @param {Sheet} sheet
 * @param {readonly number[]} box
 * @returns {Sheet}
 */
function cutTo({ ink, width }, [top, left, bottom, right]) {
  const found = new Float32Array((bottom - top) * (right - left));
  for (let y = top; y < bottom; y++)
    found.set(ink.subarray(y * width + left, y * width + right), (y - top) * (right - left));
  return { ink: found, height: bottom - top, width: right - left };
}

/**
 * The digit with its longer side at 20 pixels, and its brightest at 255.
 * @param {Sheet} sheet
 * @returns {Sheet}
 */
function scaled({ ink, height, width }) {
  const longer = Math.max(height, width);
  if (longer === BOX) return { ink, height, width };
  const [rows, columns] = [height, width].map((side) => Math.max(1, even((side * BOX) / longer)));
  const small = resized(ink, [height, width, 1], [rows, columns]);
  const factor = Math.fround(255 / Math.max(largest(small), 1));
  return { ink: small.map((value) => value * factor), height: rows, width: columns };
}

/**
 * (y, x) of the digit's corner: its centre of mass in the middle, as far as MNIST's 28 x 28 allow.
 * @param {Sheet} digit
 */
function placeOf({ ink, height, width }) {
  let mass = 0, down = 0, across = 0;
  ink.forEach((value, n) => {
    mass += value;
    down += value * Math.floor(n / width);
    across += value * (n % width);
  });
  return [[down, height], [across, width]].map(([moment, side]) => {
    const corner = even(FIELD / 2 - moment / (mass || 1));
    return (SIDE - FIELD) / 2 + Math.min(Math.max(corner, 0), FIELD - side);
  });
}
