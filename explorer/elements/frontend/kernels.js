// Kernels as tiles, one of which is chosen. Their numbers are in the browser, and so are those of the other filters
// that may be chosen: it is seen at once, and the server hears of what has come to rest.
import { drawTile, tileAt } from "./kernels/tiles.js";
import { choiceOf } from "./shared/choice.js";
import { oneOf } from "./shared/choosing.js";
import { element, focusedIn, inGridRows, part } from "./shared/dom.js";
import { unpacked } from "./shared/files.js";
import { drawLegend, legendOf } from "./shared/legend.js";
import { inRows, toEnds } from "./shared/movement.js";
import { bytes } from "./shared/numbers.js";
/** @import { Form } from "./kernels/tiles.js" */
/** @import { Given } from "./shared/dom.js" */

/**
 * @typedef {Form & { file: string, sets: number[] | null, firsts: number[], numbers: number[], labels: string[] | null,
 *   columns: number, choice: "channel" | "input", usual: number, channel: number, chosen: number, palette: string,
 *   unit: string, alt: string }} Data of `sets` the one is shown that the page's channel is; the number of a tile is
 *   its own and the set's first
 */

const WIDE = 6; // times as wide as high: beside such a cell there is more room than above it

/** @type {WeakMap<Node, Sheet>} */
const sheets = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const sheet = sheets.get(parentElement) ?? new Sheet(parentElement);
  sheets.set(parentElement, sheet);
  sheet.take(data, setTriggerValue);
  const stop = [...new Set(["channel", data.choice])].map((name) => choiceOf(name).follow(() => sheet.soon()));
  return () => {
    for (const end of stop) end();
  };
}

class Sheet {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.root = root;
    this.list = part(root, ".cells");
    /** @type {HTMLButtonElement[]} */
    this.cells = [];
    /** @type {ArrayBuffer | null} */
    this.buffer = null;
    this.drawn = "";
    this.frame = 0;
  }

  /**
   * @param {Data} data
   * @param {(name: string, value: unknown) => void} send
   */
  async take(data, send) {
    this.data = data;
    this.send = send;
    if (data.sets) choiceOf("channel").hear(data.channel, 0, this);
    if (data.sets || data.numbers.includes(data.chosen)) choiceOf(data.choice).hear(data.chosen, data.usual, this.list);
    try {
      const buffer = await unpacked(data.file);
      if (this.data !== data) return; // another one was asked for since
      this.buffer = buffer;
      this.draw();
    } catch (error) {
      if (this.data === data) this.list.textContent = `The kernels could not be fetched: ${error}`;
    }
  }

  /** In the next frame: once, however many keys were pressed until then. */
  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    const { data, buffer } = this;
    if (!data || !buffer) return;
    const channel = Number(choiceOf("channel").value), set = data.sets ? data.sets.indexOf(channel) : 0;
    if (set < 0) return; // the server has its kernels, and hears of it
    const numbers = data.numbers.map((number) => data.firsts[set] + number);
    const key = JSON.stringify([data.file, data.alt, set, data.labels, numbers]);
    if (this.drawn !== key) {
      this.drawn = key;
      this.lay(data, numbers);
      const palette = bytes(data.palette), limit = data.limits?.[set] ?? null;
      this.cells.forEach((cell, i) => {
        drawTile([...cell.querySelectorAll("canvas")], tileAt(buffer, data, numbers.length, set, i), palette, limit);
      });
      if (data.sets) this.list.dataset.channel = String(channel);
      const scale = { low: -(limit ?? 0), high: limit ?? 0, signed: true };
      drawLegend(this.root, limit === null ? null : legendOf({ scale, palette, gamma: 1 }, data.unit, 1));
    }
    this.list.setAttribute("aria-label", data.alt.replace("{channel}", String(channel)));
    this.mark(data, numbers);
  }

  /**
   * Cells with as many canvases as each has parts; those that are there already stay.
   * @param {Data} data
   * @param {readonly number[]} numbers
   */
  lay({ tile: [, height, width], response, columns, labels, form }, numbers) {
    const parts = response ? 2 : 1, { list } = this, hadFocus = focusedIn(list) !== null;
    const isNew = this.cells.length !== numbers.length || this.cells[0]?.querySelectorAll("canvas").length !== parts;
    list.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    list.classList.toggle("beside", width > WIDE * height);
    list.classList.toggle("matrix", form === "matrix");
    if (isNew) {
      this.cells = numbers.map(() => {
        const button = element("button"), tiles = Array.from({ length: parts }, () => element("canvas"));
        button.type = "button";
        button.setAttribute("role", "gridcell");
        const [one] = tiles, pair = element("div", "pair");
        pair.append(...tiles);
        button.append(element("span"), parts > 1 ? pair : one);
        return button;
      });
    }
    this.cells.forEach((cell, i) => {
      cell.title = labels?.[i] ?? `Input ${numbers[i]}`;
      cell.setAttribute("aria-label", cell.title);
      part(cell, "span").textContent = String(numbers[i]);
    });
    if (isNew || list.firstElementChild?.children.length !== Math.min(columns, numbers.length))
      list.replaceChildren(...inGridRows(this.cells, columns));
    if (hadFocus && isNew) this.cells[0]?.focus({ preventScroll: true });
  }

  /**
   * @param {Data} data
   * @param {readonly number[]} numbers
   */
  mark({ choice, columns }, numbers) {
    const { list, cells } = this, chosen = choiceOf(choice);
    oneOf({
      list, cells, selected: numbers.indexOf(Number(chosen.value)), attribute: "aria-selected",
      steps: (at) => ({ ...inRows(columns), ...toEnds(at, cells.length) }),
      send: (i) => chosen.choose(numbers[i], (rested) => this.send?.("chosen", rested)),
      hadFocus: focusedIn(list) !== null, scrolls: false, rest: 0,
    });
  }
}
