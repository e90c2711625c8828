// A picture, heat over a part of it, and a frame around that.
import { pen } from "../shared/canvas.js";

const FRAME = ["#000", "#fff", "#fff", "#000"]; // from inside out: seen on dark and on bright ground

/**
 * Levels of a palette as a picture of a pixel each.
 * @param {Uint8Array} levels
 * @param {number} height
 * @param {number} width
 * @param {Uint8Array} palette
 */
export function heatOf(levels, height, width, palette) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  if (!levels.length) return canvas;
  const pixels = new Uint8ClampedArray(4 * levels.length);
  levels.forEach((level, n) => pixels.set([...palette.subarray(3 * level, 3 * level + 3), 255], 4 * n));
  pen(canvas).putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

/**
 * A frame around a box, a pixel for each of its colours.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly [number, number, number, number]} box x, y, width and height
 */
export function frame(context, [x, y, width, height]) {
  context.lineWidth = 1;
  FRAME.forEach((color, outset) => {
    context.strokeStyle = color;
    context.strokeRect(x - outset - 0.5, y - outset - 0.5, width + 2 * outset + 1, height + 2 * outset + 1);
  });
}
