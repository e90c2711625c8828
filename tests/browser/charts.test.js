// Charts that the page draws itself, and how a ledger is added up.
import assert from "node:assert/strict";
import { test } from "node:test";

import { channelMap, rangeOf, scaleFor, strongest, sumsOf, waterfall } from
  "../../explorer/elements/frontend/ledger/sums.js";
import { ticks } from "../../explorer/elements/frontend/shared/axis.js";
import { number, signed } from "../../explorer/elements/frontend/shared/numbers.js";

const NOTHING = new Float32Array();

/** @param {number[]} terms */
function sumOf(terms) {
  return { terms: Float64Array.from(terms), weights: null, inputs: null, map: NOTHING, gains: NOTHING };
}

test("an axis has round numbers, as many as there is room for", () => {
  assert.deepEqual(ticks(0, 100, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(-0.17, 4.9, 5), [0, 2, 4]);
  for (const most of [2, 3, 5, 9])
    for (const high of [1e-6, 0.37, 12, 9e5]) {
      const found = ticks(-high / 3, high, most);
      assert.ok(found.length <= most + 1 && found.length > 0, `${most} ${high} ${found}`);
      assert.ok(found.every((tick) => tick >= -high / 3 && tick <= high));
    }
});

test("the strongest stand apart, the others together, and the sum is that of all", () => {
  const terms = [0.5, -2, 3, 0, -0.25, 1];
  assert.deepEqual(strongest(Float64Array.from(terms), 2), { supports: [2, 5], opposes: [1, 4] });
  const steps = waterfall(sumOf(terms), 0.125, 2, true);
  assert.deepEqual(steps.map(({ name }) => name), [
    "bias", "channel 2", "channel 5", "the other 2 channels", "channel 4", "channel 1", "sum",
  ]);
  assert.equal(steps[3].amount, 0.5);
  assert.equal(steps[6].end, 0.125 + terms.reduce((all, term) => all + term));
  for (let i = 1; i < 6; i++) assert.equal(steps[i].start, steps[i - 1].end);
});

test("equal terms stand in the order of their numbers, and zeros speak for nobody", () => {
  assert.deepEqual(strongest(Float64Array.from([1, 1, 0, 1]), 2), { supports: [0, 1], opposes: [] });
  assert.deepEqual(strongest(Float64Array.from([-1, -1, -1]), 2), { supports: [], opposes: [2, 1] });
  const one = waterfall(sumOf([1, 2]), 0, 1, false);
  assert.deepEqual(one.map(({ name, label }) => [name, label]), [
    ["bias", "bias"], ["input 1", "1"], ["the other input", "others"], ["sum", "sum"],
  ]);
});

test("a file of ledgers is taken apart as it was put together", () => {
  const cells = /** @type {[number, number]} */ ([1, 2]);
  const form = { n_inputs: 2, has_products: true, cells, n_gains: 2, factor: 1 };
  const buffer = new ArrayBuffer(2 * 2 * 8 + 2 * (2 + 2 + 2 + 2) * 4);
  new Float64Array(buffer, 0, 4).set([1, 2, 3, 4]);
  new Float32Array(buffer, 32).set(Array.from({ length: 16 }, (_, i) => i));
  const [first, second] = sumsOf(buffer, 2, form);
  assert.deepEqual([...first.terms, ...second.terms], [1, 2, 3, 4]);
  assert.deepEqual([...(first.weights ?? []), ...(first.inputs ?? [])], [0, 1, 2, 3]);
  assert.deepEqual([...second.map, ...second.gains], [12, 13, 14, 15]);
});

test("a gain belongs to a channel or to a value, however many of them there are", () => {
  const values = Float32Array.from([1, 2]), of = (/** @type {number[]} */ gains) =>
    ({ ...sumOf([]), gains: Float32Array.from(gains) });
  assert.deepEqual([...channelMap(of([10, 100, 1000]), 1, values, { nChannels: 3, factor: 2 })], [200, 400]);
  assert.deepEqual([...channelMap(of([1, 2, 3, 4, 5, 6]), 1, values, { nChannels: 3, factor: 1 })], [3, 8]);
});

test("a scale begins at zero, or has it in the middle", () => {
  assert.deepEqual(rangeOf([Float32Array.from([3, NaN]), Float32Array.from([Infinity, -1])]), [-1, 3]);
  assert.deepEqual(rangeOf([]), [0, 0]);
  assert.deepEqual(scaleFor([1, 3]), { low: 0, high: 3, signed: false });
  assert.deepEqual(scaleFor([-4, 3]), { low: -4, high: 4, signed: true });
});

test("figures in the middle between two become the even ones", () => {
  assert.equal(number(0.3125, 3), "0.312");
  assert.equal(number(0.4375, 3), "0.438");
  assert.equal(signed(-2.345e-5), "−2.35e−05");
  assert.equal(signed(0), "+0.00");
  assert.equal(signed(999.7), "+1.00e+03");
});
