// The number of the chosen channel: typed, or stepped through; whatever else on the page chooses one is followed.
import { choiceOf } from "./shared/choice.js";
import { find } from "./shared/dom.js";
import { clamp } from "./shared/movement.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ channel: number, last: number, label: string }} Data */

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const box = find(parentElement, "input", HTMLInputElement), choice = choiceOf("channel");
  find(parentElement, ".label", HTMLElement).textContent = data.label;
  box.max = String(data.last);
  const show = () => {
    const channel = clamp(Number(choice.value ?? data.channel), 0, data.last);
    if (Number(box.value) !== channel || box.value === "") box.value = String(channel);
    for (const [name, end] of /** @type {const} */ ([[".less", 0], [".more", data.last]]))
      find(parentElement, name, HTMLButtonElement).disabled = channel === end;
    return channel;
  };
  /** @param {number} channel */
  const choose = (channel) => choice.choose(channel, (rested) => setTriggerValue("chosen", rested));
  box.onchange = () => {
    const typed = Math.round(Number(box.value));
    if (box.value.trim() !== "" && Number.isFinite(typed)) choose(clamp(typed, 0, data.last));
    show();
  };
  find(parentElement, ".less", HTMLButtonElement).onclick = () => choose(Math.max(0, show() - 1));
  find(parentElement, ".more", HTMLButtonElement).onclick = () => choose(Math.min(data.last, show() + 1));
  choice.hear(data.channel, 0, parentElement);
  show();
  return choice.follow(show, parentElement);
}
