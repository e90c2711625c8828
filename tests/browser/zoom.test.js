// Which part of a picture is seen when one comes nearer to it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { WHOLE, dragged, including, nearer } from "../../explorer/elements/frontend/shared/zoom.js";
import { random } from "./random.js";

const close = (one, other) => assert.ok(Math.abs(one - other) < 1e-9, `${one} ${other}`);

/** What of the picture lies at a point of what is seen, both as shares. */
const under = ({ scale, at }, point) => point.map((share, axis) => at[axis] + share / scale);

/** Any number of zooms and moves, one after the other. */
function wandered(draw, n = 20) {
  const share = () => draw(1001) / 1000, states = [WHOLE];
  for (let i = 0; i < n; i++) {
    const seen = states.at(-1);
    states.push(draw(2) ? nearer(seen, [share(), share()], 0.4 + 2 * share())
      : dragged(seen, [share() - 0.5, share() - 0.5]));
  }
  return states;
}

test("the point under the pointer stays when one comes nearer", () => {
  for (let seed = 0; seed < 40; seed++) {
    const draw = random(seed);
    for (const seen of wandered(draw)) {
      const point = [draw(1001) / 1000, draw(1001) / 1000], found = nearer(seen, point, 1 + draw(300) / 100);
      under(found, point).forEach((share, axis) => close(share, under(seen, point)[axis]));
      assert.ok(found.scale >= seen.scale && found.scale <= 16);
    }
  }
});

test("it stays also when one goes away, unless that would show what is beyond the picture", () => {
  const seen = nearer(nearer(WHOLE, [0.5, 0.5], 8), [0.3, 0.6], 1.2), found = nearer(seen, [0.2, 0.7], 0.8);
  under(found, [0.2, 0.7]).forEach((share, axis) => close(share, under(seen, [0.2, 0.7])[axis]));
  assert.deepEqual(nearer(seen, [0.2, 0.7], 0.01), WHOLE);
});

test("nothing beyond the picture is ever seen", () => {
  for (let seed = 0; seed < 40; seed++)
    for (const seen of wandered(random(seed)))
      for (const axis of [0, 1]) {
        assert.ok(seen.at[axis] >= 0 && seen.at[axis] + 1 / seen.scale <= 1 + 1e-12);
        assert.ok(seen.scale >= 1 && seen.scale <= 16);
      }
});

test("what is dragged follows the pointer", () => {
  const seen = nearer(WHOLE, [0.5, 0.5], 4), found = dragged(seen, [0.1, -0.2]);
  under(found, [0.6, 0.3]).forEach((share, axis) => close(share, under(seen, [0.5, 0.5])[axis]));
  assert.deepEqual(dragged(WHOLE, [0.3, 0.3]), WHOLE, "of the whole nothing is left to move to");
});

test("a cell that the keys went to is seen, and what is seen already does not move", () => {
  for (let seed = 0; seed < 40; seed++) {
    const draw = random(seed), seen = wandered(draw).at(-1), side = Math.min(0.05, 1 / seen.scale);
    const [top, left] = [draw(950) / 1000, draw(950) / 1000], edges = [top, left, top + side, left + side];
    const found = including(seen, edges);
    assert.equal(found.scale, seen.scale);
    for (const axis of [0, 1]) {
      assert.ok(found.at[axis] <= edges[axis] + 1e-9 && found.at[axis] + 1 / found.scale >= edges[axis + 2] - 1e-9);
      const [lower, upper] = [seen.at[axis], seen.at[axis] + 1 / seen.scale];
      if (lower <= edges[axis] && upper >= edges[axis + 2]) close(found.at[axis], seen.at[axis]);
    }
  }
});
