// A picture cut into cells, one of which is chosen.
import { oneOf } from "./shared/choosing.js";
import { element, find, focusedIn, part, setSource } from "./shared/dom.js";
import { drawLegend } from "./shared/legend.js";
import { inRows, toEnds } from "./shared/movement.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */

/**
 * @typedef {object} Data
 * @property {string} url
 * @property {string[]} labels
 * @property {string[] | null} captions
 * @property {number} columns
 * @property {number} selected
 * @property {string} alt
 * @property {Legend | null} legend
 */

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const sheet = find(parentElement, ".grid img", HTMLImageElement);
  setSource(sheet, data.url);
  sheet.alt = data.alt;

  const list = part(parentElement, ".cells");
  const rows = Math.ceil(data.labels.length / data.columns);
  list.style.gridTemplate = `repeat(${rows}, 1fr) / repeat(${data.columns}, 1fr)`;
  list.setAttribute("role", "grid");
  list.setAttribute("aria-label", data.alt);

  const hadFocus = focusedIn(list) !== null;
  const cells = data.labels.map((label, i) => cell(label, data.captions?.[i]));
  list.replaceChildren(...cells);
  drawLegend(parentElement, data.legend);
  return oneOf({
    list,
    cells,
    selected: data.selected,
    attribute: "aria-selected",
    steps: (at) => ({ ...inRows(data.columns), ...toEnds(at, cells.length) }),
    send: (i) => setTriggerValue("chosen", i),
    hadFocus,
    scrolls: false,
  });
}

/**
 * @param {string} label
 * @param {string} [caption]
 */
function cell(label, caption) {
  const button = element("button");
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.setAttribute("role", "gridcell");
  if (caption !== undefined) button.append(element("span", "", caption));
  return button;
}
