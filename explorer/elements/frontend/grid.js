// A picture cut into cells, one of which is chosen, or each of which is switched. What is written at a cell stands
// above or beside its part of the picture, never on it.
import { each, oneOf } from "./shared/choosing.js";
import { element, focusedIn, inGridRows, part } from "./shared/dom.js";
import { drawLegend } from "./shared/legend.js";
import { inRows, toEnds } from "./shared/movement.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */

/**
 * @typedef {object} Data
 * @property {string} url
 * @property {number[]} size width and height of the picture, in pixels
 * @property {string[]} labels
 * @property {string[] | null} captions
 * @property {number} columns
 * @property {number} selected
 * @property {boolean[] | null} pressed which cells are switched on, where each is by itself
 * @property {number[]} pale
 * @property {string} alt
 * @property {Legend | null} legend
 */

const WIDE = 6; // times as wide as high: beside such a cell there is more room than above it

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const list = part(parentElement, ".cells"), { columns } = data;
  const rows = Math.ceil(data.labels.length / columns);
  const width = data.size[0] / columns, height = data.size[1] / rows;
  list.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  list.classList.toggle("beside", width > WIDE * height);
  list.setAttribute("role", data.pressed ? "group" : "grid");
  list.setAttribute("aria-label", data.alt);
  show(list, data.url);

  const focus = focusedIn(list), focused = [...list.querySelectorAll("button")].findIndex((old) => old === focus);
  const cells = data.labels.map((label, i) => {
    const made = cell(label, data.captions?.[i]), tile = element("i");
    tile.style.aspectRatio = `${width} / ${height}`;
    tile.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
    tile.style.backgroundPosition = `${share(i % columns, columns)}% ${share(Math.floor(i / columns), rows)}%`;
    made.classList.toggle("pale", data.pale.includes(i));
    if (data.pressed) made.setAttribute("aria-pressed", String(data.pressed[i]));
    else made.setAttribute("role", "gridcell");
    made.append(tile);
    return made;
  });
  list.replaceChildren(...(data.pressed ? cells : inGridRows(cells, columns)));
  drawLegend(parentElement, data.legend);
  /** @type {(at: number) => Record<string, number>} */
  const steps = (at) => ({ ...inRows(columns), ...toEnds(at, cells.length) });
  /** @type {(cell: number) => void} */
  const send = (i) => setTriggerValue("chosen", i);
  if (data.pressed) return each({ list, cells, steps, send, focused });
  const { selected } = data, hadFocus = focus !== null;
  return oneOf({ list, cells, attribute: "aria-selected", steps, scrolls: false, selected, send, hadFocus });
}

/**
 * The picture of which every cell shows its part. The one that is there stays until the next has come.
 * @param {HTMLElement} list
 * @param {string} url
 */
function show(list, url) {
  if (list.dataset.url === url) return;
  const put = () => list.style.setProperty("--sheet", `url("${CSS.escape(url)}")`);
  const isFirst = list.dataset.url === undefined;
  list.dataset.url = url;
  if (isFirst) return put();
  const next = new Image();
  next.onload = () => {
    if (list.dataset.url === url) put();
  };
  next.src = url;
}

/**
 * Where the nth of several equal parts begins, as CSS counts places of a background.
 * @param {number} at
 * @param {number} count
 */
function share(at, count) {
  return count > 1 ? (100 * at) / (count - 1) : 0;
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
  if (caption !== undefined) button.append(element("span", "", caption));
  return button;
}
