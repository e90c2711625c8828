// A sum from top to bottom: each bar begins where the one above it ended. Rows that stand for a channel have its map
// beside them and can be chosen.
import { oneOf } from "./shared/choosing.js";
import { element, focusedIn, part } from "./shared/dom.js";
import { toEnds } from "./shared/movement.js";
import { barOf, tileOf } from "./waterfall/layout.js";
/** @import { Given } from "./shared/dom.js" */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} note
 * @property {string} value
 * @property {number} start
 * @property {number} end
 * @property {"for" | "against" | "result"} kind
 * @property {number} tile
 * @property {number | null} input
 */
/**
 * @typedef {object} Data
 * @property {string} alt
 * @property {string} sheet
 * @property {number} n_tiles
 * @property {number} selected
 * @property {number} zero
 * @property {{ for: string, against: string }} colors
 * @property {Row[]} rows
 */

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const list = part(parentElement, ".waterfall"), hadFocus = focusedIn(list) !== null;
  list.setAttribute("aria-label", data.alt);
  list.classList.toggle("plain", !data.n_tiles);
  const lines = data.rows.map((row) => lineOf(row, data));
  list.replaceChildren(...lines.map((line) => {
    const item = element("div", "item");
    item.setAttribute("role", "listitem");
    item.append(line);
    return item;
  }));
  const cells = lines.filter((line) => line instanceof HTMLButtonElement);
  const inputs = data.rows.map((row) => row.input).filter((input) => input !== null);
  return oneOf({
    list,
    cells,
    selected: inputs.indexOf(data.selected),
    attribute: "aria-pressed",
    steps: (at) => ({ ArrowUp: -1, ArrowDown: 1, ...toEnds(at, cells.length) }),
    send: (i) => setTriggerValue("chosen", inputs[i]),
    hadFocus,
    scrolls: true,
  });
}

/**
 * @param {Row} row
 * @param {Data} data
 */
function lineOf(row, data) {
  const line = element(row.input === null ? "div" : "button", `row ${row.kind}`);
  const track = element("span", "track"), bar = element("span", "bar"), zero = element("span", "zero");
  const { left, width } = barOf(row);
  bar.style.left = `${left}%`;
  bar.style.width = `${width}%`;
  if (row.kind !== "result") bar.style.background = data.colors[row.kind];
  zero.style.left = `${100 * data.zero}%`;
  track.append(zero, bar);
  const name = element("span", "name", row.name), note = element("span", "note", row.note);
  line.append(thumbnail(row, data), name, note, track, element("span", "value", row.value));
  if (line instanceof HTMLButtonElement) {
    line.type = "button";
    line.setAttribute("aria-label", `${row.name}: ${row.note ? `${row.note} = ` : ""}${row.value}`);
  }
  return line;
}

/**
 * @param {Row} row
 * @param {Data} data
 */
function thumbnail(row, data) {
  if (row.tile < 0) return element("span", "tile none");
  const tile = element("span", "tile"), { height, top } = tileOf(row.tile, data.n_tiles);
  tile.style.backgroundImage = `url("${data.sheet}")`;
  tile.style.backgroundSize = `100% ${height}%`;
  tile.style.backgroundPosition = `0 ${top}%`;
  return tile;
}
