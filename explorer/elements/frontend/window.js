// A window slides over a map; its numbers, and the output it paints, are worked out here from what the server sent
// once. The server hears where the window came to rest, not of the steps between.
import { part } from "./shared/dom.js";
import { label } from "./window/labels.js";
import { Kept, Player } from "./window/player.js";
import { load } from "./window/stage.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */
/** @import { Scale } from "./shared/colors.js" */
/** @import { Pair, Rule, Window } from "./window/arithmetic.js" */

/** @typedef {Scale & { url: string, shape: Pair, colors: string, legend: Legend }} View */
/**
 * @typedef {object} Shown
 * @property {View} source
 * @property {View} output
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
  kept.end(); // nobody else ends what was drawn before
  kept.end = new Player(root, data, kept, (place) => setTriggerValue("moved", place)).begin(load(data));
  return kept.end;
}
