// A map of evidence over the picture. Layers, classes, colours and scales that are chosen on the page are followed in
// the next frame, as far as the maps are in the browser.
import {
  LOOK, fetchAll, follow, hearLook, inksOf, missing, planeOf, standing, targetOf,
} from "./evidence/maps.js";
import { Closeup } from "./probe/closeup.js";
import { paintOver, strongest } from "./probe/over.js";
import { choiceOf } from "./shared/choice.js";
import { find, part } from "./shared/dom.js";
import { drawLegend, legendOf } from "./shared/legend.js";
import { number } from "./shared/numbers.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Cell, Maps } from "./evidence/maps.js" */

/** @typedef {Maps & { which: number }} Data */

/** @type {WeakMap<Node, Evidence>} */
const kept = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data] }) {
  const shown = kept.get(parentElement) ?? new Evidence(parentElement, data.opacity);
  kept.set(parentElement, shown);
  hearLook(data, shown);
  shown.take(data);
  return follow(["layer", "class", ...LOOK], () => shown.draw(), shown);
}

class Evidence {
  /**
   * @param {HTMLElement | ShadowRoot} root
   * @param {number} opacity
   */
  constructor(root, opacity) {
    this.root = root;
    this.closeup = new Closeup(part(root, ".probe"), opacity);
    this.drawn = "";
    /** @type {readonly number[] | undefined} */
    this.pair = undefined; // what is explained, and what it is compared with
  }

  /** @param {Data} data */
  take(data) {
    this.data = data;
    this.closeup.suggest(data.opacity);
    this.draw();
  }

  /** What is chosen; what is there stays until all of that has come. */
  draw() {
    const { data } = this;
    if (!data) return;
    const { layer, pair, waits } = standing(data, this.pair);
    const coming = missing(data, pair.map((index) => [layer, index]));
    for (const name of waits) choiceOf(name).hurry();
    if (!coming) {
      this.pair = pair;
      this.paint(data, layer, pair);
      return fetchAll(data);
    }
    coming.then(() => this.data === data && this.draw(), (error) => {
      part(this.root, ".readout").textContent = `The map could not be fetched: ${error}`;
    });
  }

  /**
   * @param {Data} data
   * @param {number} at which layer
   * @param {readonly number[]} pair
   */
  paint(data, at, pair) {
    const cells = pair.map((index) => /** @type {Cell} */ ([at, index])), inks = inksOf(data, cells);
    const cell = cells[data.which], ink = inks[data.which], layer = data.layers[at], target = targetOf(data, cell[1]);
    const { title, unit, photo } = data, plane = planeOf(data, cell);
    const sum = plane.values.reduce((all, value) => all + value, 0);
    const drawn = JSON.stringify([sum, layer, target.heading, title, unit, photo, data.fades, ink]);
    if (drawn === this.drawn) return; // the cell that somebody points at stays what it is when the server has answered
    this.drawn = drawn;
    const { places, smooth } = layer, { size, fades } = data;
    const canvas = find(this.root, "canvas.heat", HTMLCanvasElement);
    paintOver(canvas, plane, ink, { places, size, smooth, fades });
    canvas.style.imageRendering = smooth ? "auto" : "pixelated";
    canvas.dataset.shown = `${layer.name} ${target.index}`;
    const heading = part(this.root, ".heading");
    if (heading.textContent !== target.heading) heading.textContent = target.heading;
    this.closeup.show({
      photo, alt: `${title} at ${layer.name} for ${target.name}, over the picture`,
      values: plane.values, shape: plane.shape, size, start: strongest(plane), field: layer.field, places,
      histogram: false, about: "", linked: "evidence",
    });
    const [low, high] = ends(plane.values), [height, width] = plane.shape;
    const what = `${title} at ${layer.name}, ${height} × ${width}; ${unit}${layer.note}`;
    drawLegend(this.root, legendOf(ink, `${what}; here from ${number(low)} to ${number(high)}`, 1));
  }
}

/** @param {Float32Array} values */
function ends(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
