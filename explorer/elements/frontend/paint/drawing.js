// A map on a canvas: every cell a square of its colour, lines between those that are large enough, and an outline
// around what was changed.
import { pen } from "../shared/canvas.js";
import { pictureOf } from "../window/canvas.js";
/** @import { Scale } from "../shared/colors.js" */
/** @import { Shape } from "./steps.js" */

const LEAST = 8; // pixels of a cell that has lines around it
const OUTLINE = /** @type {const} */ ([["#000", 4], ["#fff", 2]]); // seen on any colour

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Shape} shape
 * @param {{ values: Float32Array, recorded: Float32Array }} map
 * @param {Scale} scale
 * @param {Uint8Array} palette
 */
export function drawMap(canvas, shape, { values, recorded }, scale, palette) {
  const [rows, columns] = shape, zoom = window.devicePixelRatio;
  const width = Math.max(1, Math.round(canvas.clientWidth * zoom));
  const height = Math.max(1, Math.round(canvas.clientHeight * zoom));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const ink = pen(canvas), cell = width / columns;
  ink.clearRect(0, 0, width, height);
  ink.imageSmoothingEnabled = false;
  ink.drawImage(pictureOf({ values, shape }, scale, palette), 0, 0, width, height);
  const x = (/** @type {number} */ n) => (n * width) / columns, y = (/** @type {number} */ n) => (n * height) / rows;
  if (cell >= LEAST * zoom) {
    ink.beginPath();
    for (let n = 1; n < columns; n++) line(ink, x(n), 0, x(n), height);
    for (let n = 1; n < rows; n++) line(ink, 0, y(n), width, y(n));
    ink.strokeStyle = "rgb(128 128 128 / 40%)";
    ink.lineWidth = zoom;
    ink.stroke();
  }
  outline(ink, shape, (n) => !Object.is(values[n], recorded[n]) && values[n] !== recorded[n], x, y, zoom);
}

/**
 * @param {CanvasRenderingContext2D} ink
 * @param {number} fromX
 * @param {number} fromY
 * @param {number} toX
 * @param {number} toY
 */
function line(ink, fromX, fromY, toX, toY) {
  ink.moveTo(fromX, fromY);
  ink.lineTo(toX, toY);
}

/**
 * @param {CanvasRenderingContext2D} ink
 * @param {Shape} shape
 * @param {(n: number) => boolean} isChanged
 * @param {(n: number) => number} x
 * @param {(n: number) => number} y
 * @param {number} zoom
 */
function outline(ink, [rows, columns], isChanged, x, y, zoom) {
  const at = (/** @type {number} */ row, /** @type {number} */ column) =>
    row >= 0 && row < rows && column >= 0 && column < columns && isChanged(row * columns + column);
  ink.beginPath();
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      if (!at(row, column)) continue;
      if (!at(row - 1, column)) line(ink, x(column), y(row), x(column + 1), y(row));
      if (!at(row + 1, column)) line(ink, x(column), y(row + 1), x(column + 1), y(row + 1));
      if (!at(row, column - 1)) line(ink, x(column), y(row), x(column), y(row + 1));
      if (!at(row, column + 1)) line(ink, x(column + 1), y(row), x(column + 1), y(row + 1));
    }
  ink.lineCap = "square";
  for (const [color, thick] of OUTLINE) {
    ink.strokeStyle = color;
    ink.lineWidth = thick * zoom;
    ink.stroke();
  }
}
