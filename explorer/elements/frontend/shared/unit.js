// Which cell of a channel's map is looked at: one that somebody chose, else the one with the highest value.
import { choiceOf } from "./choice.js";
/** @import { Value } from "./choice.js" */

/** @typedef {readonly [number, number]} Place (y, x) */
/** @typedef {[number | null, number | null]} Chosen (y, x), null where nobody has chosen */

/** The one choice of the page: y and x with a comma between them, each of them left out where nobody chose it. */
export function unitChoice() {
  return choiceOf("unit", (value) => {
    const [y, x] = chosenIn(value);
    return { unit_y: y, unit_x: x };
  });
}

/** @param {Chosen} place */
export function written([y, x]) {
  return `${y ?? ""},${x ?? ""}`;
}

/**
 * @param {Value | null} value
 * @returns {Chosen}
 */
export function chosenIn(value) {
  const [y, x] = String(value ?? ",").split(",").map((part) => (part === "" ? null : Number(part)));
  return [y, x];
}

/**
 * @param {Value | null} value
 * @param {Place} best where the highest value is
 * @returns {[number, number]}
 */
export function placeIn(value, best) {
  const [y, x] = chosenIn(value);
  return [y ?? best[0], x ?? best[1]];
}
