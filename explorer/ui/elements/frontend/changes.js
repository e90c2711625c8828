// Rows of bars that tell a change.
import { element, part } from "./shared/dom.js";
import { clamp } from "./shared/movement.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ name: string, before: number | null, after: number, value: string }} Row */

/** @param {Given<{ rows: Row[] }>} given */
export default function ({ parentElement, data: [data] }) {
  part(parentElement, ".changes").replaceChildren(...data.rows.map((row) => {
    const item = element("div", "row");
    item.setAttribute("role", "listitem");
    item.append(element("div", "name", row.name), element("div", "value", row.value));
    for (const kind of /** @type {const} */ (["before", "after"])) {
      const share = row[kind];
      if (share === null) continue;
      const bar = element("div", `bar ${kind}`);
      bar.style.width = `${100 * clamp(share, 0, 1)}%`;
      item.append(bar);
    }
    return item;
  }));
}
