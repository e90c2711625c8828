// The film of a training: what comes of it, which frame is seen, and how it is asked for.
import assert from "node:assert/strict";
import { test } from "node:test";

import { highest, pathOf } from "../../explorer/elements/frontend/learning/curves.js";
import { Film, catchingUp, columnsFor, opened } from "../../explorer/elements/frontend/learning/film.js";
import { likely } from "../../explorer/elements/frontend/learning/pane.js";
import { Player } from "../../explorer/elements/frontend/learning/player.js";
import { Watch } from "../../explorer/elements/frontend/learning/watch.js";

const FIELDS = [["step", []], ["held_out_step", []], ["held_out_loss", []], ["loss", []], ["kernels", [2, 1, 1, 2]]];
const LAYOUT = { fields: FIELDS, n_floats: 8, layers: [], kernels: "c1", maps: "", evidence: "", categories: [] };

/** Frames of these steps, each with its number in every other field. */
const frames = (steps) => Float32Array.from(steps.flatMap((step, i) => [step, i % 2 ? -1 : step, i, i, i, i, i, i]));

function filmOf(steps) {
  const film = new Film(LAYOUT);
  film.take(0, frames(steps));
  return film;
}

test("a frame's fields lie one behind the other, in their shapes", () => {
  const film = new Film(LAYOUT);
  film.take(0, Float32Array.from({ length: 16 }, (_, i) => i));
  assert.equal(film.count, 2);
  assert.deepEqual([film.number(1, "step"), film.number(1, "loss")], [8, 11]);
  assert.deepEqual([...film.field(0, "kernels")], [4, 5, 6, 7]);
  assert.deepEqual(film.shape("kernels"), [2, 1, 1, 2]);
  assert.deepEqual(film.column("loss"), [3, 11]);
  assert.throws(() => film.field(0, "maps"), /no maps/);
  assert.throws(() => new Film({ ...LAYOUT, n_floats: 9 }), /8/);
});

test("what comes takes the place of what was there from its first frame on", () => {
  const film = filmOf([0, 1, 2, 4]);
  film.take(4, frames([8]));
  assert.deepEqual(film.column("step"), [0, 1, 2, 4, 8]);
  film.take(2, frames([3]));
  assert.deepEqual(film.column("step"), [0, 1, 3]);
  film.take(0, new Float32Array(0));
  assert.deepEqual([film.count, film.lastStep], [0, -1]);
});

test("the frame at a step is the last one up to it, and the nearest is the nearest", () => {
  const steps = [0, 1, 2, 4, 8, 30, 31, 90], film = filmOf(steps);
  for (let step = 0; step < 120; step++) {
    assert.equal(film.at(step), steps.filter((one) => one <= step).length - 1, `at ${step}`);
    const distances = steps.map((one) => Math.abs(one - step));
    assert.equal(film.nearest(step), distances.indexOf(Math.min(...distances)), `nearest ${step}`);
  }
});

test("held-out pictures count where they were looked at", () => {
  const film = filmOf([0, 5, 9]);
  assert.deepEqual([0, 1, 2].map((i) => film.isMeasured(i)), [true, false, true]);
});

/** What the server sends, as it packs it. */
function sent(told, floats) {
  let text = JSON.stringify(told);
  text += " ".repeat((4 - (Buffer.byteLength(text) % 4)) % 4);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(Buffer.byteLength(text));
  const all = Buffer.concat([head, Buffer.from(text), ...floats.map((one) => Buffer.from(one.buffer))]);
  return all.buffer.slice(all.byteOffset, all.byteOffset + all.length);
}

test("an answer is a text and the frames of each network", () => {
  const parts = [frames([1, 2]), frames([3])], told = { status: "playing", said: "größer → kleiner", counts: [2, 1] };
  const found = opened(sent(told, parts), [8, 8]);
  assert.deepEqual(found.told, told);
  assert.deepEqual(found.floats, parts);
});

test("all that has come in at once is seen within a quarter of a second, one frame at least at a time", () => {
  assert.equal(catchingUp(3, 0.001), 1);
  assert.equal(catchingUp(3, 60), 3);
  let behind = 40, seconds = 0;
  for (; behind > 0 && seconds < 2; seconds += 1 / 60) behind -= catchingUp(behind, 1 / 60);
  assert.ok(seconds > 0.2 && seconds < 1.2, String(seconds));
});

test("tiles are as large as their place lets them be", () => {
  for (const [width, height] of [[270, 180], [168, 106], [555, 180], [100, 300]])
    for (let n = 1; n < 40; n++) {
      const side = (columns) => Math.min(width / columns, height / Math.ceil(n / columns));
      const best = Math.max(...Array.from({ length: n }, (_, i) => side(i + 1)));
      assert.ok(Math.abs(side(columnsFor(n, [width, height])) - best) < 1e-6);
    }
});

test("a probability never claims certainty", () => {
  const said = [0, 0.00004, 0.0005, 0.25, 0.9994, 0.99999, 1, NaN].map((one) => likely(one).replace("\u00a0", " "));
  assert.deepEqual(said, ["0.0 %", "< 0.1 %", "0.1 %", "25.0 %", "99.9 %", "> 99.9 %", "100.0 %", "no number"]);
});

test("a line is broken where there is no number", () => {
  assert.equal(pathOf([0, 1, 2, 3], [1, 2, NaN, 4]), "M0.0 1.0L1.0 2.0M3.0 4.0");
  assert.equal(pathOf([], []), "");
});

test("the axis of losses holds all of them, but for those that are many times the first", () => {
  const film = new Film(LAYOUT), of = (losses) => losses.flatMap((loss, i) => [i, i, loss, loss / 2, 0, 0, 0, 0]);
  film.take(0, Float32Array.from(of([2, 3, 1])));
  assert.equal(highest([film]), 3);
  film.take(0, Float32Array.from(of([2, 900, NaN])));
  assert.equal(highest([film]), 4);
});

/** A browser's clock, which goes on when it is told to. */
function clock(t, calm = false) {
  let asked = [], now = 0;
  Object.assign(globalThis, {
    matchMedia: () => ({ matches: calm }), cancelAnimationFrame: () => (asked = []),
    requestAnimationFrame: (next) => asked.push(next),
  });
  t.mock.method(performance, "now", () => now);
  return (ms) => {
    for (const end = now + ms; now < end && asked.length; ) {
      now += 1000 / 60;
      for (const next of asked.splice(0)) next(now);
    }
  };
}

function playerOf(n) {
  const seen = [], screen = { count: n, rate: 20 };
  const player = new Player({
    last: () => screen.count - 1, rate: () => screen.rate, isSeen: () => true, draw: () => seen.push(player?.at ?? 0),
  });
  return { player, seen, screen };
}

test("a film plays at its rate from the beginning to the end, and follows the training from there", (t) => {
  const pass = clock(t), { player, seen } = playerOf(40);
  player.go(39);
  player.play();
  pass(1000);
  assert.ok(Math.abs(player.at - 20) <= 1, String(player.at));
  assert.ok(new Set(seen).size >= 20);
  pass(1500);
  assert.deepEqual([player.at, player.isPlaying, player.follows], [39, false, true]);
});

test("who goes back stays there whatever comes, and who follows sees what comes", (t) => {
  const pass = clock(t), { player, screen } = playerOf(10);
  player.go(3);
  screen.count = 20;
  pass(500);
  assert.deepEqual([player.at, player.follows], [3, false]);
  player.follow();
  pass(2000);
  assert.equal(player.at, 19);
  player.go(-5);
  assert.equal(player.at, 0);
  player.go(99);
  assert.deepEqual([player.at, player.follows], [19, true]);
});

test("who wants little motion sees two frames a second, and the last one at once", (t) => {
  const pass = clock(t, true), { player, screen } = playerOf(40);
  player.play();
  pass(3000);
  assert.ok(Math.abs(player.at - 6) <= 1, String(player.at));
  screen.count = 60;
  player.follow();
  assert.equal(player.at, 59);
});

test("what is new is asked for from where the film ends, and a training that is gone is said to be", async (t) => {
  const asked = [], heard = [], answers = [
    { status: 200, told: { status: "done", editions: [1], firsts: [0], counts: [2], n_frames: [3] } },
    { status: 200, told: { status: "done", editions: [1], firsts: [2], counts: [1], n_frames: [3] } },
    { status: 404 },
  ];
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const rest = () => new Promise((next) => setImmediate(next));
  globalThis.document = { hidden: false };
  t.mock.method(globalThis, "fetch", async (url) => {
    const { status, told } = answers[asked.push(url) - 1];
    const body = told ? sent(told, [frames(Array.from({ length: told.counts[0] }, (_, i) => i))]) : new ArrayBuffer(0);
    return new Response(body, { status, headers: { "content-type": "application/octet-stream" } });
  });
  const watch = new Watch({ hear: (told) => heard.push(told.firsts), lose: (why) => heard.push(why) }, () => true);
  watch.follow("/film/key", [8]);
  for (const wait of [0, 1000, 1000]) {
    for (let i = 0; i < 20; i++) await rest();
    t.mock.timers.tick(wait);
  }
  for (let i = 0; i < 20; i++) await rest();
  assert.deepEqual(
    asked, ["from=0&editions=0", "from=2&editions=1", "from=3&editions=1"].map((what) => `/film/key?${what}`),
  );
  assert.deepEqual(heard.slice(0, 2), [[0], [2]]);
  assert.match(heard[2], /not on this server/);
});
