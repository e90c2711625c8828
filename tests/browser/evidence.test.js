// Which maps of evidence are to be seen, and in what.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";

import { ahead } from "../../explorer/elements/frontend/evidence/ahead.js";
import { missing, planeOf, scaleOf, standing, widestOf } from "../../explorer/elements/frontend/evidence/maps.js";
import { strongest } from "../../explorer/elements/frontend/probe/over.js";
import { choiceOf } from "../../explorer/elements/frontend/shared/choice.js";

// the maps of classes 7 and 3 at two layers; those of 5 and 9 are not there
const target = (index, url) => ({ index, url, name: "", heading: "", range: null });
const data = {
  layers: [{ shape: [1, 2] }, { shape: [1, 1] }],
  targets: [target(7, "/7"), target(3, "/3"), target(5, null), target(9, null)],
  layer: 1, pair: [7, 3], asked: "", leads: { layer1: 0, layer4: 1, fc: 1 }, likeliest: [7, 3],
};

beforeEach(() => {
  choiceOf("layer").put("");
  choiceOf("class").put(7);
  ahead.put("", {});
});

test("until somebody chooses, what the server says is seen", () => {
  assert.deepEqual(standing(data), { layer: 1, pair: [7, 3], waits: [] });
});

test("a stage leads to its layer; of another one the server knows", () => {
  choiceOf("layer").put("layer1");
  assert.equal(standing(data).layer, 0);
  choiceOf("layer").put("fc"); // without maps: the last layer before it that has some
  assert.equal(standing(data).layer, 1);
  choiceOf("layer").put("conv1");
  assert.equal(standing({ ...data, layer: 0 }).layer, 0);
  assert.deepEqual(standing(data).waits, ["layer"]);
});

test("a class is compared with the likeliest other one", () => {
  choiceOf("class").put(3);
  assert.deepEqual(standing(data).pair, [3, 7]);
});

test("a class is seen once its maps are here", () => {
  choiceOf("class").put(5);
  assert.deepEqual(standing(data).pair, [7, 3]);
  assert.deepEqual(standing(data).waits, ["class"]);
  assert.deepEqual(standing(data, [3, 7]).pair, [3, 7]); // what was seen last stays until then
  assert.deepEqual(standing(data, [2, 7]).pair, [7, 3]); // unless it was of something else
  ahead.put("/another", { 5: "/5" }); // of another picture, say
  assert.deepEqual(standing(data).pair, [7, 3]);
  ahead.put("/7", { 5: "/5" });
  assert.deepEqual(standing(data).pair, [5, 7]);
  choiceOf("class").put(11); // none of those that are offered
  assert.deepEqual(standing(data).pair, [7, 3]);
});

test("the map at the layer that is shown can be here before those at the others", async () => {
  const file = (...values) => `data:application/gzip;base64,${gzipSync(Float32Array.from(values)).toString("base64")}`;
  const [seven, three, all] = [file(70), file(30), file(71, 72, 73)];
  const begun = { ...data, targets: [7, 3, 5].map((index) => target(index, null)) };
  [begun.targets[0].first, begun.targets[1].first] = [seven, three];
  await missing(begun, [[1, 7], [1, 3]]);
  assert.deepEqual([7, 3].map((index) => planeOf(begun, [1, index]).values[0]), [70, 30]);
  choiceOf("layer").put("layer1");
  assert.deepEqual(standing(begun), { layer: 1, pair: [7, 3], waits: ["layer"] });
  choiceOf("class").put(5);
  assert.deepEqual(standing(begun), { layer: 1, pair: [7, 3], waits: ["layer", "class"] });
  choiceOf("class").put(7);
  await missing({ ...data, targets: [target(7, all)] }, [[0, 7]]);
  ahead.put(seven, { 7: all, 3: all, 5: all });
  assert.deepEqual(standing(begun), { layer: 0, pair: [7, 3], waits: [] });
  assert.deepEqual([...planeOf(begun, [0, 7]).values], [71, 72]);
  assert.equal(planeOf(begun, [1, 7]).values[0], 73);
  choiceOf("class").put(5);
  assert.deepEqual(standing(begun), { layer: 0, pair: [5, 7], waits: [] });
});

test("what is no class stays what it is, whatever class is chosen", () => {
  const other = { ...data, targets: [target(0, "/a"), target(1, "/b")], pair: [0, 1], likeliest: [], leads: {} };
  choiceOf("class").put(1);
  choiceOf("layer").put("layer1");
  assert.deepEqual(standing(other), { layer: 1, pair: [0, 1], waits: ["layer"] });
});

test("a map is drawn from zero to its largest number, or about zero, or as is said", () => {
  const values = Float32Array.from([NaN, -4, 2, Infinity]);
  assert.deepEqual(scaleOf(values, true, null), { low: -4, high: 4, signed: true });
  assert.deepEqual(scaleOf(Float32Array.from([0, 2]), false, null), { low: 0, high: 2, signed: false });
  assert.deepEqual(scaleOf(values, false, [0.1, 0.3]), { low: 0.1, high: 0.3, signed: false });
  const several = [{ low: 0.1, high: 2, signed: false }, { low: 0.3, high: 5, signed: false }];
  assert.deepEqual(widestOf(several), { low: 0.1, high: 5, signed: false });
});

test("the strongest cell is the first of the largest ones", () => {
  assert.deepEqual(strongest({ values: Float32Array.from([0, 3, 1, 3, 2, 0]), shape: [2, 3] }), [0, 1]);
  assert.deepEqual(strongest({ values: Float32Array.from([NaN, -3, -1, -2]), shape: [2, 2] }), [1, 0]);
});
