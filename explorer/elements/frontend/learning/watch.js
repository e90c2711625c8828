// Asks the server for what is new in a training, as long as somebody looks at it.
import { opened } from "./film.js";
/** @import { Told } from "./film.js" */

const SOON = 200, LATER = 1000, HIDDEN = 5000; // milliseconds between two questions
const MOVES = ["waiting", "starting", "playing"];

/**
 * @typedef {object} Hearer
 * @property {(told: Told, floats: Float32Array[]) => void} hear
 * @property {(why: string) => void} lose what was asked for is not there
 */

/** @param {string} status */
export function moves(status) {
  return MOVES.includes(status);
}

export class Watch {
  /**
   * @param {Hearer} hearer
   * @param {() => boolean} isSeen whether there is still somebody to ask for
   */
  constructor(hearer, isSeen) {
    this.hearer = hearer;
    this.isSeen = isSeen;
    this.address = "";
    /** @type {readonly number[]} */
    this.sizes = [];
    /** @type {number[]} */
    this.from = []; // of each pane, the number of the next frame
    /** @type {number[]} */
    this.editions = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.isAsking = false;
  }

  /**
   * Watch the training at an address from its first frame on, or none any more; that which is watched already goes on.
   * @param {string} address
   * @param {readonly number[]} sizes
   */
  follow(address, sizes) {
    if (address !== this.address) {
      [this.address, this.sizes] = [address, sizes];
      [this.from, this.editions] = [sizes.map(() => 0), sizes.map(() => 0)];
    }
    if (this.address) this.ask();
    else clearTimeout(this.timer);
  }

  async ask() {
    clearTimeout(this.timer);
    if (this.isAsking || !this.address) return;
    this.isAsking = true;
    const { address } = this;
    let wait = LATER;
    try {
      const answer = await fetch(`${address}?from=${this.from}&editions=${this.editions}`);
      if (answer.status === 404) return this.lose(address, "It is not on this server any more.");
      const isFrames = answer.headers.get("content-type") === "application/octet-stream";
      if (!answer.ok || !isFrames) throw new Error(`${answer.status}`);
      const { told, floats } = opened(await answer.arrayBuffer(), this.sizes);
      if (address !== this.address) return; // another one is watched since
      this.from = told.firsts.map((first, pane) => first + told.counts[pane]);
      this.editions = told.editions;
      this.hearer.hear(told, floats);
      wait = document.hidden ? HIDDEN : moves(told.status) ? SOON : LATER;
      if (told.counts.some((count, pane) => count > 0 && this.from[pane] < told.n_frames[pane])) wait = 0;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      wait = HIDDEN; // such as without a network: it is asked again
    } finally {
      this.isAsking = false;
      if (this.address && this.isSeen()) this.timer = setTimeout(() => this.ask(), address === this.address ? wait : 0);
    }
  }

  /**
   * @param {string} address
   * @param {string} why
   */
  lose(address, why) {
    if (address !== this.address) return;
    this.address = "";
    this.hearer.lose(why);
  }
}
