// Units beside a unit: links with an address of their own, which the app follows without loading anew.
import { element, part } from "./shared/dom.js";
import { followed } from "./shared/links.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ name: string, note: string, bar: number, pictures: [string, string][], address: string }} Row */

/** @param {Given<{ label: string, rows: Row[] }>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const list = part(parentElement, ".unitlinks");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.rows.map((row, i) => {
    const item = element("li"), link = element("a"), words = element("span", "words"), bar = element("span", "bar");
    bar.style.width = `${100 * row.bar}%`;
    words.append(element("span", "name", row.name), element("span", "note", row.note));
    link.append(bar, ...row.pictures.map(([address, what]) => picture(address, what)), words);
    item.append(followed(link, row.address, () => setTriggerValue("chosen", i)));
    return item;
  }));
}

/**
 * @param {string} address
 * @param {string} what
 */
function picture(address, what) {
  const made = element("img");
  made.src = address;
  made.alt = what;
  made.title = what;
  return made;
}
