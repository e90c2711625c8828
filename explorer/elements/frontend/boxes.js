// Boxes to choose from: what shows the choice follows at once, and the server hears of it when it has come to rest.
import { choiceOf } from "./shared/choice.js";
import { element, focusedIn, part } from "./shared/dom.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ name: string, label: string, options: string[], chosen: string, disabled: boolean }} Box */

/** @type {WeakMap<Node, string>} */
const drawn = new WeakMap(); // place -> the boxes that stand in it

/** @param {Given<{ boxes: Box[] }>} given */
export default function ({ parentElement, data: [{ boxes }], setTriggerValue }) {
  const place = part(parentElement, ".boxes");
  const names = JSON.stringify(boxes.map(({ name, options }) => [name, options]));
  if (drawn.get(place) !== names && !focusedIn(place)) place.replaceChildren(...boxes.map(labelled));
  drawn.set(place, names);
  const selects = [...place.querySelectorAll("select")];
  const ends = boxes.map(({ name, chosen, disabled }, i) => {
    const choice = choiceOf(name), select = selects[i], show = () => {
      select.value = String(choice.value ?? chosen);
    };
    select.disabled = disabled;
    select.onchange = () => choice.choose(select.value, (rested) => setTriggerValue(name, rested));
    choice.hear(chosen, null, select);
    show();
    return choice.follow(show, select);
  });
  return () => {
    for (const end of ends) end();
  };
}

/** @param {Box} box */
function labelled({ label, options }) {
  const made = element("label", "", label), select = element("select");
  select.append(...options.map((option) => element("option", "", option)));
  made.append(select);
  return made;
}
