// Which frame of a film is seen: one that was gone to, the next one while it plays, or what came last of a training.
import { frameAt } from "../clip/pace.js";
import { clamp } from "../shared/movement.js";
import { catchingUp } from "./film.js";

const CALM = 2; // frames a second for whoever wants little motion

/**
 * @typedef {object} Screen
 * @property {() => number} last the number of the last frame
 * @property {() => number} rate frames a second
 * @property {() => boolean} isSeen
 * @property {() => void} draw
 */

export class Player {
  /** @param {Screen} screen */
  constructor(screen) {
    this.screen = screen;
    this.at = 0;
    this.follows = true;
    this.isPlaying = false;
    this.clock = 0;
  }

  /** Whether whoever looks wants little motion. */
  get calm() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** From the beginning, of another film. */
  reset() {
    cancelAnimationFrame(this.clock);
    [this.at, this.follows, this.isPlaying] = [0, true, false];
  }

  /** @param {number} i */
  go(i) {
    const last = this.screen.last();
    this.at = clamp(i, 0, last);
    this.follows = this.at === last;
    this.halt();
  }

  halt() {
    cancelAnimationFrame(this.clock);
    this.isPlaying = false;
    this.screen.draw();
  }

  /** Frame by frame to what has come last, and from then on along with the training. */
  follow() {
    const { screen } = this;
    cancelAnimationFrame(this.clock);
    [this.isPlaying, this.follows] = [false, true];
    if (this.calm) this.at = screen.last();
    let drawn = performance.now();
    this.each((now) => {
      const behind = screen.last() - this.at;
      if (behind > 0) this.at += catchingUp(behind, Math.max(0, now - drawn) / 1000);
      this.at = Math.min(this.at, screen.last());
      drawn = now;
      return this.at < screen.last();
    });
  }

  /** Again, at so many frames a second: from here on, or from the beginning where this is the end. */
  play() {
    const { screen } = this, from = this.at >= screen.last() ? 0 : this.at, began = performance.now();
    const rate = String(this.calm ? CALM : screen.rate());
    cancelAnimationFrame(this.clock);
    [this.isPlaying, this.follows, this.at] = [true, false, from];
    this.each((now) => {
      const numbers = Array.from({ length: screen.last() + 1 }, (_, i) => i);
      this.at = frameAt(numbers, from, Math.max(0, now - began) / 1000, rate);
      if (this.at >= screen.last()) [this.isPlaying, this.follows] = [false, true];
      return this.isPlaying;
    });
  }

  /**
   * Draw again and again, as long as there is a next picture.
   * @param {(now: number) => boolean} next
   */
  each(next) {
    const tick = (/** @type {number} */ now) => {
      if (!this.screen.isSeen()) return;
      const goesOn = next(now);
      this.screen.draw();
      if (goesOn) this.clock = requestAnimationFrame(tick);
    };
    this.clock = requestAnimationFrame(tick);
  }
}
