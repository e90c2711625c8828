// The channels and places that a window moves through in the browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import "../../explorer/elements/frontend/houses/app.js";
import { spanning } from "../../explorer/elements/frontend/shared/colors.js";
import { chosenIn, placeIn, unitChoice, written } from "../../explorer/elements/frontend/shared/unit.js";
import { filterOf } from "../../explorer/elements/frontend/window/filters.js";
import { Following } from "../../explorer/elements/frontend/window/memory.js";
import { planeOf, viewOf } from "../../explorer/elements/frontend/window/sides.js";

const page = { href: "http://here/pooling?unit_y=9" };
Object.assign(globalThis, {
  location: page,
  history: { state: null, replaceState: (_state, _title, url) => Object.assign(page, { href: url.href }) },
});
const colors = Buffer.from(new Uint8Array(768)).toString("base64");

/** A file of consecutive maps of 2 x 3 cells: each cell says its channel and its place. */
function part(first, n) {
  const values = Float32Array.from({ length: 6 * n }, (_, i) => 100 * (first + Math.floor(i / 6)) + (i % 6));
  const url = `data:application/gzip;base64,${gzipSync(values).toString("base64")}`;
  return { first, n, url };
}

test("a channel's map comes out of the file that has it", async () => {
  const side = { shape: [9, 2, 3], parts: [part(3, 3), part(6, 2), part(0, 3)] };
  for (const channel of [0, 2, 3, 5, 6, 7]) {
    const { values, shape } = await planeOf(side, channel);
    assert.deepEqual(shape, [2, 3]);
    assert.deepEqual([...values], [0, 1, 2, 3, 4, 5].map((i) => 100 * channel + i));
  }
  assert.equal(await planeOf(side, 8), null, "the server has to send it");
});

test("without a scale a map spans its own values, else its channel's or that of all", () => {
  const plane = { values: Float32Array.of(-3, 1, NaN), shape: [1, 3] }, palettes = { signed: colors, red: colors };
  const side = { parts: [part(0, 4)], scales: [], labels: ["channel {channel}"], units: ["no unit"] };
  const { view, label } = viewOf(side, palettes, 2, plane);
  assert.deepEqual([view.low, view.high, view.signed, label], [-3, 3, true, "channel 2"]);
  assert.deepEqual([view.legend.low, view.legend.middle, view.legend.high], ["−3", "0", "3"]);
  const scale = (high) => ({ low: -1, high, signed: false, palette: "red" });
  assert.equal(viewOf({ ...side, scales: [scale(5)] }, palettes, 2, plane).view.high, 5);
  const each = { ...side, scales: [scale(5), scale(6), scale(7)], labels: ["red", "green", "blue"] };
  assert.deepEqual([viewOf(each, palettes, 2, plane).view.high, viewOf(each, palettes, 1, plane).label], [7, "green"]);
});

test("a map's scale begins at zero, or has zero in its middle", () => {
  assert.deepEqual(spanning(Float32Array.of(2, NaN, 5, Infinity)), { low: 0, high: 5, signed: false });
  assert.deepEqual(spanning(Float32Array.of(-1, 0.5)), { low: -1, high: 1, signed: true });
  assert.deepEqual(spanning(Float32Array.of(NaN)), { low: 0, high: 0, signed: false });
});

test("a place is chosen by y, by x, by both or left to the highest value", () => {
  for (const place of [[3, 4], [null, 4], [3, null], [null, null]]) {
    assert.deepEqual(chosenIn(written(place)), place);
    assert.deepEqual(placeIn(written(place), [7, 8]), [place[0] ?? 7, place[1] ?? 8]);
  }
  assert.deepEqual(placeIn(null, [7, 8]), [7, 8]);
});

test("the link says what was chosen of a place, and nothing of what was left", () => {
  const unit = unitChoice(), told = [];
  unit.hear(",", ",", {});
  assert.equal(page.href, "http://here/pooling");
  unit.choose("3,", (value) => told.push(value));
  assert.deepEqual([page.href, told], ["http://here/pooling?unit_y=3", ["3,"]]);
  unit.later.stop();
});

test("a window that follows the page's choice is where that says, but for while it plays", () => {
  const memory = new Following();
  memory.hear([1, 2], "channel 0");
  memory.hear([3, 4], "channel 0");
  assert.deepEqual(memory.at, [3, 4]);
  memory.isPlaying = true;
  memory.at = [5, 0];
  memory.hear([3, 4], "channel 0");
  assert.deepEqual(memory.at, [5, 0]);
  const before = memory.version;
  memory.hear([1, 1], "channel 1");
  assert.deepEqual([memory.at, memory.isPlaying], [[1, 1], false]);
  assert.ok(memory.version > before);
});

/** A file of float32 numbers. */
function file(values) {
  return `data:application/gzip;base64,${gzipSync(Float32Array.from(values)).toString("base64")}`;
}

test("a filter is shown over the chosen input, or over the one that adds most where the window is", async () => {
  const window = { size: [1, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
  const maps = [1, 0, 0, 0, -5, 5, 2, 2, 2, 9, 9, 9]; // four inputs of 1 x 3
  const given = { ...window, source: { shape: [4, 1, 3], parts: [{ first: 0, n: 4, url: file(maps) }] } };
  const weights = [3, 1, 1, 1, /* of the second group: */ 1, 1, 1, -1];
  const parts = [{ first: 0, n: 2, url: file(weights) }];
  const filters = { shape: [2, 2, 1, 2], groups: 2, parts, input: null, strongest: 1 };
  // at x 0 the inputs add 3 * 1 and 0 - 5, at x 1 nothing and -5 + 5; in the other group 2 + 2 and 9 - 9
  assert.deepEqual(await filterOf(filters, given, 0, [0, 0]), { input: 1, kernel: [[1, 1]] });
  assert.deepEqual(await filterOf(filters, given, 0, [0, 1]), { input: 0, kernel: [[3, 1]] }, "the first of equals");
  assert.deepEqual(await filterOf(filters, given, 1, [0, 0]), { input: 2, kernel: [[1, 1]] });
  assert.deepEqual(await filterOf({ ...filters, input: 3 }, given, 1, [0, 0]), { input: 3, kernel: [[1, -1]] });
  assert.equal((await filterOf({ ...filters, input: 3 }, given, 0, [0, 0])).input, 1, "which it does not read");
  const few = { ...given, source: { shape: [4, 1, 3], parts: [{ first: 0, n: 1, url: file([1, 0, 0]) }] } };
  assert.equal(await filterOf(filters, few, 0, [0, 0]), null, "an input is missing");
  assert.equal((await filterOf(filters, { ...few, channel: 0 }, 0, [0, 0])).input, 1, "which the server has found");
  assert.equal(await filterOf({ ...filters, parts: [] }, given, 0, [0, 0]), null);
});
