// A layer in the browser: its maps, exactly or in levels, and how its channels rank.
import { valueOf } from "../shared/colors.js";
import { unpacked } from "../shared/files.js";
import { floats } from "../shared/numbers.js";
import { ordered, ranksOf, scaleOf } from "./ranking.js";
/** @import { Plane } from "../probe/over.js" */
/** @import { Ranges, Ranks } from "./ranking.js" */

const MISSING = 255; // what is no number

/**
 * @typedef {object} LayerData
 * @property {[number, number, number]} shape
 * @property {string | null} maps
 * @property {string[]} tiles
 * @property {[number, number]} tile_shape
 * @property {string} ranks
 * @property {string} level_scale
 * @property {Ranges} ranges
 * @property {number} per_page
 */

export class Layer {
  /**
   * @param {LayerData} data
   * @param {Ranks} ranks
   * @param {Float32Array | null} maps
   */
  constructor(data, ranks, maps) {
    this.data = data;
    this.ranks = ranks;
    this.maps = maps;
    /** @type {Map<number, Uint8Array>} */
    this.levels = new Map(); // by file
    /** @type {Map<string, number[]>} */
    this.orders = new Map();
  }

  /** @param {LayerData} data */
  static async load(data) {
    const [ranks, maps] = await Promise.all([unpacked(data.ranks), data.maps === null ? null : unpacked(data.maps)]);
    return new Layer(data, ranksOf(ranks, data.shape[0]), maps && new Float32Array(maps));
  }

  /** @param {string} order */
  inOrder(order) {
    const found = this.orders.get(order) ?? ordered(this.ranks, order);
    this.orders.set(order, found);
    return found;
  }

  /**
   * Whether the tiles of these channels are here; if not, a promise that they come.
   * @param {readonly number[]} channels
   */
  missing(channels) {
    if (!this.data.tiles.length) return null;
    const files = new Set(channels.map((c) => Math.floor(c / this.data.per_page)));
    const wanted = [...files].filter((file) => !this.levels.has(file));
    if (!wanted.length) return null;
    return Promise.all(wanted.map(async (file) => {
      this.levels.set(file, new Uint8Array(await unpacked(this.data.tiles[file])));
    }));
  }

  /**
   * A channel as the mosaic shows it; of a large layer the values that its levels stand for.
   * @param {number} channel
   * @returns {Plane}
   */
  tile(channel) {
    const { per_page: perPage, tile_shape: shape } = this.data, n = shape[0] * shape[1];
    const levels = this.levels.get(Math.floor(channel / perPage));
    if (!levels) return this.whole(channel);
    const scale = scaleOf(this.ranks, this.data.ranges, this.data.level_scale, channel), at = (channel % perPage) * n;
    const values = new Float32Array(n), table = Float32Array.from({ length: 255 }, (_, level) => valueOf(level, scale));
    for (let i = 0; i < n; i++) values[i] = levels[at + i] === MISSING ? NaN : table[levels[at + i]];
    return { values, shape };
  }

  /**
   * @param {number} channel
   * @returns {Plane}
   */
  whole(channel) {
    const [, height, width] = this.data.shape, n = height * width;
    if (!this.maps) throw new Error("The maps of this layer are not in the browser");
    return { values: this.maps.subarray(channel * n, (channel + 1) * n), shape: [height, width] };
  }

  /**
   * A channel exactly, where its numbers are here, else as its tile shows it.
   * @param {number} channel
   * @param {{ channel: number, exact: string | null }} sent the one map that came along
   */
  closest(channel, sent) {
    if (this.maps) return { plane: this.whole(channel), isExact: true };
    if (sent.exact === null || sent.channel !== channel) return { plane: this.tile(channel), isExact: false };
    const [, ...shape] = this.data.shape;
    return { plane: { values: floats(sent.exact), shape }, isExact: true };
  }
}
