// A sum taken apart: bars each of which goes on where the one before ended, a table of products, and the steps behind
// it with their ticks.
import { element, focusedIn, part } from "./shared/dom.js";
import { linkTo } from "./shared/links.js";
import { reach } from "./shared/scrolling.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ name: string, text: string, input: number | null, from: number, to: number, way: number | null }} Bar */
/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} kind
 * @property {string} formula
 * @property {string} value
 * @property {string} exact
 * @property {boolean} agrees
 * @property {string} recorded
 * @property {number | null} way
 */
/**
 * @typedef {object} Data
 * @property {Bar[]} bars
 * @property {string[]} colors
 * @property {string} bars_title
 * @property {string} products_title
 * @property {string[]} columns
 * @property {[string, string][]} ways to units: what each is called, and its address
 * @property {string[][]} products
 * @property {(number | null)[]} product_ways
 * @property {string} rest
 * @property {Step[]} ledger
 */

/** @typedef {(way: number | null | undefined, text: string) => HTMLAnchorElement | null} Link */

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  /** @type {Link} */
  const link = (way, text) => (way === null || way === undefined
    ? null : linkTo(...data.ways[way], text, () => setTriggerValue("way", way)));
  const place = part(parentElement, ".bars"), focused = focusedIn(place)?.getAttribute("data-input");
  place.setAttribute("aria-label", data.bars_title);
  place.replaceChildren(
    element("div", "title", data.bars_title),
    ...data.bars.flatMap((bar) => {
      const row = barOf(bar, data, (input) => setTriggerValue("chosen", input)), to = link(bar.way, "↗");
      return to ? [row, to] : [row];
    }),
  );
  if (focused) {
    const again = place.querySelector(`[data-input="${Number(focused)}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }
  const rest = data.rest ? [element("div", "rest", data.rest)] : [];
  part(parentElement, ".products").replaceChildren(tableOf(data, link), ...rest);
  part(parentElement, ".ledger").replaceChildren(...data.ledger.map((step) => stepOf(step, link)));
  return reach([part(parentElement, ".products")]);
}

/**
 * @param {Bar} bar
 * @param {Data} data
 * @param {(input: number) => void} choose
 */
function barOf(bar, { bars, colors }, choose) {
  const { name, text, input, from, to } = bar, sum = bars[bars.length - 1];
  const row = element(input === null ? "div" : "button", bar === sum ? "bar sum" : "bar");
  const track = element("span", "track"), fill = element("span", "fill");
  const low = Math.min(from, to), high = Math.max(from, to);
  fill.style.left = `${100 * low}%`;
  fill.style.width = `${100 * (high - low)}%`;
  fill.style.background = to < from ? colors[3] : colors[colors.length - 4];
  fill.hidden = low === high;
  track.style.setProperty("--zero", `${100 * sum.from}%`);
  track.append(fill);
  row.append(element("span", "name", name), track, element("span", "value", text));
  if (row instanceof HTMLButtonElement && input !== null) {
    row.type = "button";
    row.dataset.input = String(input);
    row.title = `Show ${name} above`;
    row.onclick = () => choose(input);
  }
  return row;
}

/**
 * @param {Data} data
 * @param {Link} link
 */
function tableOf({ products_title, columns, products, product_ways: ways }, link) {
  const table = element("table"), head = element("tr");
  for (const name of columns) {
    const heading = element("th", "", name);
    heading.scope = "col";
    head.append(heading);
  }
  table.append(element("caption", "title", products_title), head);
  products.forEach((cells, i) => {
    const row = element("tr"), to = link(ways[i], cells[0]);
    row.append(...cells.map((text) => element("td", "", text)));
    if (to) row.cells[0].replaceChildren(to);
    table.append(row);
  });
  return table;
}

/**
 * @param {Step} step
 * @param {Link} link
 */
function stepOf(step, link) {
  const row = element("div", "step"), who = element("span", "who");
  who.append(link(step.way, step.name) ?? step.name, element("small", "", step.kind));
  const value = element("span", "is", `= ${step.value}`);
  value.title = step.exact;
  const tick = element("span", step.agrees ? "tick right" : "tick wrong", step.recorded);
  row.append(who, element("span", "formula", step.formula), value, tick);
  return row;
}
