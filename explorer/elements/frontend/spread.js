// How often which number occurs, and where one of them lies.
import { lettered, ticks } from "./shared/axis.js";
import { drawn, find, part } from "./shared/dom.js";
import { clamp } from "./shared/movement.js";
import { number } from "./shared/numbers.js";
/** @import { Given } from "./shared/dom.js" */

/**
 * @typedef {{ title: string, counts: number[], edges: number[], low: number, high: number, most: number, axis: string,
 *   counted: string, mark: [number, string] | null, alt: string }} Data
 */

const HEIGHT = 230, TOP = 44, BOTTOM = 40, EDGE = 10; // pixels

/** @type {WeakMap<SVGSVGElement, ResizeObserver>} */
const watching = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data] }) {
  const svg = find(parentElement, "svg", SVGSVGElement), said = part(parentElement, ".said");
  let width = 0;
  watching.get(svg)?.disconnect();
  const watch = new ResizeObserver(() => {
    const now = Math.max(200, svg.parentElement?.clientWidth ?? svg.clientWidth);
    if (now === width) return;
    width = now;
    draw(svg, data, width);
  });
  watch.observe(svg);
  watching.set(svg, watch);
  svg.setAttribute("aria-label", data.alt);
  const all = data.counts.reduce((sum, count) => sum + count, 0), most = Math.max(...data.counts);
  said.textContent = `${written(all)} ${data.counted}; the fullest bar has ${written(most)}`;
  svg.onpointermove = (event) => {
    const box = svg.getBoundingClientRect(), share = (event.clientX - box.left - EDGE) / (box.width - 2 * EDGE);
    const value = data.low + share * (data.high - data.low);
    const i = data.counts.findIndex((_, at) => value >= data.edges[at] && value <= data.edges[at + 1]);
    if (i < 0) return;
    const [from, to] = [data.edges[i], data.edges[i + 1]].map(number);
    said.textContent = `${from} to ${to}: ${written(data.counts[i])} ${data.counted}`;
  };
}

/** @param {number} count */
function written(count) {
  return count.toLocaleString("en");
}

/**
 * @param {SVGSVGElement} svg
 * @param {Data} data
 * @param {number} width
 */
function draw(svg, { title, counts, edges, low, high, most, axis, mark }, width) {
  const ground = HEIGHT - BOTTOM;
  /** @param {number} value */
  const x = (value) => EDGE + clamp((value - low) / (high - low), 0, 1) * (width - 2 * EDGE);
  /** @type {SVGElement[]} */
  const parts = [lettered(title, 0, 16, "title")];
  counts.forEach((count, i) => {
    const height = count / most * (ground - TOP), [from, to] = [x(edges[i]), x(edges[i + 1])];
    const wide = Math.max(1, to - from - 0.5);
    parts.push(drawn("rect", { x: from, width: wide, y: ground - height, height, class: "bar" }));
  });
  parts.push(drawn("line", { x1: EDGE, x2: width - EDGE, y1: ground, y2: ground, class: "line" }));
  for (const value of ticks(low, high, Math.max(2, width / 70))) {
    parts.push(lettered(number(value), x(value), ground + 15, "tick", "middle"));
  }
  parts.push(lettered(axis, EDGE, ground + 34, "tick"));
  if (mark !== null) {
    const at = x(mark[0]), anchor = at < width / 3 ? "start" : at > width * 2 / 3 ? "end" : "middle";
    parts.push(drawn("line", { x1: at, x2: at, y1: TOP - 6, y2: ground, class: "mark" }));
    parts.push(lettered(mark[1], at, TOP - 10, "marked", anchor));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(HEIGHT));
  svg.replaceChildren(...parts);
}
