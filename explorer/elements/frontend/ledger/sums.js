// The ledgers of the likeliest classes: what each input adds to a logit, and how that adds up.
import { number, signed } from "../shared/numbers.js";
/** @import { Scale } from "../shared/colors.js" */

/**
 * @typedef {object} Form how the file of the ledgers is made up
 * @property {number} n_inputs
 * @property {boolean} has_products
 * @property {[number, number]} cells
 * @property {number} n_gains
 * @property {number} factor
 */
/**
 * @typedef {object} Sum
 * @property {Float64Array} terms
 * @property {Float32Array | null} weights
 * @property {Float32Array | null} inputs
 * @property {Float32Array} map
 * @property {Float32Array} gains
 */
/**
 * @typedef {object} Step from the running total before it to the one after it
 * @property {string} name
 * @property {string} label
 * @property {number | null} input
 * @property {string} note what it adds
 * @property {number} amount
 * @property {number} start
 * @property {number} end
 * @property {"for" | "against" | "result"} kind
 */

/**
 * @param {ArrayBuffer} buffer
 * @param {number} n classes
 * @param {Form} form
 * @returns {Sum[]}
 */
export function sumsOf(buffer, n, { n_inputs: k, has_products: hasProducts, cells, n_gains: nGains }) {
  let at = 8 * n * k;
  /** @param {number} length */
  const next = (length) => {
    const found = new Float32Array(buffer, at, length);
    at += 4 * length;
    return found;
  };
  return Array.from({ length: n }, (_, i) => ({
    terms: new Float64Array(buffer, 8 * i * k, k),
    weights: hasProducts ? next(k) : null,
    inputs: hasProducts ? next(k) : null,
    map: next(cells[0] * cells[1]),
    gains: next(nGains),
  }));
}

/**
 * What one of so many channels adds in each of its cells, in float32 as the server counts.
 * @param {Sum} sum
 * @param {number} channel
 * @param {Float32Array} values of the channel
 * @param {{ nChannels: number, factor: number }} form
 */
export function channelMap({ gains }, channel, values, { nChannels, factor }) {
  const isEven = gains.length === nChannels, start = channel * values.length;
  return values.map((value, i) => Math.fround(value * gains[isEven ? channel : start + i]) * factor);
}

/**
 * The inputs with the n most positive and the n most negative terms, strongest first.
 * @param {Float64Array} terms
 * @param {number} n
 */
export function strongest(terms, n) {
  const order = Array.from(terms.keys()).sort((a, b) => terms[b] - terms[a] || a - b);
  return {
    supports: order.slice(0, n).filter((i) => terms[i] > 0),
    opposes: order.slice(-n).reverse().filter((i) => terms[i] < 0),
  };
}

/**
 * The bias, the n strongest terms for, the others together, the n strongest against, the strongest last, and the sum.
 * @param {Sum} sum
 * @param {number} bias
 * @param {number} n
 * @param {boolean} isByChannel
 * @returns {Step[]}
 */
export function waterfall(sum, bias, n, isByChannel) {
  const { supports, opposes } = strongest(sum.terms, n), noun = isByChannel ? "channel" : "input";
  const shown = new Set([...supports, ...opposes]);
  const others = Array.from(sum.terms.keys()).filter((i) => !shown.has(i));
  /** @type {Step[]} */
  const steps = [];
  let total = 0;
  /** @type {(name: string, label: string, input: number | null, product: string, amount: number) => void} */
  const add = (name, label, input, product, amount) => {
    const note = product ? `${product} = ${signed(amount)}` : signed(amount);
    const kind = amount >= 0 ? "for" : "against";
    steps.push({ name, label, input, note, amount, start: total, end: total + amount, kind });
    total += amount;
  };
  const one = (/** @type {number} */ i) => add(`${noun} ${i}`, String(i), i, productOf(sum, i), sum.terms[i]);
  add("bias", "bias", null, "", bias);
  supports.forEach(one);
  if (others.length) {
    const count = others.length > 1 ? `${others.length.toLocaleString("en")} ${noun}s` : noun;
    add(`the other ${count}`, "others", null, "", others.reduce((all, i) => all + sum.terms[i], 0));
  }
  opposes.reverse().forEach(one);
  steps.push({
    name: "sum", label: "sum", input: null, note: signed(total), amount: total, start: 0, end: total, kind: "result",
  });
  return steps;
}

/**
 * @param {Sum} sum
 * @param {number} i
 */
function productOf({ weights, inputs }, i) {
  return weights && inputs ? `${number(weights[i], 3)} × ${number(inputs[i], 3)}` : "";
}

/**
 * The lowest and the highest of all finite values; zeros where there is none.
 * @param {readonly Float32Array[]} maps
 * @returns {[number, number]}
 */
export function rangeOf(maps) {
  let low = Infinity, high = -Infinity;
  for (const values of maps)
    for (const value of values)
      if (Number.isFinite(value)) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
  return low > high ? [0, 0] : [low, high];
}

/**
 * The scale that spans a range: from zero where nothing is negative, else about zero.
 * @param {readonly [number, number]} range
 * @returns {Scale}
 */
export function scaleFor([low, high]) {
  if (low >= 0) return { low: 0, high, signed: false };
  const limit = Math.max(-low, high);
  return { low: -limit, high: limit, signed: true };
}
