// A window slides over a map; its numbers, and the output it paints, are worked out here from what the server sent
// once. The server hears where the window came to rest, not of the steps between.
import { find, part } from "./shared/dom.js";
import { drawLegend } from "./shared/legend.js";
import { Kept, Player } from "./window/player.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */
/** @import { Scale } from "./shared/colors.js" */
/** @import { Pair, Rule, Window } from "./window/arithmetic.js" */

/** @typedef {Scale & { url: string, shape: Pair, colors: string, legend: Legend }} View */
/**
 * @typedef {object} Shown
 * @property {View} source
 * @property {View} output
 * @property {string | null} photo
 * @property {(number | null)[][] | null} kernel
 * @property {[number, number]} at
 * @property {Rule} rule
 * @property {boolean} counts_padding
 * @property {string} signed
 * @property {string} source_label
 * @property {string} output_label
 * @property {string} note
 */
/** @typedef {Window & Shown} Data */

/** @type {WeakMap<HTMLElement, Kept>} */
const all = new WeakMap(); // root -> where the window is, from rerun to rerun

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = part(parentElement, ".player");
  const kept = all.get(root) ?? new Kept();
  all.set(root, kept);
  label(root, data);
  return new Player(root, data, kept, (place) => setTriggerValue("moved", place)).begin();
}

/**
 * @param {HTMLElement} root
 * @param {Data} data
 */
function label(root, data) {
  const source = part(root, ".source"), output = part(root, ".output");
  const [rows, columns] = data.source.shape, [height, width] = data.output.shape;
  part(source, ".title").textContent = data.source_label;
  part(output, ".title").textContent = data.output_label;
  drawLegend(source, data.photo ? null : data.source.legend);
  drawLegend(output, data.output.legend);
  const left = find(source, "canvas", HTMLCanvasElement), right = find(output, "canvas", HTMLCanvasElement);
  left.setAttribute("role", "img");
  left.setAttribute("aria-label", `${data.source_label}: ${rows} by ${columns} values`);
  right.setAttribute(
    "aria-label", `${data.output_label}: ${height} by ${width} values. The arrow keys move the window.`,
  );
}
