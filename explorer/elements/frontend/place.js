// The cell that is looked at, as y and x: typed, stepped through, or left to where the channel's value is highest.
import { choiceOf } from "./shared/choice.js";
import { find } from "./shared/dom.js";
import { clamp } from "./shared/movement.js";
import { chosenIn, placeIn, unitChoice, written } from "./shared/unit.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Chosen, Place } from "./shared/unit.js" */

/** @typedef {{ size: Place, best: Place[], channel: number, at: Chosen }} Data */

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const unit = unitChoice(), channel = choiceOf("channel");
  /** @param {Chosen} place */
  const choose = (place) => unit.choose(written(place), (rested) => setTriggerValue("place", chosenIn(rested)));
  const shown = () => {
    const best = data.best[clamp(Number(channel.value ?? data.channel), 0, data.best.length - 1)];
    return { best, place: placeIn(unit.value, best) };
  };
  const boxes = [0, 1].map((axis) => boxOf(parentElement, axis, data.size[axis], (at) => {
    const place = chosenIn(unit.value);
    place[axis] = typeof at === "function" ? at(shown().place[axis]) : at;
    choose(place);
  }));
  const show = () => {
    const { best, place } = shown(), chosen = chosenIn(unit.value);
    boxes.forEach((box, axis) => box(chosen[axis], place[axis], best[axis]));
  };
  find(parentElement, ".strongest", HTMLButtonElement).onclick = () => choose([null, null]);
  channel.hear(data.channel, 0, parentElement);
  unit.hear(written(data.at), written([null, null]), parentElement);
  show();
  const ends = [unit.follow(show, parentElement), channel.follow(show, parentElement)];
  return () => ends.forEach((end) => end());
}

/**
 * The box of one axis; returns what has it show a place.
 * @param {ParentNode} root
 * @param {number} axis
 * @param {number} size
 * @param {(at: number | null | ((now: number) => number)) => void} choose
 */
function boxOf(root, axis, size, choose) {
  const name = "yx"[axis], last = size - 1;
  const box = find(root, `#unit-${name}`, HTMLInputElement), less = find(root, `.${name} .less`, HTMLButtonElement);
  const more = find(root, `.${name} .more`, HTMLButtonElement);
  find(root, `.${name} .label`, HTMLElement).textContent = `${name}, 0 to ${last}`;
  box.max = String(last);
  box.onchange = () => {
    const typed = Math.round(Number(box.value));
    choose(box.value.trim() === "" || !Number.isFinite(typed) ? null : clamp(typed, 0, last));
  };
  less.onclick = () => choose((now) => Math.max(0, now - 1));
  more.onclick = () => choose((now) => Math.min(last, now + 1));
  return (/** @type {number | null} */ chosen, /** @type {number} */ now, /** @type {number} */ best) => {
    const text = chosen === null ? "" : String(chosen);
    if (box.value !== text) box.value = text;
    box.placeholder = String(best);
    [less.disabled, more.disabled] = [now === 0, now === last];
  };
}
