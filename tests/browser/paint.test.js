// A map that is painted on: what a step makes of it, and what is undone and done again.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Easel, easelOf } from "../../explorer/elements/frontend/paint/easel.js";
import {
  after, between, holds, moved, onTheMap, runsOf, size, spanned, under,
} from "../../explorer/elements/frontend/paint/steps.js";
import { random } from "./random.js";

const numbered = (n) => Float32Array.from({ length: n }, (_, i) => i + 1);

test("a stroke gives its cells one value, and no other cell", () => {
  const values = numbered(12), found = after(values, [3, 4], { value: -2, runs: [1, 2, 8, 1] });
  assert.deepEqual([...found], [1, -2, -2, 4, 5, 6, 7, 8, -2, 10, 11, 12]);
  assert.deepEqual(values, numbered(12), "what was recorded stays");
});

test("a shift moves what is in its box, also onto itself, and leaves zeros behind", () => {
  const draw = random(1);
  for (let round = 0; round < 200; round++) {
    const shape = [1 + draw(6), 1 + draw(6)], [rows, columns] = shape, cell = () => [draw(rows), draw(columns)];
    const values = numbered(rows * columns), box = spanned(cell(), cell());
    const by = onTheMap(box, [draw(9) - 4, draw(9) - 4], shape);
    const expected = [...values];
    for (let n = 0; n < values.length; n++)
      if (holds(box, [Math.floor(n / columns), n % columns])) expected[n] = 0;
    for (let n = 0; n < values.length; n++) {
      const y = Math.floor(n / columns), x = n % columns;
      if (holds(box, [y, x])) expected[(y + by[0]) * columns + x + by[1]] = values[n];
    }
    assert.deepEqual([...after(values, shape, { box, by })], expected);
    const [top, left, bottom, right] = moved(box, by);
    assert.ok(top >= 0 && left >= 0 && bottom <= rows && right <= columns);
  }
});

test("a brush covers the cells around its own, as far as there are any", () => {
  assert.deepEqual(under([1, 1], 1, [3, 3]), [4]);
  assert.deepEqual(under([1, 1], 3, [3, 3]), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(under([0, 2], 3, [3, 3]), [1, 2, 4, 5]);
  assert.deepEqual(under([0, 0], 33, [1, 1]), [0]);
});

test("between two cells no cell is skipped", () => {
  for (const to of [[0, 0], [7, 2], [-3, 5], [0, -9]]) {
    const way = between([0, 0], to);
    assert.deepEqual([way[0], way.at(-1)], [[0, 0], to]);
    for (let n = 1; n < way.length; n++)
      assert.ok(Math.max(Math.abs(way[n][0] - way[n - 1][0]), Math.abs(way[n][1] - way[n - 1][1])) <= 1);
  }
});

test("runs hold each cell once, whatever the order", () => {
  assert.deepEqual(runsOf(new Set([7, 3, 4, 5, 9, 8])), [3, 3, 7, 3]);
  assert.deepEqual(runsOf([]), []);
});

test("what is undone can be done again until something else is done", () => {
  const easel = new Easel(numbered(4), [2, 2], [{ value: 9, runs: [0, 1] }]);
  const paint = (value, cell) => {
    easel.open = { value, runs: [cell, 1] };
    return easel.close();
  };
  assert.deepEqual([...easel.values], [9, 2, 3, 4], "the server's steps are done");
  assert.ok(paint(8, 1));
  easel.open = { value: 7, runs: [2, 1] };
  assert.deepEqual([...easel.values], [9, 8, 7, 4], "what is being done is seen");
  easel.open = null;
  assert.ok(!easel.close(), "there is nothing to close");
  assert.ok(easel.undo() && easel.undo() && !easel.undo());
  assert.deepEqual([...easel.values], [1, 2, 3, 4]);
  assert.ok(easel.redo());
  assert.deepEqual([...easel.values], [9, 2, 3, 4]);
  paint(5, 3);
  assert.ok(!easel.redo());
  assert.ok(easel.reset() && !easel.reset());
  assert.ok(easel.redo() && easel.redo() && !easel.redo());
  assert.deepEqual([...easel.values], [9, 2, 3, 5], "in the order in which it was done");
});

test("another picture's map is given the same steps", () => {
  const easel = new Easel(numbered(3), [1, 3], [{ value: 0, runs: [1, 1] }]);
  easel.take(Float32Array.of(5, 6, 7));
  assert.deepEqual([...easel.values], [5, 0, 7]);
});

test("there is room for so many numbers", () => {
  const step = { value: 1, runs: [0, 1] }, easel = new Easel(numbered(3), [1, 3], [step]);
  assert.equal(size(step), 3);
  assert.equal(size({ box: [0, 0, 1, 1], by: [0, 1] }), 6);
  assert.ok(easel.hasRoom(step, 6));
  assert.ok(!easel.hasRoom(step, 5));
});

test("an easel is the same one from rerun to rerun", () => {
  const make = () => new Easel(numbered(1), [1, 1], []);
  assert.equal(easelOf("one", make), easelOf("one", make));
  assert.notEqual(easelOf("one", make), easelOf("two", make));
});
