// What is written at both maps of the player, and what a screen reader says of them.
import { find, part } from "../shared/dom.js";
import { drawLegend } from "../shared/legend.js";
/** @import { Data } from "../window.js" */

/**
 * @param {HTMLElement} root
 * @param {Data} data
 */
export function label(root, data) {
  const source = part(root, ".source"), output = part(root, ".output");
  const [rows, columns] = data.source.shape, [height, width] = data.output.shape;
  part(source, ".title").textContent = data.source_label;
  part(output, ".title").textContent = data.output_label;
  drawLegend(source, data.source.legend);
  drawLegend(output, data.output.legend);
  const left = find(source, "canvas", HTMLCanvasElement), right = find(output, "canvas", HTMLCanvasElement);
  left.setAttribute("role", "img");
  left.setAttribute("aria-label", `${data.source_label}: ${rows} by ${columns} values`);
  right.setAttribute(
    "aria-label", `${data.output_label}: ${height} by ${width} values. The arrow keys move the window.`,
  );
}
