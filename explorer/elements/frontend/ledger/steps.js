// A running sum as a drawing: each bar begins where the one before ended, and may have a small map above it.
import { lettered, ticks } from "../shared/axis.js";
import { drawn } from "../shared/dom.js";
import { number } from "../shared/numbers.js";
/** @import { Step } from "./sums.js" */

export const HEIGHT = 300; // pixels: what a tab on a projector has room for
const TOP = 46, PICTURE = 30, LEFT = 52, RIGHT = 8, GAP = 6;
const KEY = 24, NAMES = 38, ACROSS = 27; // below the bars; how wide a column is whose name lies level
const BAR = 0.75; // of a column

/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} unit
 * @property {Step[]} steps
 * @property {(string | null)[]} pictures addresses, one for each step that has a picture
 * @property {Record<"for" | "against", string>} colors
 * @property {number} width
 * @property {boolean} [isLinked] whether the names of inputs lead somewhere
 */

/**
 * Draw the chart; returns the edges of the part with the columns: left, right, top and bottom, in pixels, and where the
 * names of these stand below them: from which height, and how high.
 * @param {SVGSVGElement} svg
 * @param {Chart} chart
 */
export function drawSteps(svg, { title, unit, steps, pictures, colors, width, isLinked }) {
  const top = TOP + (pictures.some(Boolean) ? PICTURE + GAP : 0), bottom = HEIGHT - KEY - NAMES;
  const column = (width - LEFT - RIGHT) / steps.length, ends = [0, ...steps.map(({ end }) => end)];
  const [low, high] = padded(Math.min(...ends), Math.max(...ends));
  /** @param {number} value */
  const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
  const parts = [
    lettered(title, 0, 16, "title"), lettered(unit, 0, 34, "unit"), ...grid(ticks(low, high, 5), y, width),
    ...steps.flatMap((step, i) => {
      const x = LEFT + i * column;
      /** @type {SVGElement[]} */
      const made = [bar(step, x + ((1 - BAR) / 2) * column, BAR * column, y, colors)];
      if (pictures[i]) made.push(picture(pictures[i], x, column));
      const leads = isLinked && step.input !== null;
      return [...made, named(step.label, x + column / 2, bottom + 14, column >= ACROSS, leads)];
    }),
    ...key(colors),
  ];
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(HEIGHT));
  svg.replaceChildren(...parts);
  return { left: LEFT, right: RIGHT, top: TOP, bottom: HEIGHT - bottom, names: [bottom, NAMES] };
}

/**
 * @param {number} low
 * @param {number} high
 */
function padded(low, high) {
  const pad = 0.04 * (high - low || 1);
  return [low - pad, high + pad];
}

/**
 * @param {readonly number[]} values
 * @param {(value: number) => number} y
 * @param {number} width
 */
function grid(values, y, width) {
  return values.flatMap((value) => [
    drawn("line", { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value), class: value ? "line" : "zero" }),
    lettered(number(value), LEFT - 6, y(value) + 4, "tick", "end"),
  ]);
}

/**
 * @param {Step} step
 * @param {number} x
 * @param {number} width
 * @param {(value: number) => number} y
 * @param {Chart["colors"]} colors
 */
function bar({ start, end, kind }, x, width, y, colors) {
  const [above, below] = [Math.min(y(start), y(end)), Math.max(y(start), y(end))];
  const made = drawn("rect", { x, width, y: above, height: Math.max(1, below - above), class: `bar ${kind}` });
  if (kind !== "result") made.setAttribute("fill", colors[kind]);
  return made;
}

/**
 * @param {string | null} address
 * @param {number} x
 * @param {number} column
 */
function picture(address, x, column) {
  const side = Math.min(PICTURE, 0.92 * column);
  return drawn("image", {
    href: address ?? "", x: x + (column - side) / 2, y: TOP + (PICTURE - side) / 2, width: side, height: side,
    style: "image-rendering: pixelated",
  });
}

/**
 * @param {string} label
 * @param {number} x
 * @param {number} y
 * @param {boolean} isLevel
 * @param {boolean} [isLinked]
 */
function named(label, x, y, isLevel, isLinked) {
  const made = lettered(label, x, y, isLinked ? "name linked" : "name", isLevel ? "middle" : "end");
  if (!isLevel) made.setAttribute("transform", `rotate(-90 ${x} ${y}) translate(8 4)`);
  return made;
}

/** @param {Chart["colors"]} colors */
function key(colors) {
  const y = HEIGHT - 6;
  return [
    drawn("rect", { x: LEFT, y: y - 10, width: 12, height: 12, fill: colors.for, class: "bar" }),
    lettered("raises the sum", LEFT + 18, y, "tick"),
    drawn("rect", { x: LEFT + 120, y: y - 10, width: 12, height: 12, fill: colors.against, class: "bar" }),
    lettered("lowers it", LEFT + 138, y, "tick"),
  ];
}
