// Both sides of a window that slides over a layer: of each the maps that are in the browser, and how one is shown.
import { spanning } from "../shared/colors.js";
import { unpacked } from "../shared/files.js";
import { legendOf } from "../shared/legend.js";
import { bytes } from "../shared/numbers.js";
import { pictureOf } from "./canvas.js";
/** @import { Scale } from "../shared/colors.js" */
/** @import { Maps } from "./stage.js" */
/** @import { View } from "../window.js" */
/** @import { Plane } from "./arithmetic.js" */

/** @typedef {{ first: number, n: number, url: string }} Part maps of so many channels from the first on, in a file */
/**
 * All maps of a layer: their scales, labels and units are one for all channels or one for each; where there is no
 * scale, each spans its own values.
 * @typedef {object} Side
 * @property {[number, number, number]} shape
 * @property {Part[]} parts
 * @property {(Scale & { palette: string })[]} scales
 * @property {string[]} labels
 * @property {string[]} units
 */

/**
 * The map of a channel; null where none of the files that were sent has it.
 * @param {Side} side
 * @param {number} channel
 * @returns {Promise<Plane | null>}
 */
export async function planeOf({ shape: [, height, width], parts }, channel) {
  const part = partWith(parts, channel), n = height * width;
  if (!part) return null;
  const values = new Float32Array(await unpacked(part.url), 4 * n * (channel - part.first), n);
  return { values, shape: [height, width] };
}

/**
 * @param {readonly Part[]} parts
 * @param {number} channel
 */
export function partWith(parts, channel) {
  return parts.find(({ first, n }) => first <= channel && channel < first + n);
}

/**
 * What the player shows of both sides.
 * @param {{ source: Side, output: Side, palettes: Record<string, string> }} sides
 * @param {{ source: number, output: number }} channels
 * @param {{ source: Plane, output: Plane }} planes
 */
export function mapsOf(sides, channels, { source, output }) {
  const read = viewOf(sides.source, sides.palettes, channels.source, source);
  const given = viewOf(sides.output, sides.palettes, channels.output, output);
  /** @type {Maps} */
  const maps = {
    source, output,
    read: pictureOf(source, read.view, bytes(read.view.colors)),
    given: pictureOf(output, given.view, bytes(given.view.colors)),
  };
  return { maps, source: read, output: given };
}

/**
 * @param {Side} side
 * @param {Record<string, string>} palettes
 * @param {number} channel
 * @param {Plane} plane
 * @returns {{ view: View, label: string }}
 */
export function viewOf({ scales, labels, units, parts }, palettes, channel, { values, shape }) {
  const own = spanning(values), scale = of(scales, channel) ?? { ...own, palette: own.signed ? "signed" : "viridis" };
  const colors = palettes[scale.palette], ink = { scale, palette: bytes(colors), gamma: 1 };
  const url = `${partWith(parts, channel)?.url}#${channel}`, legend = legendOf(ink, named(units, channel), 1);
  const view = { ...scale, url, shape, colors, legend };
  return { view, label: named(labels, channel) };
}

/**
 * @template T
 * @param {readonly T[]} all
 * @param {number} channel
 * @returns {T | undefined}
 */
function of(all, channel) {
  return all[Math.min(channel, all.length - 1)];
}

/**
 * @param {readonly string[]} texts
 * @param {number} channel
 */
function named(texts, channel) {
  return (of(texts, channel) ?? "").replace("{channel}", String(channel));
}
