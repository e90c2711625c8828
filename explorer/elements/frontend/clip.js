// A clip, frame by frame, with the evidence over each: to play, to scrub, to step through. Everything is here; which
// frame is seen is a choice of the page, and a chart of the same clip marks it.
import { frameAt, isSlow } from "./clip/pace.js";
import { paintOver } from "./probe/over.js";
import { pen } from "./shared/canvas.js";
import { choiceOf } from "./shared/choice.js";
import { find, part } from "./shared/dom.js";
import { unpacked } from "./shared/files.js";
import { drawLegend } from "./shared/legend.js";
import { ARROWS, clamp, toEnds } from "./shared/movement.js";
import { bytes } from "./shared/numbers.js";
import { pictureAt } from "./shared/pictures.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Legend } from "./shared/legend.js" */
/** @import { Places } from "./probe/cells.js" */

/**
 * @typedef {object} Maps
 * @property {string} url
 * @property {[number, number]} shape of each map
 * @property {number} high the end of the scale that all of them share
 * @property {string} palette
 * @property {[number, number]} size of the picture that the places are of
 * @property {Places | null} places
 * @property {Legend} legend
 */
/**
 * @typedef {object} Data
 * @property {string[]} sheets
 * @property {number} columns of frames on a sheet
 * @property {number} perSheet
 * @property {[number, number]} frame height and width of one
 * @property {Maps | null} maps
 * @property {number[]} seconds
 * @property {string[]} phrases
 * @property {string} chooses
 * @property {string} alt
 */
/** @typedef {{ photos: HTMLImageElement[], values: Float32Array | null }} Loaded */

/** @type {WeakMap<Node, Clip>} */
const kept = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data] }) {
  const shown = kept.get(parentElement) ?? new Clip(parentElement);
  kept.set(parentElement, shown);
  return shown.take(data);
}

class Clip {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.root = root;
    this.stage = part(root, ".stage");
    this.play = find(root, ".play", HTMLButtonElement);
    this.scrub = find(root, ".scrub", HTMLInputElement);
    this.speed = find(root, ".speed", HTMLSelectElement);
    this.opacity = find(root, ".opacity", HTMLInputElement);
    this.photo = find(root, "canvas.photo", HTMLCanvasElement);
    this.heat = find(root, "canvas.heat", HTMLCanvasElement);
    this.isPlaying = false;
    this.clock = 0; // of the frame in which it plays on
    this.of = ""; // the clip whose speed a person may have chosen
    /** @type {Loaded | null} */
    this.loaded = null;
    this.play.onclick = () => (this.isPlaying ? this.halt() : this.start());
    this.speed.onchange = () => this.isPlaying && this.start();
    this.opacity.oninput = () => this.mix();
    this.scrub.oninput = () => this.step(Number(this.scrub.value));
    this.stage.onkeydown = (event) => this.press(event);
    this.stage.onclick = () => (this.isPlaying ? this.halt() : this.start());
    this.mix();
  }

  /** @param {Data} data */
  take(data) {
    const isNew = this.of !== data.chooses;
    this.data = data;
    this.of = data.chooses;
    this.choice = choiceOf(data.chooses);
    if (isNew) {
      this.halt();
      this.loaded = null;
      this.speed.value = isSlow(data.seconds) ? "10" : "own";
    }
    this.scrub.max = String(data.seconds.length - 1);
    this.stage.setAttribute("aria-label", `${data.alt}. Space plays, arrow keys step.`);
    part(this.root, ".mix").hidden = this.heat.hidden = data.maps === null;
    drawLegend(this.root, data.maps?.legend ?? null);
    this.load(data);
    return this.choice.follow(() => this.draw(), this);
  }

  /**
   * What was there stays until the rest has come.
   * @param {Data} data
   */
  async load(data) {
    try {
      const [photos, values] = await Promise.all([
        Promise.all(data.sheets.map(pictureAt)),
        data.maps && unpacked(data.maps.url).then((found) => new Float32Array(found)),
      ]);
      if (this.data !== data) return; // another one is there since
      this.loaded = { photos, values };
      this.draw();
    } catch (error) {
      part(this.root, ".now").textContent = `The clip could not be fetched: ${error}`;
    }
  }

  /** Which frame is seen. */
  get at() {
    return clamp(Number(this.choice?.value ?? 0), 0, (this.data?.seconds.length ?? 1) - 1);
  }

  draw() {
    const { at, data, isPlaying, loaded, photo, play, scrub } = this, now = part(this.root, ".now");
    play.textContent = isPlaying ? "❚❚ Pause" : "▶ Play";
    if (!data || !loaded) return;
    const [height, width] = data.frame, within = at % data.perSheet;
    const left = (within % data.columns) * width, top = Math.floor(within / data.columns) * height;
    [photo.width, photo.height] = [width, height];
    pen(photo).drawImage(loaded.photos[Math.floor(at / data.perSheet)], left, top, width, height, 0, 0, width, height);
    this.lay(data, loaded.values, at);
    scrub.value = String(at);
    scrub.setAttribute("aria-valuetext", data.phrases[at]);
    now.setAttribute("aria-live", isPlaying ? "off" : "polite");
    now.textContent = data.phrases[at];
    photo.dataset.shown = String(at);
  }

  /**
   * The map of a frame over it.
   * @param {Data} data
   * @param {Float32Array | null} all
   * @param {number} at
   */
  lay({ maps }, all, at) {
    if (!maps || !all) return;
    const { shape, size, places, high } = maps, n = shape[0] * shape[1];
    const scale = { low: 0, high, signed: false }, palette = bytes(maps.palette);
    const plane = { values: all.subarray(at * n, (at + 1) * n), shape };
    paintOver(this.heat, plane, { scale, palette, gamma: 1 }, { places, size, smooth: true });
  }

  /** How much of the map is seen. */
  mix() {
    this.stage.style.setProperty("--opacity", String(Number(this.opacity.value) / 100));
  }

  /** @param {number} to */
  step(to) {
    this.halt();
    this.go(to);
  }

  /** @param {number} to */
  go(to) {
    const { choice, data } = this;
    if (!data || !choice) return;
    const next = clamp(to, 0, data.seconds.length - 1);
    if (next === choice.value) this.draw();
    choice.put(next);
  }

  start() {
    const { data } = this;
    if (!data) return;
    cancelAnimationFrame(this.clock);
    const from = this.at === data.seconds.length - 1 ? 0 : this.at, began = performance.now();
    this.isPlaying = true;
    this.go(from);
    /** @type {(now: number) => void} */
    const tick = (now) => {
      if (!this.isPlaying || this.data?.chooses !== data.chooses || !this.stage.isConnected) return;
      const to = frameAt(data.seconds, from, Math.max(0, now - began) / 1000, this.speed.value);
      this.isPlaying = to < data.seconds.length - 1;
      if (to !== this.at || !this.isPlaying) this.go(to);
      if (this.isPlaying) this.clock = requestAnimationFrame(tick);
    };
    this.clock = requestAnimationFrame(tick);
  }

  halt() {
    this.isPlaying = false;
    cancelAnimationFrame(this.clock);
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { at } = this, ends = toEnds(at, this.data?.seconds.length ?? 1);
    const step = ARROWS[event.key]?.[1] || (event.key in ends ? ends[event.key] : null);
    if (event.key === " ") this.play.click();
    else if (step !== null) this.step(at + step);
    else return;
    event.preventDefault();
  }
}
