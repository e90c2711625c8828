// A row of blocks: each a box, with what it is called and what it gives below it.
import { element, part } from "./shared/dom.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ name: string, size: string, high: number, wide: number, works: boolean }} Step sizes in pixels */

/** @param {Given<{ steps: Step[], alt: string }>} given */
export default function ({ parentElement, data: [{ steps, alt }] }) {
  const list = part(parentElement, "ol");
  list.setAttribute("aria-label", alt);
  list.replaceChildren(...steps.map(({ name, size, high, wide, works }) => {
    const item = element("li", works ? "" : "mistaken"), place = element("div", "place"), box = element("div", "box");
    [box.style.height, box.style.width] = [`${high}px`, `${wide}px`];
    place.append(box);
    item.append(place, element("b", "", name), element("span", "", size));
    return item;
  }));
}
