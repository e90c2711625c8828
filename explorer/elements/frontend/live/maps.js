// The maps of a few layers, each layer a strip: all its channels beside each other, on one scale.
import { pen } from "../shared/canvas.js";
import { painted, spanning } from "../shared/colors.js";
import { element } from "../shared/dom.js";
import { number } from "../shared/numbers.js";
/** @import { Maps } from "./operations.js" */

/** @typedef {{ name: string, kind: string, maps: Maps }} Layer */

const GAP = 1; // pixels of a map between two maps
const HIGH = 72; // pixels of the page that a map is high

/**
 * @param {HTMLElement} place
 * @param {readonly Layer[]} layers
 * @param {{ viridis: Uint8Array, signed: Uint8Array }} palettes
 */
export function showMaps(place, layers, palettes) {
  if (place.childElementCount !== layers.length) place.replaceChildren(...layers.map(strip));
  layers.forEach(({ name, kind, maps }, i) => {
    const figure = place.children[i], scale = spanning(maps.values), [channels, height, width] = maps.shape;
    const [caption, canvas] = [figure.querySelector("figcaption"), figure.querySelector("canvas")];
    if (!caption || !canvas) return;
    const most = strongest(maps);
    caption.textContent =
      `${name}, ${kind}: ${maps.shape.join(" × ")}, from ${number(scale.low)} to ${number(scale.high)}; ` +
      `the largest value is in channel ${most}`;
    [canvas.width, canvas.height] = [channels * (width + GAP) - GAP, height];
    canvas.style.height = `${HIGH}px`;
    const palette = scale.signed ? palettes.signed : palettes.viridis, context = pen(canvas), size = height * width;
    for (let channel = 0; channel < channels; channel++) {
      const values = maps.values.subarray(channel * size, (channel + 1) * size);
      context.putImageData(new ImageData(painted(values, scale, palette), width, height), channel * (width + GAP), 0);
    }
    figure.querySelector(".maps")?.setAttribute("aria-label", `The ${channels} maps of ${name}`);
  });
}

/** @param {Maps} maps */
function strongest({ values, shape: [channels] }) {
  let at = 0;
  for (let n = 0; n < values.length; n++) if (values[n] > values[at]) at = n;
  return Math.floor(at / (values.length / channels));
}

function strip() {
  const figure = element("figure"), maps = element("div", "maps");
  maps.tabIndex = 0; // it is pushed sideways
  maps.setAttribute("role", "group");
  maps.append(document.createElement("canvas"));
  figure.append(document.createElement("figcaption"), maps);
  return figure;
}
