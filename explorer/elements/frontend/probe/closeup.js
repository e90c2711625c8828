// A map over the picture. The cell under the pointer, or the one the arrow keys went to, tells its value, and the
// pixels that it can see are framed. Everything happens here: the numbers are in the browser.
import { cellAt, edgesOf, histogram, placeOf, seen } from "./cells.js";
import { drawn, find, layOver, part, pointed, setSource } from "../shared/dom.js";
import { ARROWS, clamp } from "../shared/movement.js";
import { fourDigits } from "../shared/numbers.js";
import { zoomOf } from "../shared/zoom.js";
/** @import { Field, Places } from "./cells.js" */

/**
 * @typedef {object} View
 * @property {string} photo
 * @property {string} alt
 * @property {Float32Array} values
 * @property {readonly [number, number]} shape
 * @property {readonly [number, number]} size of the picture
 * @property {readonly [number, number]} start the cell that tells its value first
 * @property {Field | null} field
 * @property {Places | null} places
 * @property {boolean} histogram
 * @property {string} about what stands before a value that is not exact
 * @property {string} linked with which other pictures one comes nearer at once; "" for none
 */

export class Closeup {
  /**
   * @param {HTMLElement} root
   * @param {number} opacity of the map, until a person moves the slider
   */
  constructor(root, opacity) {
    this.root = root;
    this.stage = part(root, ".stage");
    this.sheet = part(this.stage, ".sheet");
    this.zoom = zoomOf(this.stage, this.sheet);
    this.slider = find(root, "input[type=range]", HTMLInputElement);
    this.slider.oninput = () => {
      this.slider.dataset.touched = "yes";
      this.overlay();
    };
    this.suggest(opacity);
  }

  /** @param {number} opacity of the map, unless a person has moved the slider */
  suggest(opacity) {
    if (!this.slider.dataset.touched) this.slider.value = String(100 * opacity);
    this.overlay();
  }

  /** How much of the map is seen. */
  overlay() {
    this.stage.style.setProperty("--opacity", String(Number(this.slider.value) / 100));
  }

  /** @param {View} view */
  show(view) {
    const { root, stage, sheet, zoom } = this, [height, width] = view.shape;
    const photo = find(stage, ".photo", HTMLImageElement);
    setSource(photo, view.photo);
    photo.alt = view.alt;
    stage.setAttribute("aria-label", view.alt);
    zoom.link(view.linked);
    const mark = drawHistogram(root, view.histogram ? view.values : new Float32Array());
    let at = view.start;

    /** @type {(y: number, x: number) => void} */
    const probe = (y, x) => {
      at = [clamp(y, 0, height - 1), clamp(x, 0, width - 1)];
      const value = view.values[at[0] * width + at[1]];
      layOver(part(stage, ".cell"), edgesOf(view.places, at, view.shape, view.size), view.size);
      mark(value);
      part(root, ".readout").textContent =
        `(y ${at[0]}, x ${at[1]}) = ${view.about}${fourDigits(value)}${frame(stage, view, at)}`;
    };

    stage.onpointermove = (event) => {
      const [y, x] = cellAt(view.places, pointed(sheet, event, view.size), view.shape, view.size);
      probe(y, x);
    };
    stage.onkeydown = (event) => {
      const step = ARROWS[event.key];
      if (!step) return;
      event.preventDefault();
      probe(at[0] + step[0], at[1] + step[1]);
      zoom.include(edgesOf(view.places, at, view.shape, view.size).map((edge, i) => edge / view.size[i % 2]));
    };
    probe(...view.start);
  }
}

/**
 * Frame what a cell sees; returns that in words.
 * @param {HTMLElement} stage
 * @param {View} view
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
