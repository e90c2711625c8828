// A network as a strip of blocks, one for each stage, of which one is chosen: what shows its maps follows at once.
import { choiceOf } from "./shared/choice.js";
import { oneOf } from "./shared/choosing.js";
import { element, focusedIn, part } from "./shared/dom.js";
import { inRows, toEnds } from "./shared/movement.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ name: string, height: number, width: number }} Block */

/** @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap(); // strip -> the blocks that stand in it

/** @param {Given<{ blocks: Block[], stages: string[], asked: string, selected: number }>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const list = part(parentElement, ".stages");
  const hadFocus = focusedIn(list) !== null, blocks = JSON.stringify(data.blocks);
  if (drawn.get(list) !== blocks) {
    drawn.set(list, blocks);
    list.replaceChildren(...data.blocks.map(block));
  }
  const cells = [...list.querySelectorAll("button")];
  list.style.setProperty("--count", String(cells.length));
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", "Stages of the network");
  const choice = choiceOf("layer"), { stages } = data;
  /** Of another layer than the server knows of, the block of its name; until then, the one that holds it. */
  const marked = () => {
    const named = choice.value === data.asked ? -1 : stages.indexOf(String(choice.value));
    return named < 0 ? data.selected : named;
  };
  const mark = (/** @type {boolean} */ focuses) => oneOf({
    list,
    cells,
    selected: marked(),
    attribute: "aria-pressed",
    steps: (at) => ({ ...inRows(cells.length), ...toEnds(at, cells.length) }),
    send: (i) => choice.choose(stages[i], (stage) => setTriggerValue("chosen", stages.indexOf(String(stage)))),
    hadFocus: focuses,
    scrolls: false,
    rest: 0,
  });
  choice.hear(data.asked, null, list);
  mark(hadFocus);
  return choice.follow(() => mark(focusedIn(list) !== null), list);
}

/** @param {Block} block */
function block({ name, height, width }) {
  const button = element("button"), side = element("span");
  button.type = "button";
  button.title = name;
  button.setAttribute("aria-label", name);
  button.style.flexGrow = String(width);
  side.style.height = `${100 * height}%`;
  button.append(side);
  return button;
}
