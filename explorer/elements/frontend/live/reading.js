// A file of a picture as its pixels: upright, transparent parts on white, at most 2048 pixels long.
import { pen } from "../shared/canvas.js";
/** @import { Picture } from "./photographs.js" */

const LONGEST = 2048;

/**
 * @param {Blob} file
 * @returns {Promise<Picture>}
 */
export async function decoded(file) {
  const bitmap = await createImageBitmap(file), canvas = document.createElement("canvas");
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  [canvas.width, canvas.height] = [width, height];
  const context = pen(canvas);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height), pixels = new Uint8ClampedArray(3 * width * height);
  for (let n = 0; n < width * height; n++) {
    pixels[3 * n] = data[4 * n];
    pixels[3 * n + 1] = data[4 * n + 1];
    pixels[3 * n + 2] = data[4 * n + 2];
  }
  return { pixels, height, width };
}
