// One weight of the kernels that are seen: which, how large it is, and another number for it.
import { element, fill, find, part } from "../shared/dom.js";
import { clamp } from "../shared/movement.js";
import { number } from "../shared/numbers.js";
/** @import { Film } from "./film.js" */
/** @import { Cell } from "./pane.js" */

const PAST = "This is how it was then: go to the film’s end, or on from here, to change it.";
const BEFORE = "Begin to train, and it can be changed.";
const COLOURS = ["red", "green", "blue"];

export class Weights {
  /**
   * @param {HTMLElement} place
   * @param {(pane: number, cell: Cell) => void} choose
   * @param {(pane: number, cell: Cell, value: number) => void} write
   */
  constructor(place, choose, write) {
    this.place = place;
    this.choose = choose;
    this.pane = find(place, ".of", HTMLSelectElement);
    this.colour = find(place, ".colour", HTMLSelectElement);
    this.places = [".kernel", ".y", ".x"].map((name) => find(place, name, HTMLInputElement));
    this.value = find(place, ".value", HTMLInputElement);
    this.button = find(place, ".write", HTMLButtonElement);
    /** @type {Cell} */
    this.cell = [0, 0, 0, 0];
    for (const box of [this.pane, this.colour, ...this.places]) box.onchange = () => this.pick();
    this.value.oninput = () => this.allow();
    this.place.onsubmit = (event) => {
      event.preventDefault();
      if (!this.button.disabled) write(this.pane.selectedIndex, this.cell, this.value.valueAsNumber);
    };
    this.why = BEFORE; // nothing can be changed
  }

  /**
   * @param {readonly string[]} titles of the panes
   * @param {Film} film of the chosen one
   */
  fit(titles, film) {
    const [n, channels, height, width] = film.shape("kernels");
    fill(this.pane, titles);
    fill(this.colour, channels === 3 ? COLOURS : [""]);
    this.pane.hidden = titles.length < 2;
    this.colour.hidden = channels !== 3;
    [n, height, width].forEach((length, i) => {
      this.places[i].max = String(length - 1);
    });
  }

  /** The numbers in the boxes, within what there is. */
  pick() {
    const [kernel, y, x] = this.places.map((box) => clamp(Math.round(box.valueAsNumber) || 0, 0, Number(box.max)));
    this.choose(Math.max(0, this.pane.selectedIndex), [kernel, Math.max(0, this.colour.selectedIndex), y, x]);
  }

  /**
   * @param {number} pane
   * @param {Cell} cell
   */
  select(pane, cell) {
    const [kernel, colour, y, x] = this.cell = cell;
    this.pane.selectedIndex = pane;
    this.colour.selectedIndex = colour;
    [kernel, y, x].forEach((at, i) => {
      this.places[i].value = String(at);
    });
    this.value.value = "";
  }

  /**
   * @param {Film} film
   * @param {number} i the frame that is seen
   * @param {boolean} isLast whether that is how the network is now
   * @param {boolean} isBegun whether it is trained
   */
  show(film, i, isLast, isBegun) {
    const [, channels, height, width] = film.shape("kernels"), [kernel, colour, y, x] = this.cell;
    const value = film.field(i, "kernels")[((kernel * channels + colour) * height + y) * width + x];
    part(this.place, ".now").textContent = `${film.layout.kernels}: ${number(value)}`;
    this.why = !isBegun ? BEFORE : isLast ? "" : PAST;
    this.allow();
  }

  allow() {
    this.button.disabled = this.why !== "" || !Number.isFinite(this.value.valueAsNumber);
    part(this.place, ".why").textContent = this.why;
  }
}

/** A mark over the film for what was changed at a step. @param {string} sentence */
export function eventMark(sentence) {
  const mark = element("button", "flag", "▼");
  mark.type = "button";
  mark.tabIndex = -1;
  mark.title = sentence;
  mark.setAttribute("aria-label", sentence);
  return mark;
}
