// How a training goes, along its steps: two strips of lines over the slider that leads through the film. They share
// its axis, so what is above the handle is what is seen.
import { lettered, ticks } from "../shared/axis.js";
import { drawn, element } from "../shared/dom.js";
import { number } from "../shared/numbers.js";
/** @import { Film } from "./film.js" */

/**
 * @typedef {{ name: string, unit: string, held: string, trained: string, times: number, high: number | null }} Strip
 */

export const EDGE = 10; // pixels at both sides: half of a slider's handle
const LEFT = 46, HIGH = 40, GAP = 12, TOP = 4;
const SPREAD = 2; // of the loss: how many times the first one is still drawn; what is higher lies at the upper edge
/** @type {readonly Strip[]} */
const STRIPS = [
  { name: "loss, in nats", unit: "", held: "held_out_loss", trained: "loss", times: 1, high: null },
  { name: "right answers", unit: " %", held: "held_out", trained: "accuracy", times: 100, high: 100 },
];

export class Curves {
  /** @param {SVGSVGElement} place */
  constructor(place) {
    this.place = place;
    this.width = 0;
    this.last = 1;
    this.mark = drawn("line", { class: "mark", y1: TOP, y2: TOP + 2 * HIGH + GAP });
  }

  /** Where a step lies, in pixels. @param {number} step */
  x(step) {
    return LEFT + EDGE + (step / this.last) * (this.width - LEFT - 2 * EDGE);
  }

  /**
   * @param {readonly Film[]} films
   * @param {number} width
   */
  draw(films, width) {
    const { place } = this;
    this.width = width;
    this.last = Math.max(1, ...films.map((film) => film.step(film.count - 1)));
    place.setAttribute("width", String(width));
    place.setAttribute("height", String(TOP + 2 * HIGH + GAP + 2));
    place.replaceChildren(...STRIPS.flatMap((strip, i) => this.strip(films, strip, TOP + i * (HIGH + GAP))), this.mark);
  }

  /**
   * @param {readonly Film[]} films
   * @param {Strip} strip
   * @param {number} top
   */
  strip(films, strip, top) {
    const { width } = this, high = strip.high ?? highest(films), bottom = top + HIGH;
    const y = (/** @type {number} */ value) => bottom - Math.min(1, Math.max(0, value / high)) * HIGH;
    const parts = ticks(0, high, 2).flatMap((value) => [
      drawn("line", { x1: LEFT + EDGE, x2: width - EDGE, y1: y(value), y2: y(value), class: value ? "grid" : "zero" }),
      lettered(`${number(value)}${strip.unit}`, LEFT + EDGE - 5, y(value) + 4, "tick", "end"),
    ]);
    const lines = films.flatMap((film, pane) => /** @type {const} */ (["trained", "held"]).map((which) => {
      const of = `${which} pane-${films.length > 1 ? pane : "only"}`;
      return drawn("path", { class: of, d: this.path(film, strip, which, y) });
    }));
    return [...parts, ...lines, lettered(strip.name, LEFT + EDGE + 4, top + 11, "name")];
  }

  /**
   * @param {Film} film
   * @param {Strip} strip
   * @param {"held" | "trained"} which
   * @param {(value: number) => number} y
   */
  path(film, strip, which, y) {
    const points = film.frames.map((_, i) => i).filter((i) => which === "trained" || film.isMeasured(i));
    const xs = points.map((i) => this.x(film.step(i)));
    return pathOf(xs, points.map((i) => y(strip.times * film.number(i, strip[which]))));
  }

  /** @param {number} step */
  show(step) {
    const x = String(this.x(step));
    this.mark.setAttribute("x1", x);
    this.mark.setAttribute("x2", x);
  }
}

/**
 * What the lines mean; of two networks each has its colour beside its title.
 * @param {number} n networks
 */
export function keyOf(n) {
  const of = n > 1 ? "any" : "only";
  return [["held", "held out"], ["trained", "trained on"]].map(([which, said]) => {
    const place = element("span");
    place.append(lineOf(`${which} pane-${of}`), said);
    return place;
  });
}

/**
 * A piece of a line.
 * @param {string} kind
 */
export function lineOf(kind) {
  const picture = drawn("svg", { class: "curves", width: 26, height: 10, "aria-hidden": "true" });
  picture.append(drawn("path", { class: kind, d: "M0 5L26 5" }));
  return picture;
}

/**
 * The end of the axis of losses: all of them, unless some are many times what they were at first.
 * @param {readonly Film[]} films
 */
export function highest(films) {
  const finite = (/** @type {number[]} */ values) => values.filter(Number.isFinite);
  const all = films.flatMap((film) => finite([...film.column("held_out_loss"), ...film.column("loss")]));
  const firsts = finite(films.map((film) => film.number(0, "held_out_loss")));
  const most = all.reduce((high, value) => Math.max(high, value), 0);
  return Math.min(most, firsts.length ? SPREAD * Math.max(...firsts) : Infinity) || 1;
}

/**
 * A line through points; where one has no number it is broken.
 * @param {readonly number[]} xs
 * @param {readonly number[]} ys
 */
export function pathOf(xs, ys) {
  let path = "", isDown = false;
  xs.forEach((x, i) => {
    const isThere = Number.isFinite(ys[i]);
    if (isThere) path += `${isDown ? "L" : "M"}${x.toFixed(1)} ${ys[i].toFixed(1)}`;
    isDown = isThere;
  });
  return path;
}
