// Pictures in rows and columns with headings, on one or more sheets, or maps that are drawn here; where cells can be
// chosen, one of them is.
import { LOOK, follow, hearLook } from "./evidence/maps.js";
import { loaded, paintRow } from "./evidence/row.js";
import { choiceOf } from "./shared/choice.js";
import { oneOf } from "./shared/choosing.js";
import { element, focusedIn, inGridRows, part, setSource } from "./shared/dom.js";
import { drawLegend, legendOf } from "./shared/legend.js";
import { inRows } from "./shared/movement.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */
/** @import { Row } from "./evidence/row.js" */

/** @typedef {{ url: string, rows: number, smooth: boolean }} Sheet */
/** @typedef {Row & { unit: string | null }} Drawn a row of maps; the unit is that of a scale for all */
/** @typedef {{ name: string, values: (string | number)[], said: boolean }} Chooses what of the page a cell chooses */
/**
 * @typedef {object} Data
 * @property {Sheet[]} sheets
 * @property {Drawn | null} drawn
 * @property {[string, string][]} columns
 * @property {string[]} rows
 * @property {number} width
 * @property {string} alt
 * @property {Legend | null} legend
 * @property {(string | null)[] | null} labels
 * @property {number} selected
 * @property {Chooses | null} chooses
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
  const { drawn } = data, canvas = strip.querySelector("canvas") ?? element("canvas");
  if (drawn) {
    const holder = element("div", "sheet");
    holder.style.gridColumn = `2 / span ${n}`;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", data.alt);
    holder.append(canvas);
    if (data.labels) holder.append(overlay(data.labels, 1, data, cells));
    parts.push(rowNames(data.rows, hasNames), holder);
  }
  strip.replaceChildren(...parts);
  if (!drawn || drawn.unit === null) drawLegend(parentElement, data.legend);

  if (cells.some((cell) => cell !== null)) scroll.removeAttribute("tabindex");
  else scroll.tabIndex = 0; // so that the arrow keys can move what is wider than the page
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", data.alt);
  /** @type {(cell: number) => void} */
  const send = (i) => setTriggerValue("chosen", i);
  const ends = [choosing(strip, cells, data, send, hadFocus)];
  if (drawn) ends.push(painted(parentElement, canvas, drawn));
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Listen to the cells; where they choose something of the page, what else shows it follows at once. Returns what ends
 * that.
 * @param {HTMLElement} list
 * @param {(HTMLButtonElement | null)[]} cells
 * @param {Data} data
 * @param {(cell: number) => void} send
 * @param {boolean} hadFocus
 */
function choosing(list, cells, data, send, hadFocus) {
  const { chooses, selected } = data, steps = () => inRows(data.columns.length);
  /** @type {Omit<Parameters<typeof oneOf>[0], "selected" | "hadFocus" | "send">} */
  const way = { list, cells, attribute: "aria-selected", steps, scrolls: true };
  if (!chooses) return oneOf({ ...way, selected, send, hadFocus });
  const choice = choiceOf(chooses.name), { values } = chooses;
  /** @type {(cell: number) => void} */
  const choose = (i) => choice.choose(values[i], (value) => send(values.indexOf(value)));
  const mark = (/** @type {boolean} */ focuses) => {
    const at = values.indexOf(choice.value ?? "");
    oneOf({ ...way, selected: at < 0 ? selected : at, send: choose, hadFocus: focuses, rest: 0 });
  };
  if (chooses.said && selected >= 0) choice.hear(values[selected], null, list);
  mark(hadFocus);
  return choice.follow(() => mark(focusedIn(list) !== null), list);
}

/**
 * Keep a row of maps drawn as the page says; returns what ends that.
 * @param {HTMLElement | ShadowRoot} root
 * @param {HTMLCanvasElement} canvas
 * @param {Drawn} row
 */
function painted(root, canvas, row) {
  let isOver = false;
  const draw = async () => {
    try {
      const photo = await loaded(row);
      if (!isOver) paint(photo); // another row is there since
    } catch (error) {
      canvas.replaceWith(element("p", "", `The maps could not be fetched: ${error}`));
    }
  };
  const paint = (/** @type {HTMLImageElement} */ photo) => {
    const inks = paintRow(canvas, row, photo), [{ scale }] = inks;
    const isOne = inks.every((ink) => ink.scale.low === scale.low && ink.scale.high === scale.high);
    if (row.unit !== null) drawLegend(root, isOne ? legendOf(inks[0], row.unit, 1) : null);
  };
  hearLook(row.maps, canvas);
  draw();
  const end = follow(LOOK, draw, canvas);
  return () => {
    isOver = true;
    end();
  };
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
  const here = labels.map((label) => {
    const button = label === null ? null : element("button");
    cells.push(button);
    if (button === null || label === null) return element("span");
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.setAttribute("role", "gridcell");
    return button;
  });
  over.append(...inGridRows(here, data.columns.length));
  return over;
}
