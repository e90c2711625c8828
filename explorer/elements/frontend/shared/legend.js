// A colour bar.
import { valueOf } from "./colors.js";
import { part } from "./dom.js";
import { number } from "./numbers.js";
/** @import { Scale } from "./colors.js" */

/** @typedef {{ stops: string[], low: string, middle: string, high: string, unit: string }} Legend */

const TEXTS = /** @type {const} */ (["low", "middle", "high", "unit"]);

/**
 * Draw what the legend in `root` says; hide it where there is nothing to say.
 * @param {ParentNode} root
 * @param {Legend | null} said
 */
export function drawLegend(root, said) {
  const legend = part(root, ".legend");
  legend.hidden = said === null;
  if (said === null) return;
  part(legend, ".ramp").style.background = `linear-gradient(to right, ${said.stops.join(", ")})`;
  for (const text of TEXTS) part(legend, `.${text}`).textContent = said[text];
}

const STOPS = 17;

/**
 * What a legend says of a scale that was made stronger: `boost` times, and by the power `gamma`.
 * @param {{ scale: Scale, palette: Uint8Array, gamma: number }} ink
 * @param {string} unit
 * @param {number} boost
 * @returns {Legend}
 */
export function legendOf({ scale, palette, gamma }, unit, boost) {
  const stops = Array.from({ length: STOPS }, (_, i) => {
    const at = 3 * Math.round((254 * i) / (STOPS - 1));
    return `rgb(${palette[at]} ${palette[at + 1]} ${palette[at + 2]})`;
  });
  const middle = scale.signed ? 0 : valueOf(254 * 0.5 ** (1 / gamma), scale), beyond = boost > 1;
  const strong = beyond ? `; colours ${boost} times as strong` : "", bend = gamma < 1 ? `; gamma ${gamma}` : "";
  return {
    stops,
    low: `${beyond && scale.signed ? "≤ " : ""}${number(scale.low)}`,
    middle: number(middle),
    high: `${beyond ? "≥ " : ""}${number(scale.high)}`,
    unit: `${unit}${strong}${bend}`,
  };
}
