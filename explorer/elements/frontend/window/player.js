// The window over both maps, the numbers in it, and what a person does with it.
import { element, find, part, pointed } from "../shared/dom.js";
import { Later } from "../shared/later.js";
import { ARROWS } from "../shared/movement.js";
import { decimals } from "../shared/numbers.js";
import { reach } from "../shared/scrolling.js";
import { cellsOf, lastOf, onwards, reckoned, windowAt, within, winner } from "./arithmetic.js";
import { Memory } from "./memory.js";
import { Stage } from "./stage.js";
import { Tables } from "./tables.js";
/** @import { Data } from "../window.js" */
/** @import { Cell, Pair } from "./arithmetic.js" */
/** @import { Maps } from "./stage.js" */

const PRINTED = 7; // a window up to this size has its numbers written without being asked
const SETTLED = 150;
const MOST_STEPS = 20; // at once: more, and the page was out of sight

/** What outlives a rerun. */
export class Kept {
  /**
   * @param {Memory} [memory]
   * @param {number} [settled] milliseconds after which a held key has come to rest
   */
  constructor(memory = new Memory(), settled = SETTLED) {
    this.memory = memory;
    /** @type {Later<() => void>} */
    this.later = new Later((report) => report(), settled);
    this.clock = 0; // of the frame in which it plays on
    this.end = () => {}; // what the player in sight listens to
  }
}

export class Player {
  /**
   * @param {HTMLElement} root
   * @param {Data} data
   * @param {Kept} kept
   * @param {(place: Pair) => void} send
   */
  constructor(root, data, kept, send) {
    const what = [data.source.url, data.output.url, JSON.stringify(data.kernel), data.rule, data.size];
    this.root = root;
    this.data = data;
    this.kept = kept;
    this.memory = kept.memory;
    this.version = this.memory.hear(data.at, what.join("|"), kept.later.waiting !== null);
    this.memory.at = within(this.memory.at, data.output.shape);
    this.report = () => {
      if (this.memory.tells()) send([...this.memory.at]);
    };
    this.play = part(root, ".play");
    this.scrub = find(root, ".scrub", HTMLInputElement);
    this.spell = part(root, ".spell");
    this.said = part(root, ".said");
    this.isMany = Math.max(...data.size) > PRINTED;
    this.stage = new Stage(root, data);
    this.tables = new Tables(part(root, ".tables"), data);
    /** @type {Maps | null} */
    this.maps = null; // until they have arrived
  }

  /**
   * Show everything as soon as the maps are here, and listen; returns what ends that.
   * @param {Promise<Maps>} coming
   */
  begin(coming) {
    const { data, memory, root, spell } = this;
    this.scrub.max = String(data.output.shape[0] * data.output.shape[1] - 1);
    root.classList.toggle("wide", data.size[0] > 4);
    root.style.setProperty("--n", String(data.size[1]));
    spell.hidden = !this.isMany;
    spell.setAttribute("aria-pressed", String(this.isMany && memory.isSpelled));
    this.listen();
    coming.then((maps) => {
      if (this.version !== memory.version) return;
      this.maps = maps;
      this.draw();
      if (memory.isPlaying) this.start();
    }).catch(() => {
      this.said.textContent = "The numbers did not arrive. Reload the page.";
    });
    const ends = [this.stage.watch(() => this.draw()), reach(root.querySelectorAll("figure"))];
    return () => ends.forEach((end) => end());
  }

  draw() {
    const { data, maps, memory, play, scrub } = this;
    if (!maps) return;
    const cells = cellsOf(data, maps.source, memory.at), best = winner(cells, data.rule);
    this.stage.drawSource(maps, cells, best);
    this.stage.drawOutput(maps, memory.at, memory.isPlaying || memory.isScrubbing);
    const [y, x] = memory.at, place = y * data.output.shape[1] + x;
    this.say(cells, this.tables.fill(cells, best), maps.output.values[place]);
    if (Number(scrub.value) !== place) scrub.value = String(place);
    scrub.setAttribute("aria-valuetext", `y ${y}, x ${x}`);
    play.textContent = memory.isPlaying ? "❚❚ Pause" : "▶ Play";
  }

  /**
   * @param {readonly Cell[]} cells
   * @param {readonly number[] | null} products
   * @param {number} value
   */
  say(cells, products, value) {
    const { data, memory, root, said } = this, [y, x] = memory.at;
    root.classList.toggle("silent", this.isMany && !memory.isSpelled);
    root.classList.toggle("many", this.isMany && memory.isSpelled);
    said.setAttribute("aria-live", memory.isPlaying ? "off" : "polite");
    const result = part(root, ".result"), shown = decimals(value);
    if (!result.children.length) result.append(element("b"), element("small"));
    const text = reckoned(cells, products, value, data.rule, data.counts_padding);
    result.children[0].textContent = text;
    result.children[1].textContent = `Output at (y ${y}, x ${x}): ${shown}${data.note ? ` ${data.note}` : ""}`;
    said.textContent = `Window at y ${y}, x ${x}. ${text}. The output there is ${shown}.`;
  }

  /** @param {Pair} place */
  go(place) {
    this.memory.at = within(place, this.data.output.shape);
    this.draw();
  }

  start() {
    const { data, kept, memory } = this, speed = find(this.root, ".speed", HTMLSelectElement);
    const { shape } = data.output, end = String(lastOf(shape));
    cancelAnimationFrame(kept.clock);
    let last = performance.now();
    /** @type {(now: number) => void} */
    const tick = (now) => {
      if (!memory.isPlaying || this.version !== memory.version || !this.root.isConnected) return;
      const isByRow = speed.value === "row", pause = 1000 / (isByRow ? 10 : Number(speed.value));
      let steps = Math.floor((now - last) / pause);
      if (steps > 0) {
        last += steps * pause;
        if (steps > MOST_STEPS) [steps, last] = [1, now];
        const to = onwards(memory.at, steps * (isByRow ? shape[1] : 1), shape);
        memory.isPlaying = String(to) !== end;
        this.go(to);
        if (!memory.isPlaying) kept.later.now(this.report);
      }
      if (memory.isPlaying) kept.clock = requestAnimationFrame(tick);
    };
    kept.clock = requestAnimationFrame(tick);
  }

  halt() {
    this.memory.isPlaying = false;
    cancelAnimationFrame(this.kept.clock);
  }

  playOrPause() {
    const { data, kept, memory } = this, { shape } = data.output;
    if (memory.isPlaying) {
      this.halt();
      this.go(memory.at);
      kept.later.now(this.report);
      return;
    }
    kept.later.stop();
    memory.isPlaying = true;
    if (String(memory.at) === String(lastOf(shape))) memory.at = [0, 0];
    if (!this.maps) return; // it begins when they have come
    this.draw();
    this.start();
  }

  listen() {
    const { data, kept, memory, scrub, spell, stage } = this;
    this.play.onclick = () => this.playOrPause();
    scrub.oninput = () => {
      this.halt();
      memory.isScrubbing = true;
      this.go(onwards([0, 0], Number(scrub.value), data.output.shape));
    };
    scrub.onchange = () => {
      memory.isScrubbing = false;
      this.go(memory.at);
      kept.later.soon(this.report); // each press of an arrow key is a change of its own
    };
    stage.right.onkeydown = (event) => this.press(event);
    stage.right.onclick = (event) => {
      const [y, x] = pointed(stage.right, event, data.output.shape);
      this.jump([Math.floor(y), Math.floor(x)]);
    };
    stage.left.onclick = (event) => {
      const { rows, columns } = stage.frame;
      this.jump(windowAt(pointed(stage.left, event, [rows, columns]), data));
    };
    spell.onclick = () => {
      memory.isSpelled = !memory.isSpelled;
      spell.setAttribute("aria-pressed", String(memory.isSpelled));
      this.draw();
    };
  }

  /** @param {Pair} place */
  jump(place) {
    this.halt();
    this.go(place);
    this.kept.later.now(this.report);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const step = ARROWS[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    if (!step) {
      this.playOrPause();
      return;
    }
    this.halt();
    this.go([this.memory.at[0] + step[0], this.memory.at[1] + step[1]]);
    this.kept.later.soon(this.report);
  }
}
