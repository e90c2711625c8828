// What the pad, the box, the picker, the points of a chart and the probe work out.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as edges from "../../explorer/elements/frontend/box/edges.js";
import * as pad from "../../explorer/elements/frontend/pad/strokes.js";
import { markAt } from "../../explorer/elements/frontend/points/mark.js";
import * as picker from "../../explorer/elements/frontend/picker/search.js";
import * as probe from "../../explorer/elements/frontend/probe/cells.js";
import { random } from "./random.js";

test("a pen stays on the paper, and two arrows together go aslant", () => {
  assert.deepEqual(pad.moved([500, 500], ["ArrowRight"]), [525, 500]);
  assert.deepEqual(pad.moved([500, 500], ["ArrowUp", "ArrowRight"]), [525, 475]);
  assert.deepEqual(pad.moved([990, 5], ["ArrowUp", "ArrowRight"]), [1000, 0]);
  assert.deepEqual([-3, 12.4, 1e9].map(pad.inside), [0, 12, 1000]);
  assert.deepEqual(pad.middle(), [500, 500]);
});

test("a point is drawn where it is further than the last one", () => {
  assert.ok(!pad.isFurther([80, 0, 0, 100, 100], [103, 103]));
  assert.ok(pad.isFurther([80, 0, 0, 100, 100], [103, 104]));
});

test("there is room until the numbers are used up, those of the open stroke among them", () => {
  assert.equal(pad.room([], null, 10), 10);
  assert.equal(pad.room([[80, 1, 1], [80, 2, 2]], [80, 3, 3], 10), 1);
});

test("a box is the same whichever corner the drag began at", () => {
  const corners = [[2, 3], [7, 9]];
  for (const [from, to] of [corners, [...corners].reverse(), [[2, 9], [7, 3]], [[7, 3], [2, 9]]])
    assert.deepEqual(edges.between(from, to), [2, 3, 7, 9]);
  assert.ok(edges.holdsPixels([2, 3, 7, 9]));
  assert.ok(!edges.holdsPixels([2, 3, 2, 9]) && !edges.holdsPixels([2, 3, 7, 3]) && !edges.holdsPixels(null));
  assert.deepEqual(edges.corner([2.4, 99], [10, 20]), [2, 20]);
  assert.deepEqual(edges.corner([-5, 0.6], [10, 20]), [0, 1]);
});

test("however a box is moved, it stays a box in the picture", () => {
  const draw = random(9);
  for (let seed = 0; seed < 50; seed++) {
    const size = [4 + draw(100), 4 + draw(100)];
    let box = edges.inTheMiddle(size);
    for (let step = 0; step < 60; step++) {
      const before = box, isCorner = draw(2) > 0;
      const by = [[0, -1], [0, 1], [-1, 0], [1, 0]][draw(4)].map((n) => n * edges.stride(size));
      box = edges.moved(box, by, size, isCorner);
      assert.ok(edges.holdsPixels(box) && box.every(Number.isInteger));
      assert.ok(box[0] >= 0 && box[1] >= 0 && box[2] <= size[0] && box[3] <= size[1]);
      if (isCorner) assert.deepEqual(box.slice(0, 2), before.slice(0, 2));
      else assert.deepEqual([box[2] - box[0], box[3] - box[1]], [before[2] - before[0], before[3] - before[1]]);
    }
  }
});

test("a search wants every word, wherever it stands", () => {
  const words = "resnet resnet50 resnet-50 2015";
  assert.deepEqual(picker.wordsOf("  ResNet, 2015! "), ["resnet", "2015"]);
  assert.deepEqual(picker.wordsOf("ünï v1.5"), ["ünï", "v1.5"]);
  assert.ok(picker.matches(words, ["net5", "2015"]));
  assert.ok(!picker.matches(words, ["resnet", "2016"]));
  assert.ok(picker.matches(words, []));
});

test("what was found is counted once for each network", () => {
  assert.equal(picker.found(["a", "b", "a"], ["a", "b", "a", "c"], "x"), "2 of 3 networks");
  assert.equal(picker.found(["a", "b", "a"], ["a", "b", "a"], " "), "2 networks");
  assert.equal(
    picker.found([], ["a"], " xyz "), "No network matches “xyz”. Try part of a name, a family or a year.",
  );
});

test("the keys stay in the list", () => {
  const keys = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "x"];
  assert.deepEqual(keys.map((key) => picker.next(key, 3, 20)), [4, 2, 9, 0, -1]);
  assert.equal(picker.next("ArrowDown", 19, 20), 19);
  assert.equal(picker.next("ArrowUp", 0, 20), 0);
  assert.equal(picker.next("ArrowDown", -1, 0), -1);
});

test("a cell sees its receptive field, cut at the edge of the picture", () => {
  const field = { start: [-3, -3], jump: [2, 4], size: [7, 7], whole: false };
  assert.deepEqual(probe.seen(field, [0, 0], [20, 30]), [0, 0, 4, 4]);
  assert.deepEqual(probe.seen(field, [4, 3], [20, 30]), [5, 9, 12, 16]);
  assert.deepEqual(probe.seen(field, [9, 7], [20, 30]), [15, 25, 20, 30]);
  assert.deepEqual(probe.seen({ ...field, whole: true }, [4, 3], [20, 30]), [0, 0, 20, 30]);
});

test("a cell is drawn at its place, the outermost ones up to the border, and found there", () => {
  const places = { begin: [2, 3], step: [4, 6] }, shape = [4, 4], size = [20, 30];
  assert.deepEqual(probe.edgesOf(places, [1, 2], shape, size), [6, 15, 10, 21]);
  assert.deepEqual(probe.edgesOf(places, [0, 3], shape, size), [0, 21, 6, 30]);
  assert.deepEqual(probe.edgesOf(null, [1, 2], shape, size), [5, 15, 10, 22.5]);
  for (const given of [places, null])
    for (let y = 0; y < 20; y++)
      for (let x = 0; x < 30; x++) {
        const at = probe.cellAt(given, [y + 0.5, x + 0.5], shape, size);
        const [top, left, bottom, right] = probe.edgesOf(given, at, shape, size);
        assert.ok(top <= y + 0.5 && y + 0.5 < bottom && left <= x + 0.5 && x + 0.5 < right, `${y} ${x}`);
      }
});

test("a histogram counts every finite value once, and exact zeros apart", () => {
  const draw = random(12), values = Float32Array.from({ length: 999 }, () => (draw(4) ? draw(100) - 30 : 0));
  values.set([NaN, Infinity, -Infinity], 0);
  const finite = [...values].filter(Number.isFinite), found = probe.histogram(values, 10);
  assert.equal(found.n, finite.length);
  assert.equal(found.zeros, finite.filter((value) => value === 0).length);
  assert.deepEqual([found.low, found.high], [Math.min(...finite), Math.max(...finite)]);
  const width = (found.high - found.low) / 10;
  found.counts.forEach((count, i) => {
    const low = found.low + i * width, isLast = i === 9;
    const inBin = finite.filter((v) => v !== 0 && v >= low - 1e-9 && (isLast || v < low + width - 1e-9));
    assert.equal(count, inBin.length, `bin ${i}`);
  });
  assert.equal(found.most, Math.max(found.zeros, ...found.counts));
});

test("a histogram of one value, and of none", () => {
  const found = probe.histogram(Float32Array.from([3, 3]));
  assert.equal(found.counts.reduce((sum, count) => sum + count), 2);
  assert.equal(probe.histogram(Float32Array.from([NaN])), null);
  assert.equal(probe.histogram(new Float32Array()), null);
  assert.equal(probe.placeOf(3, 3, 3), 0.5);
});

test("a mark stands at its step, and only where that is seen", () => {
  const xaxis = { _offset: 40, _length: 200, d2p: (value) => 200 * (value - 10) / 20 }; // 10 to 30 are seen
  const drawn = { _fullLayout: { xaxis, yaxis: { _offset: 8, _length: 90 } }, data: [{ x: [0, 10, 20, 30, 40] }] };
  assert.deepEqual(markAt(drawn, 2), { left: 139, top: 8, height: 90 });
  assert.deepEqual([1, 3].map((step) => markAt(drawn, step).left), [39, 239]);
  for (const step of [-1, 0, 4, 5]) assert.equal(markAt(drawn, step), null);
  assert.equal(markAt({ ...drawn, data: [] }, 0), null);
});
