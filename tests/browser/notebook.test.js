// A notebook as the house: what a view is given of a model, what the model hears, and what it says to the view.
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { choiceOf } from "../../explorer/elements/frontend/shared/choice.js";
import { inNotebook } from "../../explorer/elements/frontend/houses/notebook.js";

// what a page has
let color = "white", theme = () => {};
const watched = [];
const element = () => ({
  children: [], dataset: {}, append(...parts) {
    this.children.push(...parts);
    for (const part of parts) if (typeof part === "object") part.parentElement = this;
  },
  attachShadow() {
    return (this.root = element());
  },
  getContext: () => ({ fillRect() {}, getImageData: () => ({ data: color === "white" ? [250, 249, 248] : [9, 8] }) }),
});
Object.assign(globalThis, {
  document: { createElement: element, documentElement: "page", body: "body" },
  DOMParser: class {
    parseFromString = (text) => ({ body: { childNodes: [`parsed ${text}`] } });
  },
  MutationObserver: class {
    constructor(heard) {
      theme = heard;
    }
    observe(one) {
      watched.push(one);
    }
    disconnect() {
      watched.length = 0;
    }
  },
  getComputedStyle: () => ({ color }),
  requestAnimationFrame: (draw) => draw(),
});

/** A model as a notebook hands it over. */
function modelOf(state) {
  const hearing = new Map();
  return {
    saved: 0, hearing,
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      hearing.get(`change:${name}`)?.();
    },
    save_changes() {
      this.saved += 1;
    },
    on: (event, hear) => hearing.set(event, hear),
    off: (event, hear) => hearing.get(event) === hear && hearing.delete(event),
  };
}

const FILE = { "a file of this model": "one", kind: "text/plain" };
const GIVEN = JSON.stringify({ n: 3, maps: [FILE, FILE] });
const HI = new DataView(new Uint8Array([104, 105]).buffer);

/** A view in a notebook: what it was drawn with, and all around it. */
function shown(chosen = {}) {
  const model = modelOf({ _style: ":host {}", _markup: "<p>", _given: GIVEN, _files: { one: HI }, chosen });
  const el = element(), given = [];
  let ended = 0;
  const draw = (one) => {
    given.push(one);
    return () => (ended += 1);
  };
  const end = inNotebook(draw).render({ model, el });
  return { model, el, end, given: given[0], host: el.children[0], isEnded: () => ended === 1 };
}

test("a view is given its markup in a root of its own, its data, and an address for each file", async () => {
  const { given, host, end } = shown();
  assert.equal(given.parentElement, host.root);
  assert.equal(host.root.children[0].textContent, ":host {}");
  assert.equal(host.root.children[1], "parsed <p>");
  const [{ n, maps: [first, second] }] = given.data;
  assert.equal(n, 3);
  assert.equal(first, second);
  assert.equal(await (await fetch(first)).text(), "hi");
  end();
  await assert.rejects(fetch(first)); // it is given back
});

test("the model hears what is chosen, beside what was chosen before", () => {
  const { given, model } = shown({ order: "mean" });
  given.setTriggerValue("channel", 12);
  assert.deepEqual(model.get("chosen"), { order: "mean", channel: 12 });
  assert.equal(model.saved, 1);
});

test("what the model says is chosen in the view, from the beginning on until its end", () => {
  const { model, end, isEnded } = shown({ told: 4 });
  assert.equal(choiceOf("told").value, 4);
  model.set("chosen", { told: 7 });
  assert.equal(choiceOf("told").value, 7);
  end();
  assert.ok(isEnded());
  assert.equal(model.hearing.size + watched.length, 0);
});

test("what was chosen anew is not put back by what the model hears of it", () => {
  const { given, end } = shown();
  given.setTriggerValue("row", 5);
  choiceOf("row").put(6); // not told yet
  given.setTriggerValue("column", 1);
  assert.equal(choiceOf("row").value, 6);
  end();
});

test("nobody answers, and so no choice waits for another's answer", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const told = [];
  choiceOf("first").choose(1, (value) => told.push(value));
  choiceOf("second").choose(2, (value) => told.push(value));
  mock.timers.tick(300);
  assert.deepEqual(told, [1, 2]);
  mock.timers.reset();
});

test("it is light or dark as the text around it says, and follows", () => {
  color = "white";
  const { host, end } = shown();
  assert.deepEqual([host.dataset.theme, watched], ["dark", ["page", "body"]]);
  color = "black";
  theme();
  assert.equal(host.dataset.theme, "light");
  end();
});
