// The sliding window, worked out again in a slower way.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cellsOf, framed, lastOf, largest, onwards, productsOf, reckoned, windowAt, winner, within,
} from "../../explorer/elements/frontend/window/arithmetic.js";
import { Memory } from "../../explorer/elements/frontend/window/memory.js";
import { random } from "./random.js";

/** A map with zeros around it, wide enough for any window. */
function padded(plane, margin) {
  const [rows, columns] = plane.shape, made = [];
  for (let y = -margin; y < rows + margin; y++) {
    made.push([]);
    for (let x = -margin; x < columns + margin; x++)
      made.at(-1).push(y < 0 || y >= rows || x < 0 || x >= columns ? 0 : plane.values[y * columns + x]);
  }
  return (y, x) => made[y + margin][x + margin];
}

function somewhere(draw) {
  const pair = (low, count) => [low + draw(count), low + draw(count)];
  const window = { size: pair(1, 4), stride: pair(1, 3), padding: pair(0, 3), dilation: pair(1, 3) };
  const output = pair(1, 5), shape = [0, 1].map((axis) => Math.max(
    1, (output[axis] - 1) * window.stride[axis] + (window.size[axis] - 1) * window.dilation[axis] + 1
      - 2 * window.padding[axis] - draw(2)));
  const values = Float32Array.from({ length: shape[0] * shape[1] }, () => draw(21) - 10);
  return { window, output, plane: { values, shape } };
}

test("a window holds what a loop over the padded map finds", () => {
  const draw = random(1);
  for (let round = 0; round < 200; round++) {
    const { window, output, plane } = somewhere(draw), at = [draw(output[0]), draw(output[1])];
    const places = Object.fromEntries(Array.from(plane.values, (_, n) =>
      [`${Math.floor(n / plane.shape[1])},${n % plane.shape[1]}`, n]));
    const value = padded(plane, 40), cells = cellsOf(window, plane, at);
    assert.equal(cells.length, window.size[0] * window.size[1]);
    cells.forEach((cell, n) => {
      const [i, j] = [Math.floor(n / window.size[1]), n % window.size[1]];
      assert.equal(cell.y, at[0] * window.stride[0] + i * window.dilation[0] - window.padding[0]);
      assert.equal(cell.x, at[1] * window.stride[1] + j * window.dilation[1] - window.padding[1]);
      assert.equal(cell.value, value(cell.y, cell.x));
      assert.equal(cell.inside, `${cell.y},${cell.x}` in places);
    });
  }
});

test("the frame holds the map and every window, and no row or column more", () => {
  const draw = random(2);
  for (let round = 0; round < 200; round++) {
    const { window, output, plane } = somewhere(draw);
    const frame = framed(window, plane.shape, output);
    const all = [[0, 0], lastOf(output)].flatMap((at) => cellsOf(window, plane, at));
    for (const [key, axis, before, count] of [["y", 0, frame.top, frame.rows], ["x", 1, frame.left, frame.columns]]) {
      assert.equal(before, window.padding[axis]);
      const end = Math.max(plane.shape[axis], ...all.map((cell) => cell[key] + 1));
      assert.equal(count - before, end);
    }
  }
});

test("the first of equal ones wins, and padding never does", () => {
  const cells = [[0, false], [-3, true], [-1, true], [-1, true]]
    .map(([value, inside]) => ({ value, inside, y: 0, x: 0 }));
  assert.equal(winner(cells, "max"), 2);
  assert.equal(winner(cells, "min"), 1);
  assert.equal(winner(cells, "average"), -1);
  assert.equal(winner([cells[0]], "max"), -1);
});

test("products are none where a weight is none", () => {
  const cells = [1, 2, 3].map((value) => ({ value, inside: true, y: 0, x: 0 }));
  assert.deepEqual(productsOf(cells, [2, null, -1]), [2, NaN, -3]);
  assert.equal(largest([2, NaN, -3, null, Infinity]), 3);
  assert.equal(largest([NaN]), 0);
});

test("what comes of the window is said as it was worked out", () => {
  const cells = [[5, true, 2, 3], [1, true, 2, 4], [0, false, 2, 5]]
    .map(([value, inside, y, x]) => ({ value, inside, y, x }));
  assert.equal(reckoned(cells, [1, 2, 3.5], 6.5, "sum", true), "3 products add up to 6.50");
  assert.equal(reckoned(cells, [-2], -2, "sum", true), "One product: −2.00");
  assert.equal(reckoned(cells, null, 5, "max", true), "Highest of 2: 5.00, at y 2, x 3");
  assert.equal(reckoned(cells, null, 1, "min", true), "Lowest of 2: 1.00, at y 2, x 4");
  assert.equal(reckoned(cells, null, 2, "average", true), "6.00 / 3 = 2.00");
  assert.equal(reckoned(cells, null, 3, "average", false), "6.00 / 2 = 3.00");
  assert.equal(reckoned(cells, null, 7, "value", true), "Becomes 7.00");
});

test("steps go row by row, and end at the last place", () => {
  let at = [0, 0];
  const seen = [String(at)];
  while (String(at) !== String(lastOf([3, 4]))) seen.push(String((at = onwards(at, 1, [3, 4]))));
  assert.deepEqual(seen, [0, 1, 2].flatMap((y) => [0, 1, 2, 3].map((x) => `${y},${x}`)));
  assert.deepEqual(onwards([1, 2], 4, [3, 4]), [2, 2]);
  assert.deepEqual(onwards([1, 2], 999, [3, 4]), [2, 3]);
  assert.deepEqual(within([-1, 9], [3, 4]), [0, 3]);
});

test("pointing at the middle of a window finds it", () => {
  const draw = random(3);
  for (let round = 0; round < 200; round++) {
    const { window, output, plane } = somewhere(draw), at = [draw(output[0]), draw(output[1])];
    const cells = cellsOf(window, plane, at), first = cells[0], last = cells.at(-1);
    const { top, left } = framed(window, plane.shape, output);
    const middle = [(first.y + last.y + 1) / 2 + top, (first.x + last.x + 1) / 2 + left];
    assert.deepEqual(windowAt(middle, window), at);
  }
});

test("the server's answer to our own move does not pull the window back", () => {
  const memory = new Memory();
  memory.hear([0, 0], "a map", false);
  assert.ok(!memory.tells(), "what the server knows is not told");
  for (const x of [1, 2, 3]) {
    memory.at = [0, x];
    assert.ok(memory.tells());
  }
  memory.hear([0, 1], "a map", false);
  assert.deepEqual(memory.at, [0, 3], "an echo of a move that is over");
  memory.hear([0, 3], "a map", false);
  assert.deepEqual(memory.sent, []);
  memory.hear([5, 5], "a map", false);
  assert.deepEqual(memory.at, [5, 5], "somebody else moved it");
});

test("nothing pulls the window away from a person who moves it, but for another map", () => {
  const memory = new Memory();
  memory.hear([0, 0], "a map", false);
  memory.at = [0, 4];
  memory.hear([2, 2], "a map", true);
  assert.deepEqual(memory.at, [0, 4]);
  memory.isPlaying = true;
  memory.hear([3, 3], "a map", false);
  assert.deepEqual(memory.at, [0, 4]);
  const before = memory.version;
  memory.hear([1, 1], "another map", true);
  assert.deepEqual([memory.at, memory.isPlaying], [[1, 1], false]);
  assert.ok(memory.version > before);
});
