// A small network, run in the browser: what the picture becomes in each of its operations, one after another.
import { OPERATIONS } from "./operations.js";
import { unpacker } from "./weights.js";
/** @import { Maps, Operation, Step } from "./operations.js" */
/** @import { Packed } from "./weights.js" */

/** @typedef {Omit<Step, "weights"> & { weights: Record<string, Packed> }} PackedStep */

const PATIENCE = 50; // milliseconds, after which the page has its turn

export class Network {
  /**
   * @param {readonly PackedStep[]} steps
   * @param {ArrayBuffer} weights
   */
  constructor(steps, weights) {
    this.steps = steps;
    this.unpack = unpacker(weights);
    /** @type {Operation[]} */
    this.operations = []; // made on the first run, one after another
  }

  /** @param {number} i */
  operation(i) {
    if (i in this.operations) return this.operations[i];
    const step = this.steps[i];
    const arrays = Object.entries(step.weights).map(([name, array]) => [name, this.unpack(array)]);
    this.operations[i] = OPERATIONS[step.does]({ ...step, weights: Object.fromEntries(arrays) });
    return this.operations[i];
  }

  /** Make the operations while nobody waits for them. */
  async prepare() {
    for (const i of this.steps.keys()) {
      this.operation(i);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  /**
   * What each step makes of a picture; null where `isWanted` says on the way that nobody wants to know any more.
   * @param {Maps} picture
   * @param {() => boolean} [isWanted]
   * @returns {Promise<Maps[] | null>}
   */
  async run(picture, isWanted = () => true) {
    /** @type {Maps[]} */
    const found = [];
    let last = performance.now();
    for (const [i, { reads, shape }] of this.steps.entries()) {
      found.push({ values: this.operation(i)(reads.map((at) => (at < 0 ? picture : found[at]))), shape });
      if (performance.now() - last < PATIENCE) continue;
      await new Promise((resolve) => setTimeout(resolve));
      if (!isWanted()) return null;
      last = performance.now();
    }
    return found;
  }
}

/**
 * The classes' probabilities: softmax, and of a single number the sigmoid, for both classes.
 * @param {Float32Array} logits
 * @returns {number[]}
 */
export function probabilities(logits) {
  const scores = logits.length > 1 ? [...logits] : [0, logits[0]], most = Math.max(...scores);
  const parts = scores.map((score) => Math.exp(score - most)), sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
}
