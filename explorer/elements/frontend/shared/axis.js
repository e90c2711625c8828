// What a chart is written with: the numbers along its axis, and its letters.
import { drawn } from "./dom.js";

/**
 * Round numbers along an axis, with a step that leaves room between them.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 */
export function ticks(low, high, most) {
  const least = (high - low) / most, power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5].find((times) => times * power >= least) ?? 10);
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) found.push(n * step + 0); // of which −0 becomes 0
  return found;
}

/**
 * Letters in a drawing.
 * @param {string} said
 * @param {number} x
 * @param {number} y
 * @param {string} name
 * @param {"start" | "middle" | "end"} [anchor]
 */
export function lettered(said, x, y, name, anchor = "start") {
  const made = drawn("text", { x, y, class: name, "text-anchor": anchor });
  made.textContent = said;
  return made;
}
