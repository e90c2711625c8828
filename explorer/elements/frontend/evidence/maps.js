// Maps of evidence in the browser: of each thing that is explained a file with its maps at all layers, or one at first,
// and which of them are to be seen.
import { choiceOf } from "../shared/choice.js";
import { atHand, unpacked } from "../shared/files.js";
import { bytes } from "../shared/numbers.js";
import { ahead } from "./ahead.js";
/** @import { Field, Places } from "../probe/cells.js" */
/** @import { Ink, Plane } from "../probe/over.js" */
/** @import { Scale } from "../shared/colors.js" */

/**
 * @typedef {object} MapLayer
 * @property {string} name
 * @property {[number, number]} shape
 * @property {Places | null} places
 * @property {Field | null} field
 * @property {boolean} smooth
 * @property {string} note
 */
/**
 * @typedef {object} MapTarget
 * @property {number} index
 * @property {string} name
 * @property {string} heading
 * @property {string | null} url its maps at all layers
 * @property {string | null} [first] the one at the layer that is seen until somebody chooses, where those are not there
 * @property {[number, number] | null} range
 * @property {string} [called] a class, as it may be chosen by its name
 */
/**
 * @typedef {object} Maps
 * @property {string} title
 * @property {string} unit
 * @property {MapLayer[]} layers
 * @property {MapTarget[]} targets
 * @property {number} layer
 * @property {number[]} pair
 * @property {string} photo
 * @property {[number, number]} size
 * @property {string} colors
 * @property {Record<string, string>} palettes
 * @property {boolean} signed
 * @property {string} scale
 * @property {string} shared
 * @property {number} opacity
 * @property {boolean} fades
 * @property {string} asked
 * @property {Record<string, number>} leads
 * @property {number[]} likeliest
 */
/** @typedef {readonly [number, number]} Cell the number of a layer, and the index of what is explained */

export const LOOK = /** @type {const} */ (["colors", "map_scale"]); // what maps are drawn in, by the names of choices

/**
 * Which layer is to be seen, and which maps of it: what is chosen, where that is in the browser; else, until the server
 * has answered, what was seen last, or what the server says. `waits` names the choices that it has to answer.
 * @param {Maps} data
 * @param {readonly number[]} [last]
 */
export function standing(data, last = data.pair) {
  const chosen = choiceOf("layer").value, layer = chosen === data.asked ? data.layer : data.leads[String(chosen)];
  const said = choiceOf("class").value ?? data.pair[0];
  const named = data.targets.find(({ called }) => called && called === said);
  const index = named ? named.index : Number(said), rival = data.likeliest.find((one) => one !== index);
  const pair = rival === undefined ? data.pair : [index, rival];
  const isHere = (/** @type {readonly number[]} */ several, /** @type {number} */ at) =>
    several.every((one) => fileOf(data, [at, one]));
  const found = (/** @type {number} */ at) => [pair, last].find((several) => isHere(several, at)) ?? data.pair;
  const at = layer !== undefined && isHere(found(layer), layer) ? layer : data.layer;
  const waits = [...(at === layer ? [] : ["layer"]), ...(isHere(pair, at) ? [] : ["class"])];
  return { layer: at, pair: found(at), waits };
}

/**
 * @param {Maps} data
 * @param {number} index
 */
export function targetOf(data, index) {
  const found = data.targets.find((target) => target.index === index);
  if (!found) throw new Error(`There is no map of ${index}`);
  return found;
}

/**
 * The file that a map is in, and how many numbers are before it there; null where the server has to be asked. Those of
 * all layers are taken once they are here.
 * @param {Maps} data
 * @param {Cell} cell
 */
function fileOf(data, [layer, index]) {
  const found = data.targets.find((target) => target.index === index);
  if (!found) return null;
  const shown = targetOf(data, data.pair[0]), all = found.url ?? ahead.url(shown.first ?? shown.url, index);
  const one = layer === data.layer && found.first ? { url: found.first, from: 0 } : null;
  if (!all || (one && !atHand(all))) return one;
  const sizes = data.layers.slice(0, layer).map(({ shape }) => shape[0] * shape[1]);
  return { url: all, from: sizes.reduce((sum, size) => sum + size, 0) };
}

/**
 * Whether all these maps are here; if not, a promise that they come.
 * @param {Maps} data
 * @param {readonly Cell[]} cells
 */
export function missing(data, cells) {
  const urls = cells.map((cell) => fileOf(data, cell)?.url ?? ""), wanted = urls.filter((url) => !atHand(url));
  return wanted.length ? Promise.all(wanted.map(unpacked)) : null;
}

/**
 * Have the maps of everything that can be chosen before it is; what does not come is asked for again when it is.
 * @param {Maps} data
 */
export function fetchAll(data) {
  Promise.all(data.targets.map(({ url }) => url && unpacked(url))).catch(() => {});
}

/**
 * A map that is here.
 * @param {Maps} data
 * @param {Cell} cell
 * @returns {Plane}
 */
export function planeOf(data, cell) {
  const { shape } = data.layers[cell[0]], file = fileOf(data, cell), numbers = file && atHand(file.url);
  if (!file || !numbers) throw new Error("The map is not in the browser");
  return { values: new Float32Array(numbers, 4 * file.from, shape[0] * shape[1]), shape };
}

/**
 * What each of several maps that are seen together is drawn in.
 * @param {Maps} data
 * @param {readonly Cell[]} cells
 * @returns {Ink[]}
 */
export function inksOf(data, cells) {
  const own = cells.map((cell) => scaleOf(planeOf(data, cell).values, data.signed, targetOf(data, cell[1]).range));
  const name = data.signed ? "signed" : String(choiceOf("colors").value ?? data.colors);
  const palette = bytes(data.palettes[name] ?? data.palettes[data.colors]);
  const isShared = (choiceOf("map_scale").value ?? data.scale) === data.shared;
  const widest = isShared ? widestOf(own) : null;
  return own.map((scale) => ({ scale: widest ?? scale, palette, gamma: 1 }));
}

/**
 * The scale of one map: from 0 to its largest value, or symmetric about 0; or what is said. What is no finite number
 * does not count.
 * @param {Float32Array} values
 * @param {boolean} signed
 * @param {readonly [number, number] | null} range
 * @returns {Scale}
 */
export function scaleOf(values, signed, range) {
  if (range) return { low: range[0], high: range[1], signed };
  let limit = 0;
  for (const value of values) if (Math.abs(value) > limit && Number.isFinite(value)) limit = Math.abs(value);
  return { low: signed ? -limit : 0, high: limit, signed };
}

/**
 * One scale for several maps.
 * @param {readonly Scale[]} scales
 * @returns {Scale}
 */
export function widestOf(scales) {
  const [low, high] = [Math.min(...scales.map((one) => one.low)), Math.max(...scales.map((one) => one.high))];
  return { low, high, signed: scales[0].signed };
}

/**
 * Be called when something else is to be seen, once a frame; returns what ends that.
 * @param {readonly string[]} names of choices
 * @param {() => void} draw
 * @param {object} who follows
 */
export function follow(names, draw, who) {
  let frame = 0;
  const soon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(draw);
  };
  const ends = [...names.map((name) => choiceOf(name).follow(soon, who)), ahead.follow(soon, who)];
  return () => {
    cancelAnimationFrame(frame);
    for (const end of ends) end();
  };
}

/**
 * The server says how maps are drawn.
 * @param {Maps} data
 * @param {object} speaker
 */
export function hearLook(data, speaker) {
  choiceOf("colors").hear(data.colors, null, speaker);
  choiceOf("map_scale").hear(data.scale, null, speaker);
}
