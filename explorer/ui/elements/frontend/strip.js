// Pictures in rows and columns with headings, on one or more sheets; where cells can be chosen, one of them is.
import { oneOf } from "./shared/choosing.js";
import { element, focusedIn, part, setSource } from "./shared/dom.js";
import { drawLegend } from "./shared/legend.js";
import { inRows } from "./shared/movement.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */

/** @typedef {{ url: string, rows: number, smooth: boolean }} Sheet */
/**
 * @typedef {object} Data
 * @property {Sheet[]} sheets
 * @property {[string, string][]} columns
 * @property {string[]} rows
 * @property {number} width
 * @property {string} alt
 * @property {Legend | null} legend
 * @property {(string | null)[] | null} labels
 * @property {number} selected
 */

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const strip = part(parentElement, ".strip"), scroll = part(parentElement, ".scroll");
  const n = data.columns.length, hasNames = data.rows.some((name) => name);
  const hadFocus = focusedIn(strip) !== null;
  const width = `minmax(${Math.min(64, data.width)}px, ${data.width}px)`;
  strip.style.gridTemplateColumns = `${hasNames ? "auto" : "0"} repeat(${n}, ${width})`;

  /** @type {(HTMLButtonElement | null)[]} */
  const cells = [];
  const old = strip.querySelectorAll("img");
  const parts = [element("div", "head"), ...data.columns.map(heading)];
  let row = 0;
  data.sheets.forEach((sheet, number) => {
    parts.push(rowNames(data.rows.slice(row, row + sheet.rows), hasNames));
    const holder = element("div", sheet.smooth ? "sheet smooth" : "sheet");
    holder.style.gridColumn = `2 / span ${n}`;
    const picture = old[number] ?? element("img"); // the one that is there stays until the next has come
    setSource(picture, sheet.url);
    picture.alt = number ? "" : data.alt;
    holder.append(picture);
    const labels = data.labels?.slice(row * n, (row + sheet.rows) * n);
    if (labels) holder.append(overlay(labels, sheet.rows, data, cells));
    row += sheet.rows;
    parts.push(holder);
  });
  strip.replaceChildren(...parts);
  drawLegend(parentElement, data.legend);

  if (cells.some((cell) => cell !== null)) scroll.removeAttribute("tabindex");
  else scroll.tabIndex = 0; // so that the arrow keys can move what is wider than the page
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", data.alt);
  return oneOf({
    list: strip,
    cells,
    selected: data.selected,
    attribute: "aria-selected",
    steps: () => inRows(n),
    send: (i) => setTriggerValue("chosen", i),
    hadFocus,
    scrolls: true,
  });
}

/** @param {[string, string]} column */
function heading([title, note]) {
  const head = element("div", "head");
  title.split(".").forEach((word, i) => { // a long dotted name may break at its dots
    if (i) head.append(".", element("wbr"));
    head.append(word);
  });
  if (note) head.append(element("small", "", note));
  return head;
}

/**
 * @param {string[]} rows
 * @param {boolean} hasNames
 */
function rowNames(rows, hasNames) {
  const names = element("div", "names");
  names.style.gridTemplateRows = `repeat(${rows.length}, 1fr)`;
  names.style.paddingRight = hasNames ? "6px" : "0";
  names.append(...rows.map((name) => element("span", "", name)));
  return names;
}

/**
 * The cells of a sheet, which are added to `cells`.
 * @param {(string | null)[]} labels
 * @param {number} rows
 * @param {Data} data
 * @param {(HTMLButtonElement | null)[]} cells
 */
function overlay(labels, rows, data, cells) {
  const over = element("div", "cells");
  over.style.gridTemplate = `repeat(${rows}, 1fr) / repeat(${data.columns.length}, 1fr)`;
  over.setAttribute("role", "grid");
  over.setAttribute("aria-label", data.alt);
  for (const label of labels) {
    const button = label === null ? null : element("button");
    cells.push(button);
    over.append(button ?? element("span"));
    if (button === null || label === null) continue;
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.setAttribute("role", "gridcell");
  }
  return over;
}
