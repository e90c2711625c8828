// The drawing of a network: nested boxes that were made up, laid out and walked through.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  holders, indexed, isContainer, isShown, openAtFirst, reached,
} from "../../explorer/elements/frontend/graph/boxes.js";
import { layOut } from "../../explorer/elements/frontend/graph/layout.js";
import { linesOf } from "../../explorer/elements/frontend/graph/lines.js";
import {
  fitting, fittingWidth, savedScale, scrolledTo, within,
} from "../../explorer/elements/frontend/graph/zoom.js";
import { random } from "./random.js";

const measure = (text) => 7 * text.length;

/** A container of a few parts in a column, some of them side by side, with lines that pass others by. */
function sent(draw, depth = 0, name = "net") {
  const title = name.split(".").at(-1), says = ["convolution 3 × 3"];
  const box = { name, title, says, shape: "8 × 4 × 4", group: "convolution" };
  if (depth > 2 || (depth && !draw(3))) return box;
  const rows = Array.from({ length: 1 + draw(4) }, () => 1 + draw(3)), cells = [];
  rows.forEach((count, row) => {
    for (let column = 0; column < count; column++) cells.push([row, column]);
  });
  const end = cells.length, edges = [];
  cells.forEach(([row], place) => {
    const before = cells.findLastIndex(([other]) => other < row);
    edges.push([row ? before : -1, place, null]);
  });
  cells.forEach(([row], place) => {
    if (!edges.some(([source]) => source === place)) edges.push([place, end, row < rows.length - 1 ? 0 : null]);
  });
  const children = cells.map((_, place) => sent(draw, depth + 1, `${name}.${place}`));
  return { ...box, says: [`${end} operations`, "no parameters"], group: "", children, cells, edges, lanes: draw(2) };
}

function network(seed) {
  const boxes = indexed(sent(random(seed)));
  return { boxes, all: new Set(boxes.filter(isContainer).map((box) => box.id)) };
}

/** Every box with where it stands in the whole. */
function standing(placed, x = 0, y = 0) {
  const children = placed.inside?.children ?? [];
  return [{ placed, x, y }, ...children.flatMap((child) => standing(child, x + child.x, y + child.y))];
}

test("every box knows where it is in the whole", () => {
  const { boxes } = network(7);
  assert.equal(new Set(boxes.map((box) => box.id)).size, boxes.length);
  for (const box of boxes.slice(1)) {
    assert.ok(box.parent.children.includes(box));
    assert.equal(holders(box)[0], boxes[0]);
    assert.equal(holders(box).at(-1), box.parent);
    assert.equal(box.id, `${box.parent.id}.${box.parent.children.indexOf(box)}`);
  }
});

test("a small network is unfolded at first, of a large one the outermost boxes are shown", () => {
  const part = (name) => ({ name, title: name, says: ["ReLU"], shape: "1", group: "activation" });
  const block = (count) => ({
    ...part("block"), children: Array.from({ length: count }, (_, n) => part(`relu_${n}`)),
    cells: Array.from({ length: count }, (_, n) => [n, 0]), edges: [], lanes: 0,
  });
  for (const [count, isSmall] of [[15, true], [16, false]]) {
    const boxes = indexed({
      ...part("net"), children: [block(count), part("fc")], cells: [[0, 0], [1, 0]], edges: [], lanes: 0,
    });
    const open = openAtFirst(boxes);
    assert.equal(open.has(boxes[0].id), true);
    assert.equal(open.has(boxes[1].id), isSmall);
    assert.equal(isShown(boxes[2], open), isSmall);
    assert.ok(isShown(boxes[1], open));
    assert.ok(!isShown(boxes[0], open), "the network itself has no box");
  }
});

test("what is unfolded holds its parts, and no two of them overlap", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { boxes, all } = network(seed);
    for (const { placed } of standing(layOut(boxes[0], all, measure))) {
      const children = placed.inside?.children ?? [];
      children.forEach((child, place) => {
        assert.ok(child.x >= 0 && child.x + child.w <= placed.w + 1e-9, `seed ${seed}: ${child.box.name} sticks out`);
        assert.ok(child.y > 0 && child.y + child.h < placed.h);
        for (const other of children.slice(place + 1)) {
          const isBeside = child.x + child.w <= other.x || other.x + other.w <= child.x;
          const isBelow = child.y + child.h <= other.y || other.y + other.h <= child.y;
          assert.ok(isBeside || isBelow, `seed ${seed}: ${child.box.name} over ${other.box.name}`);
        }
      });
    }
  }
});

test("a row is under the one before it, in the order of the cells", () => {
  const { boxes, all } = network(11);
  for (const { placed } of standing(layOut(boxes[0], all, measure))) {
    const { rows, children } = placed.inside ?? { rows: [], children: [] };
    rows.forEach((row, n) => {
      for (const place of row.members) assert.equal(placed.box.cells[place][0], n);
      assert.equal(row.bottom, Math.max(...row.members.map((place) => children[place].y + children[place].h)));
      if (n) assert.ok(row.top > rows[n - 1].bottom);
    });
  }
});

test("lines go from the box they leave to the box they reach", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { boxes, all } = network(seed);
    for (const { placed, x, y } of standing(layOut(boxes[0], all, measure))) {
      const lines = linesOf(placed, x, y), { box, inside } = placed;
      assert.equal(lines.length, inside ? box.edges.length : 0);
      lines.forEach(({ path, tip, ends }, n) => {
        const [source, target] = box.edges[n], from = inside.children[source], to = inside.children[target];
        const numbers = path.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
        assert.ok(numbers.every(Number.isFinite), path);
        if (from) assert.deepEqual(numbers.slice(0, 2), [x + from.x + from.w / 2, y + from.y + from.h]);
        if (to) assert.ok(Math.abs(numbers.at(-2) - (x + to.x + to.w / 2)) < 1e-9);
        if (to) assert.ok(Math.abs(numbers.at(-1) - (y + to.y - 7)) < 40);
        assert.deepEqual(ends, [(from ?? placed).box.id, (to ?? placed).box.id]);
        assert.equal(tip !== null, to !== undefined || box.parent === null);
      });
    }
  }
});

test("what is folded takes no room for what is in it", () => {
  const { boxes, all } = network(5);
  const closed = layOut(boxes[0], new Set([boxes[0].id]), measure), open = layOut(boxes[0], all, measure);
  assert.ok(closed.h < open.h);
  assert.equal(standing(closed).length, 1 + boxes[0].children.length);
  assert.equal(standing(open).length, boxes.length);
});

test("the arrows reach every box that is shown, and no other", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { boxes, all } = network(seed), draw = random(seed);
    const open = new Set([...all].filter((id) => id === "0" || draw(3)));
    const places = new Map(standing(layOut(boxes[0], open, measure)).map(({ placed }) => [placed.box.id, placed.x]));
    const left = (box) => places.get(box.id) ?? 0;
    const seen = new Set([boxes[0].children[0]]);
    for (const box of seen)
      for (const key of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"]) {
        const next = reached(key, box, open, left);
        if (next?.parent) seen.add(next);
      }
    assert.deepEqual(
      [...seen].map((box) => box.id).sort(),
      boxes.filter((box) => isShown(box, open)).map((box) => box.id).sort(), `seed ${seed}`,
    );
  }
});

test("other keys lead nowhere", () => {
  const { boxes, all } = network(3);
  assert.equal(reached("x", boxes[1], all, () => 0), undefined);
});

test("beside is what stands in the same row, in the order on the screen", () => {
  const part = (name) => ({ name, title: name, says: ["ReLU"], shape: "1", group: "activation" });
  const boxes = indexed({
    ...part("net"), children: ["a", "b", "c"].map(part), cells: [[0, 0], [0, 1], [0, 2]],
    edges: [[-1, 0, null], [-1, 1, null], [-1, 2, null]], lanes: 0,
  });
  const left = (box) => ({ a: 20, b: 0, c: 40 })[box.name];
  const next = (key, name) => reached(key, boxes.find((box) => box.name === name), new Set(["0"]), left)?.name ?? null;
  assert.deepEqual([next("ArrowRight", "b"), next("ArrowRight", "a"), next("ArrowRight", "c")], ["a", "c", null]);
  assert.deepEqual([next("ArrowLeft", "b"), next("ArrowLeft", "a"), next("ArrowLeft", "c")], [null, "b", "a"]);
});

test("a drawing fits its frame, and its middle stays where it is", () => {
  assert.equal(fittingWidth(1000, 490), 1, "never larger than life");
  assert.equal(fittingWidth(420, 500), 0.8);
  assert.equal(fittingWidth(100, 5000), 0.6, "and legible");
  for (const [frame, drawing] of [[[604, 404], [1200, 500]], [[604, 404], [300, 1600]]]) {
    const zoom = fitting(frame, drawing);
    assert.ok(zoom * drawing[0] <= frame[0] && zoom * drawing[1] <= frame[1]);
    assert.ok(zoom * drawing[0] > frame[0] - 5 || zoom * drawing[1] > frame[1] - 5);
  }
  assert.deepEqual([0.01, 1, 9].map(within), [0.1, 1, 2]);
  const middle = (300 + 200 / 2) / 1; // scrolled 300, 200 seen
  assert.equal(scrolledTo(300, 200, 2) + 200 / 2, 2 * middle);
});

test("a saved picture is one that browsers can draw", () => {
  assert.equal(savedScale([500, 700]), 2);
  for (const size of [[300, 40_000], [9000, 20_000], [20_000, 20_000]]) {
    const [width, height] = size.map((side) => side * savedScale(size));
    assert.ok(Math.max(width, height) <= 16_000 * (1 + 1e-9) && width * height <= 60e6 * (1 + 1e-9));
  }
});
