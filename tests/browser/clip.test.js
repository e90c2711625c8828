// Which frame of a clip is seen when.
import assert from "node:assert/strict";
import { test } from "node:test";

import { frameAt, isSlow } from "../../explorer/elements/frontend/clip/pace.js";

const uneven = [0, 0.1, 0.15, 0.9, 1, 3];

test("at its own speed a frame is seen from its own time on", () => {
  for (let from = 0; from < uneven.length; from++)
    for (let since = 0; since < 4; since += 0.013) {
      const shown = uneven.filter((second) => second - uneven[from] <= since);
      assert.equal(frameAt(uneven, from, since, "own"), shown.length - 1);
    }
});

test("at another speed every frame is seen as long, and the last one stays", () => {
  assert.deepEqual([0, 0.09, 0.11, 0.49, 0.5, 60].map((since) => frameAt(uneven, 1, since, "10")), [1, 1, 2, 5, 5, 5]);
  assert.equal(frameAt(uneven, 0, 1.2, "2"), 2);
  assert.equal(frameAt([0], 0, 9, "own"), 0);
});

test("a clip of which every hundredth frame was taken is slow, one of a film's rate is not", () => {
  assert.ok(isSlow(Array.from({ length: 100 }, (_, i) => i * 3.3)));
  assert.ok(!isSlow(Array.from({ length: 100 }, (_, i) => i / 25)));
  assert.ok(!isSlow(uneven.slice(0, 5)) && !isSlow([0]));
});
