// What is chosen on a page, in whichever element.
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Choice, choiceOf } from "../../explorer/elements/frontend/shared/choice.js";
import "../../explorer/elements/frontend/houses/app.js";
import { legendOf } from "../../explorer/elements/frontend/shared/legend.js";
import { number } from "../../explorer/elements/frontend/shared/numbers.js";

// what a page has
const page = { href: "http://here/page?layer=layer2" };
Object.assign(globalThis, {
  location: page,
  history: { state: null, replaceState: (_state, _title, url) => Object.assign(page, { href: url.href }) },
});

test("everybody follows at once, and the server hears once, of the last", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const choice = new Choice("channel"), seen = [], told = [];
  choice.hear(0, 0, {});
  choice.follow((value) => seen.push(value));
  choice.follow(() => {});
  for (let channel = 1; channel <= 40; channel++) {
    choice.choose(channel, (value) => told.push(value));
    mock.timers.tick(25);
  }
  assert.deepEqual(seen, Array.from({ length: 40 }, (_, i) => i + 1));
  assert.deepEqual(told, []);
  mock.timers.tick(300);
  assert.deepEqual(told, [40]);
  assert.equal(page.href, "http://here/page?layer=layer2&channel=40");
  choice.choose(0, () => {});
  mock.timers.tick(300);
  assert.equal(page.href, "http://here/page?layer=layer2"); // the usual one
  mock.timers.reset();
});

test("what the server says while it does not know yet changes nothing; what it says then does", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const choice = new Choice("channel");
  for (const follow of [() => {}, () => {}]) choice.follow(follow);
  choice.hear(3, 0, {});
  choice.choose(7, () => {});
  choice.hear(3, 0, {}); // of before
  assert.equal(choice.value, 7);
  mock.timers.tick(300); // told
  choice.hear(3, 0, {}); // still of before
  assert.equal(choice.value, 7);
  choice.hear(7, 0, {}); // the answer
  choice.hear(5, 0, {}); // somebody else's doing
  assert.equal(choice.value, 5);
  mock.timers.reset();
});

test("a server that never takes it up is believed in the end", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const choice = new Choice("channel");
  for (const follow of [() => {}, () => {}]) choice.follow(follow);
  choice.hear(3, 0, {});
  choice.choose(7, () => {});
  mock.timers.tick(300);
  mock.timers.tick(5001);
  choice.hear(3, 0, {});
  assert.equal(choice.value, 3);
  mock.timers.reset();
});

test("where nobody else follows the server hears of the first press at once, and of a held key when it rests", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const choice = new Choice("channel"), told = [], tell = (value) => told.push(value);
  choice.hear(0, 0, {});
  choice.follow(() => {});
  choice.choose(1, tell);
  assert.deepEqual(told, [1]);
  for (const channel of [2, 3, 4]) {
    choice.choose(channel, tell);
    mock.timers.tick(40);
  }
  assert.deepEqual(told, [1]);
  mock.timers.tick(80);
  assert.deepEqual(told, [1, 4]);
  mock.timers.reset();
});

test("an element that is drawn again with what it has said before does not undo what another one was told", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const choice = new Choice("channel"), box = {}, maps = {};
  choice.hear(0, 0, box);
  choice.hear(0, 0, maps);
  choice.choose(17, () => {});
  mock.timers.tick(300);
  choice.hear(17, 0, maps); // the answer goes to the maps alone
  choice.hear(0, 0, box); // as when the theme changes
  assert.equal(choice.value, 17);
  choice.hear(0, 0, maps);
  assert.equal(choice.value, 0);
  mock.timers.reset();
});

test("who no longer follows is not called", () => {
  const choice = new Choice("channel"), seen = [], stop = choice.follow((value) => seen.push(value));
  choice.hear(1, 0, {});
  stop();
  choice.hear(2, 0, {});
  assert.deepEqual(seen, [1]);
});

test("numbers are written as the server writes them", () => {
  const written = {
    0: "0", 0.5: "0.5", 1234.5678: "1235", 12346: "1.235e+04", "-0.00001234": "−1.234e−05", 9999.6: "1e+04",
    0.0001234: "0.0001234", 3: "3", "-6.7181": "−6.718",
  };
  for (const [value, text] of Object.entries(written)) assert.equal(number(Number(value)), text);
  assert.equal(number(-0), "0");
});

test("the legend of a stronger picture says what its colours mean", () => {
  const palette = Uint8Array.from({ length: 768 }, (_, n) => n % 255);
  const plain = legendOf({ scale: { low: 0, high: 8, signed: false }, palette, gamma: 1 }, "no unit", 1);
  assert.deepEqual([plain.low, plain.middle, plain.high, plain.unit], ["0", "4", "8", "no unit"]);
  const strong = legendOf({ scale: { low: -2, high: 2, signed: true }, palette, gamma: 0.5 }, "no unit", 4);
  assert.deepEqual([strong.low, strong.middle, strong.high], ["≤ −2", "0", "≥ 2"]);
  assert.equal(strong.unit, "no unit; colours 4 times as strong; gamma 0.5");
  const bent = legendOf({ scale: { low: 0, high: 8, signed: false }, palette, gamma: 0.5 }, "", 1);
  assert.equal(bent.middle, "2"); // the square root of a quarter is a half
});

test("an element that is drawn again follows once", () => {
  const choice = new Choice("channel"), element = {}, seen = [];
  choice.hear(0, 0, {});
  const first = choice.follow((value) => seen.push(["before", value]), element);
  const second = choice.follow((value) => seen.push(["now", value]), element);
  first(); // which is late, and ends nothing
  choice.put(1);
  assert.deepEqual(seen, [["now", 1]]);
  second();
  choice.put(2);
  assert.deepEqual(seen, [["now", 1]]);
});

test("the server hears soon where it has more to show", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const choice = new Choice("channel"), told = [];
  choice.hear(0, 0, {});
  choice.follow(() => {});
  const end = choice.follow(() => {}, {}, true);
  choice.choose(1, (value) => told.push(value));
  assert.deepEqual(told, [1]);
  choice.hear(1, 0, {});
  end();
  choice.follow(() => {});
  choice.choose(2, (value) => told.push(value));
  assert.deepEqual(told, [1]);
  mock.timers.tick(300);
  assert.deepEqual(told, [1, 2]);
  mock.timers.reset();
});

test("the server hears of one choice after another, not of two at once", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const layer = choiceOf("a layer"), picked = choiceOf("a class"), told = [];
  for (const choice of [layer, picked]) {
    choice.hear("", null, choice);
    for (const follow of [() => {}, () => {}]) choice.follow(follow);
  }
  layer.choose("layer2", (value) => told.push(value));
  mock.timers.tick(60);
  picked.choose(7, (value) => told.push(value));
  mock.timers.tick(2000);
  assert.deepEqual(told, ["layer2"]); // which the server has not answered
  layer.hear("layer2", null, {});
  mock.timers.tick(300);
  assert.deepEqual(told, ["layer2", 7]);
  picked.hear(7, null, {});
  picked.choose(8, (value) => told.push(value));
  layer.choose("layer3", () => {});
  mock.timers.tick(10_000); // a server that never answers is not waited for
  assert.ok(told.includes(8));
  for (const choice of [layer, picked]) choice.told = null;
  mock.timers.reset();
});

test("where a widget of the page's keeps the link, a choice does not", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const choice = new Choice("layer"), before = page.href;
  choice.hear("layer2", null, {});
  choice.choose("layer3", () => {});
  mock.timers.tick(300);
  assert.equal(page.href, before);
  mock.timers.reset();
});

test("what only the server can show it is told of soon", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const choice = new Choice("class"), told = [];
  for (const follow of [() => {}, () => {}]) choice.follow(follow);
  choice.hurry(); // nothing is chosen
  for (const chosen of [5, 6]) {
    choice.choose(chosen, (value) => told.push(value));
    choice.hurry();
    mock.timers.tick(40);
  }
  assert.deepEqual(told, []);
  mock.timers.tick(40);
  assert.deepEqual(told, [6]);
  mock.timers.tick(1000);
  assert.deepEqual(told, [6]);
  mock.timers.reset();
});
