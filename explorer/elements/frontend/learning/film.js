// The film of a training: frames of numbers that are all laid out alike, and what the server says of the training.

/**
 * @typedef {object} Layout
 * @property {[string, number[]][]} fields the name and the shape of each, in their order
 * @property {number} n_floats of a frame
 * @property {string[]} layers those with weights, of which each has a gradient
 * @property {string} kernels the layer whose weights are seen
 * @property {string} maps the one whose maps are seen, "" for none
 * @property {string} evidence the one at which the evidence is found, "" for none
 * @property {string[]} categories
 */
/**
 * @typedef {object} Told
 * @property {string} status
 * @property {string} said
 * @property {number[]} editions of each pane's film: another one, and what came before is no longer so
 * @property {number[]} firsts of each pane the number of the first frame that comes along
 * @property {number[]} counts how many come
 * @property {number[]} n_frames how many there are, also where not all of them come at once
 * @property {[number, string][]} events what was changed at which step
 */

export class Film {
  /** @param {Layout} layout */
  constructor(layout) {
    this.layout = layout;
    /** @type {Float32Array[]} */
    this.frames = [];
    /** @type {Map<string, { start: number, size: number, shape: number[] }>} */
    this.places = new Map();
    let start = 0;
    for (const [name, shape] of layout.fields) {
      const size = shape.reduce((all, length) => all * length, 1);
      this.places.set(name, { start, size, shape });
      start += size;
    }
    if (start !== layout.n_floats) throw new Error(`Frames of ${layout.n_floats} numbers are said to have ${start}`);
  }

  get count() {
    return this.frames.length;
  }

  /**
   * Frames that have come, from number `first` on: what was there from that on is forgotten.
   * @param {number} first
   * @param {Float32Array} floats
   */
  take(first, floats) {
    const { n_floats: n } = this.layout;
    this.frames.length = Math.min(first, this.frames.length);
    for (let at = 0; at + n <= floats.length; at += n) this.frames.push(floats.subarray(at, at + n));
  }

  /** @param {string} name */
  shape(name) {
    return this.place(name).shape;
  }

  /** @param {string} name */
  place(name) {
    const found = this.places.get(name);
    if (!found) throw new Error(`A frame has no ${name}`);
    return found;
  }

  /**
   * @param {number} i
   * @param {string} name
   */
  field(i, name) {
    const { start, size } = this.place(name);
    return this.frames[i].subarray(start, start + size);
  }

  /**
   * What is a single number in each frame.
   * @param {number} i
   * @param {string} name
   */
  number(i, name) {
    return this.frames[i][this.place(name).start];
  }

  /** @param {string} name */
  column(name) {
    const { start } = this.place(name);
    return this.frames.map((frame) => frame[start]);
  }

  /** @param {number} i */
  step(i) {
    return this.number(i, "step");
  }

  /**
   * Whether the held-out pictures were looked at in this frame; others say what it was then.
   * @param {number} i
   */
  isMeasured(i) {
    return this.number(i, "held_out_step") === this.step(i);
  }

  get lastStep() {
    return this.count ? this.step(this.count - 1) : -1;
  }

  /**
   * The last frame up to a step.
   * @param {number} step
   */
  at(step) {
    let low = 0, high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.step(middle) > step) high = middle - 1;
      else low = middle;
    }
    return low;
  }

  /**
   * The frame whose step is nearest; of two that are as near, the earlier one.
   * @param {number} step
   */
  nearest(step) {
    const low = this.at(step), next = Math.min(low + 1, this.count - 1);
    return this.step(next) - step < step - this.step(low) ? next : low;
  }
}

/**
 * What the server has sent: the length of a text, what it says, and the frames of one pane after the other.
 * @param {ArrayBuffer} sent
 * @param {readonly number[]} sizes how many numbers a frame of each pane has
 * @returns {{ told: Told, floats: Float32Array[] }}
 */
export function opened(sent, sizes) {
  const length = new DataView(sent).getUint32(0, true);
  /** @type {Told} */
  const told = JSON.parse(new TextDecoder().decode(new Uint8Array(sent, 4, length)));
  let start = 4 + length;
  const floats = sizes.map((size, pane) => {
    const n = told.counts[pane] * size, found = new Float32Array(sent, start, n);
    start += 4 * n;
    return found;
  });
  return { told, floats };
}

/**
 * How many frames farther the picture is that goes after a training: what has come in at once is seen one after
 * another, all within a quarter of a second.
 * @param {number} behind frames that were not seen yet
 * @param {number} since seconds since the last picture
 */
export function catchingUp(behind, since) {
  return Math.min(behind, Math.max(1, Math.round((behind * since) / 0.25)));
}

/**
 * The columns in which so many square tiles are largest in a place of (width, height).
 * @param {number} n
 * @param {readonly [number, number]} place
 */
export function columnsFor(n, [width, height]) {
  let best = 1, most = 0;
  for (let columns = 1; columns <= n; columns++) {
    const side = Math.min(width / columns, height / Math.ceil(n / columns));
    if (side > most + 1e-9) [best, most] = [columns, side];
  }
  return best;
}
