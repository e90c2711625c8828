// A map that is painted on: what is on it here is the truth, from rerun to rerun and over a visit to another page.
import { after, size } from "./steps.js";
/** @import { Shape, Step } from "./steps.js" */

/** @type {Map<string, Easel>} */
const all = new Map();

export class Easel {
  /**
   * @param {Float32Array} recorded
   * @param {Shape} shape
   * @param {readonly Step[]} steps
   */
  constructor(recorded, shape, steps) {
    this.recorded = this.settled = recorded;
    this.shape = shape;
    this.steps = [...steps];
    /** @type {Step[]} */
    this.undone = [];
    /** @type {Step | null} */
    this.open = null; // what is being done
    this.settle();
  }

  settle() {
    this.settled = this.steps.reduce((values, step) => after(values, this.shape, step), this.recorded);
  }

  /**
   * The same map of another picture: what was done is done to that one.
   * @param {Float32Array} recorded
   */
  take(recorded) {
    this.recorded = recorded;
    this.settle();
  }

  /** The map as it is seen now. */
  get values() {
    return this.open ? after(this.settled, this.shape, this.open) : this.settled;
  }

  /**
   * Whether so much may still be added.
   * @param {Step} step
   * @param {number} limit numbers in all steps
   */
  hasRoom(step, limit) {
    return this.steps.reduce((sum, one) => sum + size(one), size(step)) <= limit;
  }

  /** What is being done is done. */
  close() {
    if (!this.open) return false;
    this.steps.push(this.open);
    this.settled = after(this.settled, this.shape, this.open);
    this.undone = [];
    this.open = null;
    return true;
  }

  undo() {
    const last = this.steps.pop();
    if (last) this.undone.push(last);
    this.settle();
    return last !== undefined;
  }

  redo() {
    const next = this.undone.pop();
    if (next) this.steps.push(next);
    this.settle();
    return next !== undefined;
  }

  /** All of it undone; Redo brings it back, step by step. */
  reset() {
    const hasAny = this.steps.length > 0;
    this.undone.push(...this.steps.reverse());
    this.steps = [];
    this.settle();
    return hasAny;
  }
}

/**
 * The easel of a name, with what the server knows of it where it is new to this browser.
 * @param {string} name
 * @param {() => Easel} make
 */
export function easelOf(name, make) {
  const found = all.get(name) ?? make();
  all.set(name, found);
  return found;
}
