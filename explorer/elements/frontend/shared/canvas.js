// Pixels on a canvas, one for each value; the style sheet says how they are enlarged.

/** @param {HTMLCanvasElement} canvas */
export function pen(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("The browser has no more canvas to give");
  return context;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {readonly [number, number]} shape
 * @param {Uint8ClampedArray<ArrayBuffer>} pixels
 */
export function put(canvas, [rows, columns], pixels) {
  [canvas.width, canvas.height] = [columns, rows];
  pen(canvas).putImageData(new ImageData(pixels, columns, rows), 0, 0);
}

/**
 * A map as a picture that its address holds.
 * @param {readonly [number, number]} shape
 * @param {Uint8ClampedArray<ArrayBuffer>} pixels
 */
export function addressOf(shape, pixels) {
  const canvas = document.createElement("canvas");
  put(canvas, shape, pixels);
  return canvas.toDataURL();
}
