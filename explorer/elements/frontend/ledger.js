// A logit as a sum, and where in the picture it comes from. Another class, channel or number of rows is in the browser;
// the server hears of what has come to rest.
import { save } from "./graph/picture.js";
import { channelMap, rangeOf, scaleFor, sumsOf, waterfall } from "./ledger/sums.js";
import { drawSteps, HEIGHT } from "./ledger/steps.js";
import { leadTo, linkNames } from "./ledger/units.js";
import { Closeup } from "./probe/closeup.js";
import { paintOver, strongest } from "./probe/over.js";
import { addressOf } from "./shared/canvas.js";
import { choiceOf } from "./shared/choice.js";
import { oneOf } from "./shared/choosing.js";
import { painted } from "./shared/colors.js";
import { element, fill, find, focusedIn, part } from "./shared/dom.js";
import { unpacked } from "./shared/files.js";
import { drawLegend, legendOf } from "./shared/legend.js";
import { reached, toEnds } from "./shared/movement.js";
import { bytes, number } from "./shared/numbers.js";
import { Layer } from "./viewer/layer.js";
/** @import { Form, Step, Sum } from "./ledger/sums.js" */
/** @import { Units } from "./ledger/units.js" */
/** @import { Field, Places } from "./probe/cells.js" */
/** @import { Given } from "./shared/dom.js" */
/** @import { LayerData } from "./viewer/layer.js" */

/** @typedef {{ name: string, probability: string, ledger: string, bias: number, unit: string, check: string }} Class */
/**
 * @typedef {Form & { file: string, classes: Class[], by_channel: boolean, layer: LayerData & { exact: string | null }
 *   | null, palettes: Record<string, string>, colors: Record<"for" | "against", string>, maps: [string, string],
 *   sides: string[], name: string, likeliest: string, channel: number, map: string, side: string, is_choice: boolean,
 *   photo: string, size: [number, number], places: Places | null, field: Field | null, units?: Units | null }} Data
 */
/** @typedef {{ i: number, channel: number, isOne: boolean, side: string }} Now */

const OPACITY = 0.7;
const LETTERS = 48; // of a title
const KEPT = /** @type {const} */ (["class", "channel", "ledger_map", "ledger_rows"]);

/** @type {WeakMap<Node, Ledger>} */
const ledgers = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const ledger = ledgers.get(parentElement) ?? new Ledger(parentElement);
  ledgers.set(parentElement, ledger);
  ledger.take(data, setTriggerValue);
  const stop = KEPT.map((name) => choiceOf(name).follow(() => ledger.soon()));
  return () => {
    for (const end of stop) end();
  };
}

class Ledger {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.root = root;
    this.closeup = new Closeup(part(root, ".probe"), OPACITY);
    this.svg = find(root, ".chart svg", SVGSVGElement);
    this.columns = part(root, ".columns");
    this.units = part(root, ".units");
    this.rows = find(root, ".rows", HTMLSelectElement);
    this.over = find(root, ".map", HTMLSelectElement);
    /** @type {Record<string, Uint8Array>} */
    this.palettes = {};
    /** @type {{ sums: Sum[], layer: Layer | null } | null} */
    this.found = null;
    /** @type {Step[]} */
    this.steps = [];
    this.drawn = { sum: "", map: "" };
    this.frame = 0;
    this.rows.onchange = () => this.choose("ledger_rows", this.rows.value);
    this.over.onchange = () => this.choose("ledger_map", this.over.value);
    find(root, ".save", HTMLButtonElement).onclick = () => {
      const ground = getComputedStyle(this.svg).getPropertyValue("--st-background-color");
      save(this.svg, [this.svg.clientWidth, HEIGHT], ground, "ledger.png");
    };
    new ResizeObserver(() => this.soon()).observe(part(root, ".chart"));
  }

  /**
   * @param {Data} data
   * @param {(name: string, value: unknown) => void} send
   */
  take(data, send) {
    this.data = data;
    this.send = send;
    this.palettes = Object.fromEntries(Object.entries(data.palettes).map(([name, text]) => [name, bytes(text)]));
    fill(this.rows, data.sides);
    fill(this.over, data.maps);
    choiceOf("class").hear(data.name, data.likeliest, this);
    choiceOf("ledger_rows").hear(data.side, data.sides[0], this);
    if (data.is_choice) {
      choiceOf("channel").hear(data.channel, 0, this);
      choiceOf("ledger_map").hear(data.map, data.maps[0], this);
    }
    part(this.root, ".over").hidden = !data.is_choice;
    part(this.root, ".steps").classList.toggle("plain", !data.is_choice);
    this.load(data);
  }

  /** @param {Data} data */
  async load(data) {
    try {
      const [buffer, layer] = await Promise.all([unpacked(data.file), data.layer && Layer.load(data.layer)]);
      if (this.data !== data) return; // another one was asked for since
      this.found = { sums: sumsOf(buffer, data.classes.length, data), layer };
      this.draw();
    } catch (error) {
      if (this.data === data) part(this.root, ".said").textContent = `The ledger could not be fetched: ${error}`;
    }
  }

  /**
   * @param {typeof KEPT[number]} name
   * @param {string | number} value
   */
  choose(name, value) {
    choiceOf(name).choose(value, (rested) => this.send?.(name, rested));
  }

  /** In the next frame: once, however many keys were pressed until then. */
  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  /**
   * What is chosen. A class whose ledger is not here is on its way: until then the one is shown that is.
   * @param {Data} data
   * @returns {Now}
   */
  now(data) {
    const chosen = data.classes.findIndex(({ name }) => name === choiceOf("class").value);
    const i = chosen < 0 ? data.classes.findIndex(({ name }) => name === data.name) : chosen;
    const last = (data.layer?.shape[0] ?? 1) - 1, channel = Number(choiceOf("channel").value ?? data.channel);
    const isOne = data.is_choice && choiceOf("ledger_map").value === data.maps[1];
    return { i, channel: Math.min(channel, last), isOne, side: String(choiceOf("ledger_rows").value) };
  }

  async draw() {
    const { data, found } = this;
    if (!data || !found) return;
    const now = this.now(data), { i, isOne, side } = now, sum = found.sums[i];
    this.rows.value = side;
    this.over.value = data.maps[Number(isOne)];
    this.drawClasses(data, i);
    this.drawMap(data, sum, found.layer, now);
    const steps = waterfall(sum, data.classes[i].bias, parseInt(side, 10), data.by_channel);
    const channels = steps.flatMap(({ input }) => (data.by_channel && data.layer && input !== null ? [input] : []));
    const coming = found.layer?.missing(isOne ? [...channels, now.channel] : channels);
    if (coming) {
      await coming;
      return this.soon();
    }
    this.drawSum(data, steps, found.layer, now);
    this.mark(data, now);
  }

  /**
   * @param {Data} data
   * @param {number} chosen
   */
  drawClasses(data, chosen) {
    const list = part(this.root, ".classes");
    list.hidden = data.classes.length < 2;
    if (list.hidden) return;
    const hadFocus = focusedIn(list) !== null;
    const cells = data.classes.map(({ name, probability }, i) => {
      const old = list.children[i], button = old instanceof HTMLButtonElement ? old : element("button");
      button.type = "button";
      button.title = name;
      button.replaceChildren(element("span", "name", name), " ", element("span", "likely", probability));
      return button;
    });
    if (cells.some((cell, i) => list.children[i] !== cell) || list.children.length > cells.length)
      list.replaceChildren(...cells);
    oneOf({
      list, cells, selected: chosen, attribute: "aria-pressed", hadFocus, scrolls: false, rest: 0,
      steps: (at) => ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1, ...toEnds(at, cells.length) }),
      send: (i) => this.choose("class", data.classes[i].name),
    });
  }

  /**
   * @param {Data} data
   * @param {Step[]} steps
   * @param {Layer | null} layer
   * @param {Now} now
   */
  drawSum(data, steps, layer, { i, side }) {
    const width = Math.max(240, part(this.root, ".chart").clientWidth), { ledger, check } = data.classes[i];
    const key = JSON.stringify([data.file, data.layer?.maps, data.layer?.ranks, data.by_channel, i, side, width]);
    if (this.drawn.sum === key) return;
    this.drawn.sum = key;
    this.steps = steps;
    const planes = steps.map(({ input }) => (data.by_channel && input !== null ? layer?.tile(input) : null) ?? null);
    const scale = scaleFor(rangeOf(planes.flatMap((plane) => (plane ? [plane.values] : []))));
    const palette = this.palettes[scale.signed ? "signed" : "viridis"];
    const pictures = planes.map((plane) => plane && addressOf(plane.shape, painted(plane.values, scale, palette)));
    const title = `${ledger[0].toUpperCase()}${ledger.slice(1)}`;
    const { names, ...edges } = drawSteps(this.svg, {
      title: `${title.length > LETTERS ? `${title.slice(0, LETTERS - 1)}…` : title}, term by term`,
      unit: "sum so far, in logits", steps, pictures, colors: data.colors, width, isLinked: Boolean(data.units),
    });
    for (const [name, value] of Object.entries(edges)) this.columns.style.setProperty(name, `${value}px`);
    this.columns.setAttribute("aria-label", `${title} as a sum`);
    part(this.root, ".check").textContent = check;
    const hadFocus = focusedIn(this.columns) !== null;
    this.columns.replaceChildren(...steps.map(({ name, note, end }, at) => {
      const button = element("button");
      button.type = "button";
      button.setAttribute("aria-label", `${name}: ${note}, the sum so far ${number(end)}`);
      button.onpointerenter = button.onfocus = () => this.tell(at);
      return button;
    }));
    if (hadFocus) this.columns.querySelector("button")?.focus({ preventScroll: true });
    linkNames(this.units, steps, data.units, { ...edges, names }, (input) => this.send?.("unit", input));
    this.tell(steps.length - 1);
  }

  /**
   * What a step adds, and the sum so far; its unit is the one that the tabulator leads to.
   * @param {number} at
   */
  tell(at) {
    const { name, note, end } = this.steps[at];
    const said = `${name}: ${note}, the sum so far ${number(end)}`, place = part(this.root, ".said");
    if (place.textContent !== said) place.textContent = said;
    leadTo(this.units, at);
  }

  /**
   * Mark the chosen channel's step, and listen to all.
   * @param {Data} data
   * @param {Now} now
   */
  mark(data, { channel, isOne }) {
    const cells = [...this.columns.querySelectorAll("button")];
    const inputs = this.steps.map(({ input }) => (data.is_choice ? input : null)), focused = focusedIn(this.columns);
    const selected = isOne ? inputs.indexOf(channel) : -1, at = cells.findIndex((cell) => cell === focused);
    /** @param {number} i */
    const send = (i) => {
      const input = inputs[i];
      if (input === null) return this.mark(data, this.now(data));
      if (!this.now(data).isOne) this.choose("ledger_map", data.maps[1]);
      this.choose("channel", input);
    };
    oneOf({
      list: this.columns, cells, selected, attribute: "aria-pressed", hadFocus: false, scrolls: false, rest: 0, send,
      steps: (from) => ({ ArrowLeft: -1, ArrowRight: 1, ...toEnds(from, cells.length) }),
    });
    if (at >= 0) cells.forEach((cell, i) => (cell.tabIndex = i === at ? 0 : -1));
    cells.forEach((cell, i) => {
      if (inputs[i] === null) cell.removeAttribute("aria-pressed");
    });
    if (selected >= 0) this.tell(selected);
    const isThere = inputs.map((input) => input !== null);
    for (const [name, step] of /** @type {const} */ ([[".back", -1], [".on", 1]])) {
      const button = find(this.root, name, HTMLButtonElement), to = reached(selected, step, isThere);
      button.disabled = to < 0;
      button.onclick = () => send(to);
    }
  }

  /**
   * @param {Data} data
   * @param {Sum} sum
   * @param {Layer | null} layer
   * @param {Now} now
   */
  drawMap(data, sum, layer, { i, channel, isOne }) {
    if (isOne && (!layer || !data.layer || layer.missing([channel]))) return; // it comes
    const near = isOne && layer && data.layer ? layer.closest(channel, { ...data.layer, channel: data.channel }) : null;
    const key = JSON.stringify([data.file, data.layer?.maps, data.places, i, near && [channel, near.isExact]]);
    if (this.drawn.map === key) return;
    this.drawn.map = key;
    const nChannels = data.layer?.shape[0] ?? 0, { factor } = data;
    const plane = near
      ? { values: channelMap(sum, channel, near.plane.values, { nChannels, factor }), shape: near.plane.shape }
      : { values: sum.map, shape: data.cells };
    const { ledger, unit } = data.classes[i], [low, high] = rangeOf([plane.values]), scale = scaleFor([low, high]);
    const root = part(this.root, ".closeup");
    const palette = this.palettes[scale.signed ? "signed" : "viridis"];
    const canvas = find(root, "canvas", HTMLCanvasElement);
    paintOver(canvas, plane, { scale, palette, gamma: 1 }, { places: data.places, size: data.size });
    canvas.dataset.channel = `${isOne ? channel : "all"} of ${data.classes[i].name}`;
    this.closeup.show({
      photo: data.photo, alt: `What adds to ${ledger}, over the picture`, values: plane.values, shape: plane.shape,
      size: data.size, start: strongest(plane), field: data.field, places: data.places, histogram: false,
      about: near && !near.isExact ? "about " : "", linked: "",
    });
    const said = `${isOne ? `channel ${channel} ` : ""}${unit}; here from ${number(low)} to ${number(high)}`;
    drawLegend(root, legendOf({ scale, palette, gamma: 1 }, said, 1));
  }
}
