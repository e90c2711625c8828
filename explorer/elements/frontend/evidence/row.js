// Maps of evidence side by side, each laid over the picture, on one canvas.
import { paintOver } from "../probe/over.js";
import { pen } from "../shared/canvas.js";
import { pictureAt } from "../shared/pictures.js";
import { inksOf, missing, planeOf } from "./maps.js";
/** @import { Ink } from "../probe/over.js" */
/** @import { Cell, Maps } from "./maps.js" */

const GAP = 2; // pixels between two of them
const LEAST = 224; // pixels of a side: a picture of fewer is drawn larger, its pixels squares

/**
 * @typedef {object} Row
 * @property {Maps} maps
 * @property {Cell[]} cells
 */

/**
 * Fetch what they are drawn with: the picture, which comes back, and the maps.
 * @param {Row} row
 */
export async function loaded({ maps, cells }) {
  const [photo] = await Promise.all([pictureAt(maps.photo), missing(maps, cells)]);
  return photo;
}

/**
 * Draw them; says what each is drawn in.
 * @param {HTMLCanvasElement} canvas
 * @param {Row} row
 * @param {HTMLImageElement} photo
 * @returns {Ink[]}
 */
export function paintRow(canvas, { maps, cells }, photo) {
  const inks = inksOf(maps, cells), factor = Math.max(1, Math.floor(LEAST / Math.max(...maps.size)));
  const [height, width] = maps.size.map((side) => side * factor), scratch = document.createElement("canvas");
  [canvas.width, canvas.height] = [cells.length * (width + GAP), height];
  const context = pen(canvas);
  cells.forEach((cell, i) => {
    const { places, smooth } = maps.layers[cell[0]], left = i * (width + GAP) + GAP / 2;
    paintOver(scratch, planeOf(maps, cell), inks[i], { places, size: maps.size, smooth, fades: maps.fades });
    context.globalAlpha = 1;
    context.imageSmoothingEnabled = false;
    context.drawImage(photo, left, 0, width, height);
    context.globalAlpha = maps.opacity;
    context.drawImage(scratch, left, 0, width, height);
  });
  return inks;
}
