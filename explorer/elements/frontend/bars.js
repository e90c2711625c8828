// Bars below each other, of one or more series; each name is pointed at, or reached with the arrow keys, and tells its
// numbers.
import { save } from "./graph/picture.js";
import { lettered, ticks } from "./shared/axis.js";
import { drawn, element, find, focusedIn, part } from "./shared/dom.js";
import { number } from "./shared/numbers.js";
import { clamp, reached, toEnds } from "./shared/movement.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ name: string, values: (number | null)[], color: string, hollow: boolean, texts: string[] }} Series */
/**
 * @typedef {{ title: string, names: string[], series: Series[], low: number, high: number, axis: string, unit: string,
 *   alt: string, file: string }} Data
 */

const TOP = 30, NAME = 16, BAR = 9, GAP = 8, AXIS = 38, KEY = 22, EDGE = 18; // pixels
const LETTER = 6.6; // pixels of a letter, at most

/** @type {WeakMap<HTMLElement, ResizeObserver>} */
const watching = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data] }) {
  const chart = part(parentElement, ".chart"), svg = find(parentElement, "svg", SVGSVGElement);
  const height = TOP + data.names.length * heightOf(data) + AXIS + KEY;
  let width = 0;
  watching.get(chart)?.disconnect();
  const watch = new ResizeObserver(() => {
    if (chart.clientWidth === width) return;
    width = chart.clientWidth;
    draw(svg, data, [Math.max(200, width), height]);
  });
  watch.observe(chart);
  watching.set(chart, watch);
  listen(parentElement, data);
  find(parentElement, ".save", HTMLButtonElement).onclick = () => {
    const ground = getComputedStyle(svg).getPropertyValue("--st-background-color");
    save(svg, [svg.clientWidth, height], ground, data.file);
  };
}

/** @param {Data} data */
function heightOf({ series }) {
  return NAME + series.length * BAR + GAP;
}

/**
 * @param {Data} data
 * @param {number} i
 */
function saidOf({ names, series, unit }, i) {
  const said = series.map(({ name, values, texts }) => {
    const value = values[i], text = value === null ? "none" : `${number(value)}${unit}`;
    return `${name} ${text}${texts[i] ? ` · ${texts[i]}` : ""}`;
  });
  return `${names[i]}: ${said.join(", ")}`;
}

/**
 * A button over each row, which tells its numbers.
 * @param {ParentNode} root
 * @param {Data} data
 */
function listen(root, data) {
  const rows = part(root, ".rows"), said = part(root, ".said"), old = [...rows.querySelectorAll("button")];
  const focused = old.findIndex((button) => button === focusedIn(rows));
  rows.setAttribute("aria-label", data.alt);
  rows.style.top = `${TOP}px`;
  rows.style.gridAutoRows = `${heightOf(data)}px`;
  const buttons = data.names.map((_, i) => {
    const button = old[i] ?? element("button");
    button.type = "button";
    button.tabIndex = i === Math.max(0, focused) ? 0 : -1;
    button.setAttribute("aria-label", saidOf(data, i));
    button.onpointerenter = button.onfocus = button.onclick = () => {
      said.textContent = saidOf(data, i);
    };
    return button;
  });
  if (old.length !== buttons.length) rows.replaceChildren(...buttons);
  rows.onkeydown = (event) => {
    const at = buttons.findIndex((button) => button === event.target);
    const step = { ArrowUp: -1, ArrowDown: 1, ...toEnds(at, buttons.length) }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const to = reached(at, step, buttons.map(() => true));
    if (to < 0) return;
    buttons.forEach((button, i) => (button.tabIndex = i === to ? 0 : -1));
    buttons[to].focus({ preventScroll: true });
  };
  said.textContent = saidOf(data, Math.max(0, focused));
}

/**
 * @param {SVGSVGElement} svg
 * @param {Data} data
 * @param {readonly [number, number]} size
 */
function draw(svg, data, [width, height]) {
  const { title, names, series, low, high, axis, unit } = data, bottom = TOP + names.length * heightOf(data);
  /** @param {number} value */
  const x = (value) => EDGE + clamp((value - low) / (high - low), 0, 1) * (width - 2 * EDGE);
  /** @type {SVGElement[]} */
  const parts = [lettered(title, 0, 16, "title")];
  for (const value of ticks(low, high, Math.max(2, width / 70))) {
    parts.push(drawn("line", { x1: x(value), x2: x(value), y1: TOP, y2: bottom, class: value ? "line" : "zero" }));
    parts.push(lettered(`${number(value)}${unit}`, x(value), bottom + 14, "tick", "middle"));
  }
  names.forEach((name, i) => {
    const top = TOP + i * heightOf(data), text = series.map(({ texts }) => texts[i] ?? "").join(" ").trim();
    const room = Math.floor((width - 2 * EDGE) / LETTER - text.length - 2);
    const shown = name.length > room ? `${name.slice(0, Math.max(1, room - 1))}…` : name;
    parts.push(lettered(shown, EDGE, top + 12, "name"));
    if (text) parts.push(lettered(text, width - EDGE, top + 12, "text", "end"));
    series.forEach((one, n) => parts.push(bar(one, i, top + NAME + n * BAR, x)));
  });
  parts.push(lettered(axis, EDGE, bottom + 30, "tick"), ...keyOf(series, height - 4));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  svg.replaceChildren(...parts);
}

/**
 * @param {Series} series
 * @param {number} i
 * @param {number} y
 * @param {(value: number) => number} x
 */
function bar({ values, color, hollow }, i, y, x) {
  const [from, to] = [x(0), x(values[i] ?? 0)];
  return drawn("rect", {
    x: Math.min(from, to), width: Math.abs(to - from), y: y + 1, height: BAR - 2, class: "bar", stroke: color,
    "stroke-width": hollow ? 1.5 : 0, fill: hollow ? "none" : color,
  });
}

/**
 * What the series are called.
 * @param {readonly Series[]} series
 * @param {number} y
 */
function keyOf(series, y) {
  return series.flatMap(({ name, color, hollow }, i) => [
    drawn("rect", {
      x: EDGE + 90 * i, y: y - 10, width: 12, height: 10, class: "bar", stroke: color, "stroke-width": hollow ? 1.5 : 0,
      fill: hollow ? "none" : color,
    }),
    lettered(name, EDGE + 90 * i + 18, y, "tick"),
  ]);
}
