// A layer's maps, all of them and one up close. What a person moves through is in the browser: choosing asks the server
// for nothing, which hears of it when it has come to rest.
import { Closeup } from "./probe/closeup.js";
import { fieldOf } from "./probe/cells.js";
import { paintOver, strongest } from "./probe/over.js";
import { choiceOf } from "./shared/choice.js";
import { fill, find, part } from "./shared/dom.js";
import { house } from "./shared/house.js";
import { drawLegend, legendOf } from "./shared/legend.js";
import { bytes, number } from "./shared/numbers.js";
import { Layer } from "./viewer/layer.js";
import { Mosaic } from "./viewer/mosaic.js";
import { boosted, scaleOf } from "./viewer/ranking.js";
/** @import { Field, Places } from "./probe/cells.js" */
/** @import { Given } from "./shared/dom.js" */
/** @import { LayerData } from "./viewer/layer.js" */

/**
 * @typedef {LayerData & { layer: string, is_spatial: boolean, exact: string | null, units: [string, string],
 *   palettes: Record<string, string>, orders: string[], scales: string[], channel: number, order: string,
 *   scale: string, photo: string, size: [number, number], fields: [number, Field][], places: Places | null,
 *   is_alone: boolean, alt: string, where: string, own_scale: string, reduced: string }} Data
 */
/** @typedef {(name: string, value: unknown) => void} Send */

const OPACITY = 0.75;
const KEPT = /** @type {const} */ (["channel", "order", "scale"]); // in the link, and known on other pages

/** @type {WeakMap<Node, Viewer>} */
const viewers = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const viewer = viewers.get(parentElement) ?? new Viewer(parentElement);
  viewers.set(parentElement, viewer);
  viewer.take(data, setTriggerValue);
  const stop = KEPT.map((name) => choiceOf(name).follow(() => viewer.soon(), viewer));
  return () => {
    for (const end of stop) end();
  };
}

class Viewer {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.root = root;
    this.everything = part(root, ".everything");
    this.near = part(root, ".closeup");
    /** @type {Record<"order" | "scale" | "boost" | "gamma", HTMLSelectElement>} */
    this.boxes = {
      order: find(root, ".order", HTMLSelectElement), scale: find(root, ".scale", HTMLSelectElement),
      boost: find(root, ".boost", HTMLSelectElement), gamma: find(root, ".gamma", HTMLSelectElement),
    };
    this.mosaic = new Mosaic(part(root, ".cells"), (channel) => this.choose("channel", channel));
    this.closeup = new Closeup(part(root, ".probe"), OPACITY);
    /** @type {Layer | null} */
    this.layer = null;
    /** @type {Record<string, Uint8Array>} */
    this.palettes = {};
    this.drawn = { mosaic: "", near: "" };
    this.frame = 0;
    for (const box of [this.boxes.boost, this.boxes.gamma]) box.onchange = () => this.soon();
    for (const name of /** @type {const} */ (["order", "scale"]))
      this.boxes[name].onchange = () => this.choose(name, this.boxes[name].value);
  }

  /**
   * @param {Data} data
   * @param {Send} send
   */
  take(data, send) {
    this.data = data;
    this.send = send;
    this.palettes = Object.fromEntries(Object.entries(data.palettes).map(([name, text]) => [name, bytes(text)]));
    fill(this.boxes.order, data.orders);
    fill(this.boxes.scale, data.scales);
    choiceOf("channel").hear(data.channel, 0, this);
    if (!data.is_alone) {
      choiceOf("order").hear(data.order, data.orders[0], this);
      choiceOf("scale").hear(data.scale, data.scales[0], this);
    }
    this.near.hidden = !data.is_spatial;
    if (data.is_alone) this.everything.remove();
    part(this.root, ".viewer").classList.toggle("alone", data.is_alone);
    this.load(data);
  }

  /** @param {Data} data */
  async load(data) {
    this.everything.setAttribute("aria-busy", "true");
    try {
      const layer = await Layer.load(data);
      if (this.data !== data) return; // another one was asked for since
      this.layer = layer;
      this.draw();
    } catch (error) {
      if (this.data === data) this.say(`The maps of ${data.layer} could not be fetched: ${error}`);
    }
    this.everything.setAttribute("aria-busy", "false");
  }

  /**
   * @param {typeof KEPT[number]} name
   * @param {string | number} value
   */
  choose(name, value) {
    choiceOf(name).choose(value, (rested) => this.send?.(name, rested));
  }

  /** In the next frame: once, however many keys were pressed until then, and not while nobody can see it. */
  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  /**
   * What is chosen.
   * @param {Data} data
   */
  now(data) {
    const isFixed = (/** @type {string} */ name) => data.is_alone && name !== "channel";
    const [channel, order, scale] = KEPT.map((name) => (isFixed(name) ? data[name] : choiceOf(name).value));
    return {
      channel: Number(channel), order: String(order), scale: String(scale),
      boost: Number(this.boxes.boost.value), gamma: Number(this.boxes.gamma.value),
    };
  }

  async draw() {
    const { data, layer } = this;
    if (!data || !layer) return;
    const now = this.now(data), ranked = layer.inOrder(now.order), n = ranked.length;
    const channel = Math.min(now.channel, n - 1), page = Math.floor(ranked.indexOf(channel) / data.per_page);
    const shown = ranked.slice(page * data.per_page, (page + 1) * data.per_page);
    this.boxes.order.value = now.order;
    this.boxes.scale.value = now.scale;
    const coming = layer.missing(data.is_alone ? [channel] : shown);
    if (coming) {
      await coming;
      if (this.layer !== layer || JSON.stringify(this.now(data)) !== JSON.stringify(now)) return;
    }
    if (data.is_spatial) this.drawNear(layer, data, now, channel);
    if (data.is_alone) return;
    this.drawAll(layer, data, now, shown);
    this.mosaic.mark(channel);
    this.page(data, ranked, page, now.scale);
  }

  /**
   * @param {Layer} layer
   * @param {Data} data
   * @param {ReturnType<Viewer["now"]>} now
   * @param {readonly number[]} shown
   */
  drawAll(layer, data, { order, scale, boost, gamma }, shown) {
    const key = JSON.stringify([data.ranks, data.maps, data.tiles, data.ranges, order, scale, boost, gamma, shown[0]]);
    if (this.drawn.mosaic === key) return;
    this.drawn.mosaic = key;
    const shape = data.tiles.length ? data.tile_shape : /** @type {[number, number]} */ (data.shape.slice(1));
    this.mosaic.lay(shown, shape);
    this.mosaic.list.setAttribute("aria-label", `Channels of ${data.layer}`);
    this.mosaic.list.dataset.layer = data.layer;
    this.mosaic.paint((c) => layer.tile(c), (c) => this.ink(layer, data, c));
    const own = scale === "channel", [ink] = shown.map((c) => this.ink(layer, data, c));
    drawLegend(this.everything, own ? null : legendOf(ink, data.units[0], boost));
  }

  /**
   * What a channel is drawn in.
   * @param {Layer} layer
   * @param {Data} data
   * @param {number} channel
   */
  ink(layer, data, channel) {
    const { scale: name, boost, gamma } = this.now(data);
    const scale = boosted(scaleOf(layer.ranks, data.ranges, name, channel), boost);
    return { scale, palette: this.palettes[scale.signed ? "signed" : "viridis"], gamma };
  }

  /**
   * @param {Layer} layer
   * @param {Data} data
   * @param {ReturnType<Viewer["now"]>} now
   * @param {number} channel
   */
  drawNear(layer, data, now, channel) {
    const { plane, isExact } = layer.closest(channel, data);
    const { scale, boost, gamma } = now;
    const key = JSON.stringify([data.ranks, data.maps, data.tiles, data.places, isExact, scale, boost, gamma, channel]);
    if (this.drawn.near === key) return;
    this.drawn.near = key;
    const ink = this.ink(layer, data, channel), canvas = find(this.near, "canvas.heat", HTMLCanvasElement);
    const places = isExact ? data.places : null;
    paintOver(canvas, plane, ink, { places, size: data.size });
    canvas.dataset.channel = String(channel);
    this.closeup.show({
      photo: data.photo, alt: `${numbered(data.alt, channel)} over the picture`, values: plane.values,
      shape: plane.shape, size: data.size, start: strongest(plane),
      field: isExact ? fieldOf(data.fields, channel) : null,
      places, histogram: !data.is_alone, about: isExact ? "" : "about ", linked: "",
    });
    const range = `here from ${number(layer.ranks.low[channel])} to ${number(layer.ranks.high[channel])}`;
    drawLegend(this.near, legendOf(ink, `${numbered(data.units[1], channel)}; ${range}`, boost));
  }

  /**
   * Which channels these are, and the ways to the others.
   * @param {Data} data
   * @param {readonly number[]} ranked
   * @param {number} page
   * @param {string} scale
   */
  page(data, ranked, page, scale) {
    const first = page * data.per_page, last = Math.min(first + data.per_page, ranked.length);
    const text = data.where.replace("{first}", String(first + 1)).replace("{last}", String(last));
    const lost = "The server does not answer: you see what is in the browser, and it is not told what you choose.";
    this.say(`${text}${scale === "channel" ? data.own_scale : ""}${data.reduced}${house.isLost() ? `. ${lost}` : ""}`);
    for (const [name, to] of /** @type {const} */ ([["back", first - data.per_page], ["on", last]])) {
      const button = find(this.root, `.${name}`, HTMLButtonElement);
      button.disabled = ranked[to] === undefined;
      button.onclick = () => this.choose("channel", ranked[to]);
    }
  }

  /** @param {string} text */
  say(text) {
    const where = part(this.root, this.data?.is_alone ? ".readout" : ".where");
    if (where.textContent !== text) where.textContent = text;
  }
}

/**
 * @param {string} text
 * @param {number} channel
 */
function numbered(text, channel) {
  return text.replace("{channel}", String(channel));
}
