// Classes as bars, one of them chosen.
import { element, part } from "./shared/dom.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ index: number, name: string, share: number, value: string, chosen: boolean }} Row */

/** @param {Given<{ label: string, rows: Row[] }>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const list = part(parentElement, ".ranking");
  const buttons = data.rows.map((row) => {
    const button = element("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(row.chosen));
    const bar = element("span", "bar");
    bar.style.width = `${100 * row.share}%`;
    button.append(bar, element("span", "name", row.name), element("span", "value", row.value));
    button.onclick = () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      setTriggerValue("chosen", row.index);
    };
    return button;
  });
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...buttons);
}
