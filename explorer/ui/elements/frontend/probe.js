// A map over the picture. The cell under the pointer, or the one the arrow keys went to, tells its value, and the
// pixels that it can see are framed. Everything happens here: the server sent the numbers along.
import { cellAt, edgesOf, histogram, placeOf, seen } from "./probe/cells.js";
import { drawn, find, layOver, part, pointed, setSource } from "./shared/dom.js";
import { drawLegend } from "./shared/legend.js";
import { ARROWS, clamp } from "./shared/movement.js";
import { floats, fourDigits } from "./shared/numbers.js";
/** @import { Field, Places } from "./probe/cells.js" */
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */

/**
 * @typedef {object} Data
 * @property {string} photo
 * @property {string} heat
 * @property {boolean} pixelated
 * @property {string} values
 * @property {[number, number]} shape
 * @property {[number, number]} size
 * @property {[number, number]} start
 * @property {Field | null} field
 * @property {Places | null} places
 * @property {number} opacity
 * @property {boolean} histogram
 * @property {string} alt
 * @property {Legend} legend
 */

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data] }) {
  const stage = part(parentElement, ".stage"), photo = find(stage, ".photo", HTMLImageElement);
  setSource(photo, data.photo);
  photo.alt = data.alt;
  stage.setAttribute("aria-label", data.alt);
  overlay(parentElement, data);

  const values = floats(data.values), [height, width] = data.shape;
  const mark = drawHistogram(parentElement, data.histogram ? values : new Float32Array());
  let at = data.start;

  /** @type {(y: number, x: number) => void} */
  function probe(y, x) {
    at = [clamp(y, 0, height - 1), clamp(x, 0, width - 1)];
    const value = values[at[0] * width + at[1]];
    layOver(part(stage, ".cell"), edgesOf(data.places, at, data.shape, data.size), data.size);
    mark(value);
    part(parentElement, ".readout").textContent =
      `(y ${at[0]}, x ${at[1]}) = ${fourDigits(value)}${frame(stage, data, at)}`;
  }

  stage.onpointermove = (event) => {
    const [y, x] = cellAt(data.places, pointed(stage, event, data.size), data.shape, data.size);
    probe(y, x);
  };
  stage.onkeydown = (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    probe(at[0] + step[0], at[1] + step[1]);
  };
  probe(...data.start);
  drawLegend(parentElement, data.legend);
}

/**
 * How much of the map is seen: as it was asked for, until a person moves the slider.
 * @param {ParentNode} root
 * @param {Data} data
 */
function overlay(root, data) {
  const heat = find(root, ".heat", HTMLImageElement), slider = find(root, "input", HTMLInputElement);
  setSource(heat, data.heat);
  heat.style.imageRendering = data.pixelated ? "pixelated" : "auto";
  const show = () => {
    heat.style.opacity = String(Number(slider.value) / 100);
  };
  if (!slider.dataset.touched) slider.value = String(100 * data.opacity);
  slider.oninput = () => {
    slider.dataset.touched = "yes";
    show();
  };
  show();
}

/**
 * Frame what a cell sees; returns that in words.
 * @param {HTMLElement} stage
 * @param {Data} data
 * @param {readonly number[]} at
 */
function frame(stage, { field, size }, at) {
  if (!field) return "";
  const edges = seen(field, at, size);
  layOver(part(stage, ".field"), edges, size);
  return field.whole
    ? " · sees the whole picture"
    : ` · sees ${edges[2] - edges[0]} × ${edges[3] - edges[1]} pixels`;
}

/**
 * Bars for all values, and a red one for what is exactly zero; returns what marks a value.
 * @param {ParentNode} root
 * @param {Float32Array} values
 * @returns {(value: number) => void}
 */
function drawHistogram(root, values) {
  const svg = find(root, ".histogram", SVGElement), bounds = part(root, ".bounds"), found = histogram(values);
  svg.toggleAttribute("hidden", !found);
  bounds.hidden = !found;
  svg.style.display = found ? "" : "none";
  if (!found) return () => {};
  const { n, low, high, zeros, counts, most } = found;
  /** @type {(x: number, width: number, count: number, name: string) => SVGRectElement} */
  const bar = (x, width, count, name) => {
    const height = (38 * count) / most;
    return drawn("rect", { x, y: 40 - height, width, height, class: name });
  };
  const step = 100 / counts.length;
  const bars = counts.map((count, i) => bar(step * i, step - 0.3, count, "others"));
  if (zeros) bars.push(bar(Math.min(99, 100 * placeOf(0, low, high)), 1, zeros, "zeros"));
  const marker = bar(0, 0.6, most, "marker");
  svg.replaceChildren(...bars, marker);
  svg.setAttribute(
    "aria-label", `Histogram: ${n} cells from ${fourDigits(low)} to ${fourDigits(high)}, ${zeros} exactly zero`,
  );
  bounds.children[0].textContent = fourDigits(low);
  bounds.children[1].textContent =
    `${fourDigits(high)} · tallest bar ${most} cells${zeros ? " · red: exactly zero" : ""}`;
  return (value) =>
    marker.setAttribute("x", String(Number.isFinite(value) ? 99.4 * placeOf(value, low, high) : -10));
}
