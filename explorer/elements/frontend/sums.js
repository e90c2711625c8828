// A table of numbers whose last column may be a bar. On a narrow page every row becomes a card, each number behind the
// name of its column.
import { element, find } from "./shared/dom.js";
import { clamp } from "./shared/movement.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ cells: string[], bar: number | null, strong: boolean }} Row */
/** @typedef {{ columns: string[], alt: string, rows: Row[] }} Data */

const LONG = 28; // letters: what is longer is read as words, and may be broken

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data] }) {
  find(parentElement, "table", HTMLTableElement).setAttribute("aria-label", data.alt);
  const isWords = data.columns.map((_, i) => data.rows.some((row) => row.cells[i].length > LONG));
  const hasBars = data.rows.some((row) => row.bar !== null);
  const isBarred = data.columns.map((_, i) => hasBars && i === data.columns.length - 1);

  /**
   * @param {"th" | "td"} tag
   * @param {string} text
   * @param {number} i
   */
  function cell(tag, text, i) {
    const made = element(tag, "", text);
    made.classList.toggle("words", isWords[i]);
    made.classList.toggle("barred", isBarred[i]);
    return made;
  }

  const head = element("tr");
  head.append(...data.columns.map((name, i) => Object.assign(cell("th", name, i), { scope: "col" })));
  const rows = data.rows.map((row) => {
    const made = element("tr", row.strong ? "strong" : "");
    const cells = row.cells.map((text, i) => {
      const one = i ? cell("td", text, i) : Object.assign(cell("th", text, i), { scope: "row" });
      one.dataset.column = data.columns[i];
      return one;
    });
    if (row.bar !== null) cells[cells.length - 1].append(track(row.bar));
    made.append(...cells);
    return made;
  });
  find(parentElement, "thead", HTMLTableSectionElement).replaceChildren(head);
  find(parentElement, "tbody", HTMLTableSectionElement).replaceChildren(...rows);
}

/** @param {number} share */
function track(share) {
  const made = element("span", "track"), bar = element("span", "bar");
  bar.style.width = `${100 * clamp(share, 0, 1)}%`;
  made.append(bar);
  return made;
}
