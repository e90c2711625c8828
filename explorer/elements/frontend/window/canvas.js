// What the player draws on: maps, frames and dots.
import { pen, put } from "../shared/canvas.js";
import { painted } from "../shared/colors.js";
/** @import { Scale } from "../shared/colors.js" */
/** @import { Plane } from "./arithmetic.js" */

/**
 * A map with one pixel a value.
 * @param {Plane} plane
 * @param {Scale} scale
 * @param {Uint8Array} palette
 */
export function pictureOf({ values, shape }, scale, palette) {
  const canvas = document.createElement("canvas");
  put(canvas, shape, painted(values, scale, palette));
  return canvas;
}

/**
 * A canvas as sharp as the screen: `scale` is a value's side in its pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} rows
 * @param {number} columns
 */
export function sheet(canvas, rows, columns) {
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  const side = Math.max(1, Math.round(canvas.getBoundingClientRect().width * devicePixelRatio)); // as it is zoomed
  const scale = side / columns, high = Math.max(1, Math.round(scale * rows));
  if (canvas.width !== side) canvas.width = side;
  if (canvas.height !== high) canvas.height = high;
  return { context: pen(canvas), scale };
}

/**
 * A frame that is seen on any colour, and never smaller than six points.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly [number, number, number, number]} box x, y, width and height
 * @param {number} thick
 */
export function outline(context, [x, y, w, h], thick) {
  const line = thick * devicePixelRatio, least = 6 * devicePixelRatio;
  if (w < least) [x, w] = [x + w / 2 - least / 2, least];
  if (h < least) [y, h] = [y + h / 2 - least / 2, least];
  for (const [color, width] of /** @type {const} */ ([["#000", line + 2 * devicePixelRatio], ["#fff", line]])) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.strokeRect(x, y, w, h);
  }
}

/**
 * Dots: padding, and what is not painted yet.
 * @param {CanvasRenderingContext2D} context
 */
export function dots(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(6 * devicePixelRatio);
  const dot = pen(tile);
  dot.fillStyle = "rgb(128 128 128 / 55%)";
  dot.fillRect(0, 0, Math.ceil(1.5 * devicePixelRatio), Math.ceil(1.5 * devicePixelRatio));
  return context.createPattern(tile, "repeat") ?? "transparent";
}
