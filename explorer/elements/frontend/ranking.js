// Classes as bars, one of them chosen: what shows its maps follows at once.
import { choiceOf } from "./shared/choice.js";
import { element, part } from "./shared/dom.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ index: number, name: string, share: number, value: string }} Row */

/** @param {Given<{ label: string, rows: Row[], chosen: number }>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const list = part(parentElement, ".ranking"), choice = choiceOf("class");
  const buttons = data.rows.map((row) => {
    const button = element("button");
    button.type = "button";
    const bar = element("span", "bar");
    bar.style.width = `${100 * row.share}%`;
    button.append(bar, element("span", "name", row.name), element("span", "value", row.value));
    button.onclick = () => choice.choose(row.index, (rested) => setTriggerValue("chosen", rested));
    return button;
  });
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", data.label);
  const mark = () => buttons.forEach((button, i) => {
    button.setAttribute("aria-pressed", String(data.rows[i].index === choice.value));
  });
  list.replaceChildren(...buttons);
  choice.hear(data.chosen, null, list);
  mark();
  return choice.follow(mark, list);
}
