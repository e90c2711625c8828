// Buttons of which one is chosen, or each switched: by mouse, by touch, or with the keys. One stop for the Tab key,
// arrows inside.
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
 * @property {number} [rest] milliseconds after which a key has come to rest; 0: whoever hears waits itself
 */

/**
 * Listen to buttons each of which is switched by itself: arrows lead from one to the next and switch nothing.
 * @param {Pick<Choosing, "list" | "steps" | "send"> & { cells: HTMLButtonElement[], focused: number }} switching of
 * which the cell `focused` had the focus before they were made anew, -1 for none
 */
export function each({ list, cells, steps, send, focused }) {
  /** @param {number} stop */
  const lead = (stop) => cells.forEach((cell, i) => {
    cell.tabIndex = i === stop ? 0 : -1;
  });
  lead(Math.max(0, focused));
  cells[focused]?.focus({ preventScroll: true });
  cells.forEach((cell, i) => {
    cell.onclick = () => {
      lead(i);
      send(i);
    };
  });
  list.onkeydown = (event) => {
    const at = cells.findIndex((cell) => cell === event.target);
    const step = at < 0 ? undefined : steps(at)[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = reached(at, step, cells.map(() => true));
    if (to < 0) return;
    lead(to);
    cells[to].focus();
  };
}

/**
 * Listen to the buttons; returns what ends it.
 * @param {Choosing} choosing
 */
export function oneOf({ list, cells, selected, attribute, steps, send, hadFocus, scrolls, rest = 80 }) {
  const later = new Later(send, rest);
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
    if (rest) later.soon(to);
    else later.now(to);
  };
  return () => later.stop();
}
