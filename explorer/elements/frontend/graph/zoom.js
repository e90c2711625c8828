// How large a drawing is shown, and which part of it.
import { clamp } from "../shared/movement.js";

/** @typedef {[number, number]} Size (width, height) */

const SMALLEST = 0.1, LARGEST = 2;
const LEGIBLE = 0.6; // what fits the width stays legible; the rest is scrolled

/** @param {number} zoom */
export function within(zoom) {
  return clamp(zoom, SMALLEST, LARGEST);
}

/**
 * The zoom at which a drawing is as wide as its frame, never larger than life.
 * @param {number} frame
 * @param {number} drawing
 */
export function fittingWidth(frame, drawing) {
  return clamp((frame - 20) / drawing, LEGIBLE, 1);
}

/**
 * The zoom at which all of it is seen.
 * @param {Size} frame
 * @param {Size} drawing
 */
export function fitting(frame, drawing) {
  return within(Math.min(1, (frame[0] - 4) / drawing[0], (frame[1] - 4) / drawing[1]));
}

/**
 * Where to scroll to when the zoom changes by a factor, so that the middle of what is seen stays there.
 * @param {number} scrolled
 * @param {number} seen how much is seen at once
 * @param {number} factor
 */
export function scrolledTo(scrolled, seen, factor) {
  return (scrolled + seen / 2) * factor - seen / 2;
}

/**
 * How much larger a drawing is saved than it is: twice, or what browsers can still draw.
 * @param {Size} drawing
 */
export function savedScale([width, height]) {
  const longest = 16_000, mostPixels = 60e6;
  return Math.min(2, longest / Math.max(width, height), Math.sqrt(mostPixels / (width * height)));
}
