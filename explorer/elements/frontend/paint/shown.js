// What is to be seen of a map that is painted on: its cells, its tools, where the keys are and what is to be moved.
import { spanning } from "../shared/colors.js";
import { find, layOver, part } from "../shared/dom.js";
import { drawLegend, legendOf } from "../shared/legend.js";
import { bytes, number } from "../shared/numbers.js";
import { drawMap } from "./drawing.js";
import { moved } from "./steps.js";
/** @import { Easel } from "./easel.js" */
/** @import { Box, Cell, Shape, Step } from "./steps.js" */

export const TOOLS = /** @type {const} */ (["paint", "erase", "shift"]);
/** @typedef {typeof TOOLS[number]} Tool */

/**
 * @typedef {object} Data
 * @property {string} map what the server knows it by
 * @property {Shape} shape
 * @property {string} values as recorded
 * @property {Step[]} steps what the server has kept
 * @property {{ low: number, high: number, usual: number }} brushes
 * @property {number} limit numbers in all steps
 * @property {Record<string, string>} palettes
 * @property {string} unit
 * @property {string} alt
 */

/**
 * Another map: what there is to paint with, and what it is called.
 * @param {ParentNode} root
 * @param {Data} data
 */
export function begin(root, { shape: [rows, columns], brushes, alt }) {
  part(root, ".stage").style.setProperty("--shape", String(columns / rows));
  part(root, "canvas").setAttribute("aria-label", `${alt}, ${rows} × ${columns} cells. Paint with the pointer, or ` +
    "with the keys: the arrows move the cell cursor, Enter paints or erases there. To shift, Shift and arrows choose " +
    "a box, Enter takes it up and puts it down, the arrows move it, Escape lets go.");
  const value = find(root, ".value", HTMLInputElement), brush = find(root, ".brush", HTMLSelectElement);
  [value.min, value.max] = [String(brushes.low), String(brushes.high)];
  showAmount(root, brushes.usual);
  const side = Math.max(rows, columns);
  for (const option of brush.options) option.hidden = option.disabled = Number(option.value) > side;
  brush.value = side > 100 ? "9" : side > 40 ? "3" : "1";
}

/**
 * The value to paint with, or another one.
 * @param {ParentNode} root
 * @param {number} [other]
 */
export function showAmount(root, other) {
  const value = find(root, ".value", HTMLInputElement);
  if (other !== undefined) value.value = String(other);
  const text = number(Number(value.value));
  part(root, ".amount").textContent = text;
  value.setAttribute("aria-valuetext", text);
}

/**
 * @param {ParentNode} root
 * @param {Data} data
 * @param {{ easel: Easel, tool: Tool, cursor: Cell, box: Box | null, isHeld: boolean }} now
 */
export function showMap(root, data, { easel, tool, cursor: [y, x], box, isHeld }) {
  const { values, recorded } = easel, scale = spanning(values);
  const palette = bytes(data.palettes[scale.signed ? "signed" : "viridis"]);
  drawMap(find(root, "canvas", HTMLCanvasElement), data.shape, { values, recorded }, scale, palette);
  drawLegend(root, legendOf({ scale, palette, gamma: 1 }, data.unit, 1));
  for (const one of TOOLS) part(root, `.tools .${one}`).setAttribute("aria-pressed", String(one === tool));
  for (const [name, isThere] of /** @type {const} */ ([
    [".undo", easel.steps.length], [".redo", easel.undone.length], [".reset", easel.steps.length],
  ])) part(root, name).setAttribute("aria-disabled", String(!isThere));
  layOver(part(root, ".cursor"), [y, x, y + 1, x + 1], data.shape);
  const over = part(root, ".box"), shift = easel.open && "by" in easel.open ? easel.open.by : null;
  const isThere = tool === "shift" && box !== null;
  if (isThere) layOver(over, shift ? moved(box, shift) : box, data.shape);
  over.hidden = !isThere;
  over.classList.toggle("held", isHeld);
  part(root, ".read").textContent = `y ${y}, x ${x}: ${number(values[y * data.shape[1] + x])}`;
}
