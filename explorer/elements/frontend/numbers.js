// Numbers in cells of their colours.
import { element, part } from "./shared/dom.js";
import { drawLegend } from "./shared/legend.js";
import { reach } from "./shared/scrolling.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */

/** @typedef {{ short: string, exact: string, color: string, dark: boolean, label: string }} Cell */
/** @typedef {{ title: string, rows: string[], columns: string[], cells: Cell[][], printed: boolean }} Table */
/** @typedef {{ place: HTMLElement, short: string, exact: string }} Text what is written in a cell */

/** @param {Given<{ tables: Table[], legend: Legend }>} given */
export default function ({ parentElement, data: [data] }) {
  const root = part(parentElement, ".numbers"), button = part(root, ".exact"), tables = part(root, ".tables");
  /** @type {Text[]} */
  const texts = [];
  tables.replaceChildren(...data.tables.map((table) => build(table, texts)));

  const isPrinted = data.tables.every((table) => table.printed);
  const write = () => {
    const isExact = root.dataset.exact === "yes";
    for (const { place, short, exact } of texts) place.textContent = isExact ? exact : short;
    tables.classList.toggle("exactly", isExact);
    const names = isPrinted
      ? ["Numbers in full precision", "Short numbers"]
      : ["Print the numbers in the cells", "Colours only"];
    button.textContent = names[Number(isExact)];
  };
  button.onclick = () => {
    root.dataset.exact = root.dataset.exact === "yes" ? "no" : "yes";
    write();
  };
  write();
  drawLegend(root, data.legend);
  return reach(tables.querySelectorAll("table"));
}

/**
 * @param {Table} table
 * @param {Text[]} texts to which those of its cells are added
 */
function build(table, texts) {
  const made = element("table");
  made.createCaption().textContent = table.title;
  const head = made.createTHead().insertRow();
  head.append(element("td"), ...table.columns.map((name) => heading(name, "col")));
  const body = made.createTBody();
  table.cells.forEach((cells, y) => {
    const row = body.insertRow();
    row.append(heading(table.rows[y], "row"));
    for (const cell of cells) {
      const place = element("td", cell.dark ? "cell dark" : "cell");
      place.style.background = cell.color || "none";
      if (cell.exact) place.title = `${cell.label}: ${cell.exact}`;
      texts.push({ place, short: table.printed ? cell.short : "", exact: cell.exact });
      row.append(place);
    }
  });
  return made;
}

/**
 * @param {string} text
 * @param {string} scope
 */
function heading(text, scope) {
  const made = element("th", "", text);
  made.scope = scope;
  return made;
}
