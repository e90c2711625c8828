// A colour bar.
import { part } from "./dom.js";

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
