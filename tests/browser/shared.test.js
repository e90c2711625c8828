// Numbers, colours and keys, which all elements share.
import assert from "node:assert/strict";
import { test } from "node:test";

import { colorOf, entry, isDark, painted } from "../../explorer/elements/frontend/shared/colors.js";
import { filling } from "../../explorer/elements/frontend/shared/fullscreen.js";
import { Later } from "../../explorer/elements/frontend/shared/later.js";
import { clamp, inRows, reached, toEnds } from "../../explorer/elements/frontend/shared/movement.js";
import { decimals, floats, fourDigits, writer } from "../../explorer/elements/frontend/shared/numbers.js";
import { random } from "./random.js";

test("float32 numbers survive the text that they travel in", () => {
  const numbers = Float32Array.from([0, -0, 1.5, -3.25e-20, 3e38, Infinity, NaN]);
  const text = Buffer.from(numbers.buffer).toString("base64");
  assert.deepEqual(floats(text), numbers);
  assert.equal(floats("").length, 0);
});

test("a value's colour is the nearest of the palette's 255", () => {
  const scale = { low: -2, high: 6, signed: false };
  for (let n = 0; n < 255; n++) assert.equal(entry(-2 + (8 * n) / 254, scale), n);
  assert.equal(entry(-99, scale), 0);
  assert.equal(entry(99, scale), 254);
  assert.equal(entry(Infinity, scale), 254);
});

test("where all values are one, a signed scale is in its middle and another one at its beginning", () => {
  assert.equal(entry(0, { low: 0, high: 0, signed: true }), 127);
  assert.equal(entry(3, { low: 3, high: 3, signed: false }), 0);
});

test("a map is painted as its values are coloured, and what is no number is a hole", () => {
  const palette = Uint8Array.from({ length: 256 * 3 }, (_, n) => n % 251), scale = { low: 0, high: 1, signed: false };
  const values = Float32Array.from([0, 0.5, NaN, 1]), pixels = painted(values, scale, palette);
  values.forEach((value, n) => {
    const pixel = [...pixels.slice(4 * n, 4 * n + 4)];
    assert.deepEqual(pixel, Number.isNaN(value) ? [0, 0, 0, 0] : [...colorOf(value, scale, palette), 255]);
  });
});

test("letters are white on what is dark", () => {
  assert.ok(isDark([0, 0, 0]) && isDark([0, 0, 255]) && !isDark([255, 255, 255]) && !isDark([0, 255, 0]));
  const linear = (part) => (part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const draw = random(8);
  for (let n = 0; n < 2000; n++) {
    const color = [draw(256), draw(256), draw(256)], [r, g, b] = color.map(linear);
    const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    assert.ok((isDark(color) ? 1.05 / (light + 0.05) : (light + 0.05) / 0.05) >= 4.5, String(color));
  }
});

test("numbers keep four digits, whatever their size", () => {
  const draw = random(4);
  for (let round = 0; round < 500; round++) {
    const value = (draw(2) ? 1 : -1) * (1 + draw(9999)) * 10 ** (draw(24) - 12);
    const text = fourDigits(value);
    assert.ok(Math.abs(Number(text) - value) <= 0.5e-3 * Math.abs(value), `${value}: ${text}`);
    assert.ok(text.length <= 10);
  }
  assert.deepEqual([0, NaN, -Infinity].map(fourDigits), ["0", "NaN", "-Infinity"]);
});

test("decimals tell numbers of one size apart", () => {
  for (const limit of [1e-9, 0.004, 0.3, 7, 900, 5e6]) {
    const write = writer(limit), [one, other] = [limit, limit * 0.9].map(write);
    assert.notEqual(one, other);
    const back = Number(one.replace(/−/g, "-"));
    assert.ok(Math.abs(back - limit) <= 0.051 * limit, one);
  }
  assert.deepEqual([NaN, Infinity, -Infinity].map(writer(1)), ["no number", "∞", "−∞"]);
  assert.equal(writer(1)(-0.001), "0.00", "no minus before nothing");
  assert.equal(decimals(-12.345), "−12.35".replace("35", (-12.345).toFixed(2).slice(-2)));
  assert.equal(writer(1e-6)(0), "0");
});

test("the keys go over what is blank, and stop where the cells end", () => {
  const isThere = [true, false, true, true, true, false]; // two rows of three
  const { ArrowLeft, ArrowRight, ArrowUp, ArrowDown } = inRows(3);
  assert.equal(reached(0, ArrowRight, isThere), 2);
  assert.equal(reached(2, ArrowLeft, isThere), 0);
  assert.equal(reached(0, ArrowDown, isThere), 3);
  assert.equal(reached(3, ArrowUp, isThere), 0);
  assert.equal(reached(2, ArrowDown, isThere), -1, "nothing is there");
  assert.equal(reached(0, ArrowLeft, isThere), -1);
  assert.equal(reached(4, ArrowRight, isThere), -1);
  assert.equal(reached(2, toEnds(2, 5).Home, isThere), 0);
  assert.equal(reached(2, toEnds(2, 5).End, isThere), 4);
  assert.equal(reached(0, toEnds(0, 5).Home, isThere), 0);
  assert.equal(reached(1, 0, isThere), -1, "a cell that is blank, and no step away from it");
});

test("a number is kept between two others", () => {
  assert.deepEqual([-1, 0.5, 7].map((n) => clamp(n, 0, 1)), [0, 0.5, 1]);
});

test("the server hears where a held key stopped, once", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const heard = [], later = new Later((value) => heard.push(value), 80);
  for (const value of [1, 2, 3]) {
    later.soon(value);
    context.mock.timers.tick(79);
  }
  assert.deepEqual(heard, []);
  context.mock.timers.tick(1);
  assert.deepEqual(heard, [3]);
  assert.equal(later.waiting, null);
  later.soon(4);
  later.now(5);
  context.mock.timers.tick(1000);
  assert.deepEqual(heard, [3, 5]);
  later.soon(6);
  later.stop();
  context.mock.timers.tick(1000);
  assert.deepEqual(heard, [3, 5]);
});

test("a figure fills a screen as far as it goes, and leaves it an edge", () => {
  const draw = random(4);
  for (let n = 0; n < 200; n++) {
    const size = [50 + draw(900), 50 + draw(900)], screen = [640 + draw(2000), 480 + draw(1000)];
    const zoom = filling(size, screen), free = screen.map((length, axis) => length - zoom * size[axis]);
    assert.ok(Math.abs(Math.min(...free) - 32) < 1e-6, `${size} ${screen}`); // sixteen pixels on both sides
  }
});
