// A map over the picture that it belongs to.
import { Closeup } from "./probe/closeup.js";
import { find, part, setSource } from "./shared/dom.js";
import { drawLegend } from "./shared/legend.js";
import { floats } from "./shared/numbers.js";
/** @import { View } from "./probe/closeup.js" */
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */

/**
 * @typedef {Omit<View, "values" | "about"> & { heat: string, pixelated: boolean, values: string, opacity: number,
 *   legend: Legend }} Data
 */

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data] }) {
  const heat = find(parentElement, "img.heat", HTMLImageElement);
  setSource(heat, data.heat);
  heat.style.imageRendering = data.pixelated ? "pixelated" : "auto";
  const closeup = new Closeup(part(parentElement, ".probe"), data.opacity);
  closeup.show({ ...data, values: floats(data.values), about: "" });
  drawLegend(parentElement, data.legend);
}
