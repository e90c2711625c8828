// Buttons of which one is chosen: by mouse, by touch, or with the keys. One stop for the Tab key, arrows inside.
import { Later } from "./later.js";
import { reached } from "./movement.js";

/**
 * @typedef {object} Choosing
 * @property {HTMLElement} list what all buttons are in
 * @property {(HTMLButtonElement | null)[]} cells null where there is nothing to choose
 * @property {number} selected which one is chosen, -1 for none
 * @property {"aria-selected" | "aria-pressed"} attribute
 * @property {(at: number) => Record<string, number>} steps how far each key leads from a cell
 * @property {(cell: number) => void} send
 * @property {boolean} hadFocus whether the list had the focus before its buttons were made anew
 * @property {boolean} scrolls whether a chosen cell is brought into sight
 */

/**
 * Listen to the buttons; returns what ends it.
 * @param {Choosing} choosing
 */
export function oneOf({ list, cells, selected, attribute, steps, send, hadFocus, scrolls }) {
  const later = new Later(send, 80);
  const first = cells.findIndex((cell) => cell !== null);
  const isThere = cells.map((cell) => cell !== null);

  /**
   * @param {number} chosen
   * @param {number} stop where the Tab key leads
   */
  function mark(chosen, stop) {
    cells.forEach((cell, i) => {
      cell?.setAttribute(attribute, String(i === chosen));
      if (cell) cell.tabIndex = i === stop ? 0 : -1;
    });
  }

  /** @param {number} to */
  function move(to) {
    mark(to, to);
    cells[to]?.focus({ preventScroll: true });
    if (scrolls) cells[to]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  const start = cells[selected] ? selected : first;
  mark(selected, start);
  if (hadFocus) cells[start]?.focus({ preventScroll: true });
  cells.forEach((cell, i) => {
    if (cell)
      cell.onclick = () => {
        move(i);
        later.now(i);
      };
  });
  list.onkeydown = (event) => {
    const at = cells.findIndex((cell) => cell !== null && cell === event.target);
    const step = at < 0 ? undefined : steps(at)[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = reached(at, step, isThere);
    if (to < 0) return;
    move(to);
    later.soon(to);
  };
  return () => later.stop();
}
