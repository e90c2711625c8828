// What the search finds first, which words of a text are terms, and what is said beside a link.
import assert from "node:assert/strict";
import test from "node:test";
import { remarks } from "../../explorer/elements/frontend/at_hand/link.js";
import { entry, ranked } from "../../explorer/elements/frontend/at_hand/search.js";
import { byWord, patternOf, told, wordsIn } from "../../explorer/elements/frontend/at_hand/terms.js";

const titles = (found) => found.map(({ title }) => title);

test("a search finds all its words, and what begins with them first", () => {
  const entries = ["max pooling", "Pooling", "layer1.0.relu_1", "average pooling", "Grad-CAM"].map((title) =>
    entry("term", title, title));
  assert.deepEqual(titles(ranked(entries, "pooling")), ["Pooling", "max pooling", "average pooling"]);
  assert.deepEqual(titles(ranked(entries, "pool max")), ["max pooling"]);
  assert.deepEqual(titles(ranked(entries, "gradcam")), ["Grad-CAM"]);
  assert.deepEqual(titles(ranked(entries, "1.0.relu")), ["layer1.0.relu_1"]);
  assert.deepEqual(titles(ranked(entries, "  ")), titles(entries));
  assert.deepEqual(ranked(entries, "(["), entries); // no words to look for
  assert.deepEqual(ranked(entries, "nothing of the kind"), []);
});

test("a thousand entries are searched for numbers", () => {
  const entries = Array.from({ length: 3000 }, (_, i) => entry("class", `class ${i}`, `class ${i}`));
  assert.equal(ranked(entries, "class 299").length, 13);
});

test("words of a text are terms, the longest of them, and layers' names are none", () => {
  const terms = [{ name: "pooling", also: [] }, { name: "max pooling", also: [] }, { name: "a (b+", also: ["layers"] }];
  const words = byWord(terms), pattern = patternOf([...words.keys()]);
  assert.equal(words.get("layers"), terms[2]);
  const found = wordsIn("Max pooling of pooling2, model.pooling and layers.", pattern);
  assert.deepEqual(found, [["Max pooling", 0], ["layers", 43]]);
  assert.deepEqual(wordsIn("Unpooling", pattern), []);
});

test("a word is told in one register, and has its formula in the exact one alone", () => {
  const term = { name: "ReLU", plain: "Keeps.", exact: "A rectifier.", formula: "max(0, x)", page: "p", also: [] };
  assert.deepEqual(told(term, "plain"), { says: "Keeps.", formula: "" });
  assert.deepEqual(told(term, "exact"), { says: "A rectifier.", formula: "max(0, x)" });
});

test("whoever passes a link on is told what is not in it", () => {
  assert.deepEqual(remarks({ hostname: "cnn.example", search: "?picture=Sample" }), []);
  assert.match(remarks({ hostname: "127.0.0.1", search: "" })[0], /this machine alone/);
  assert.match(remarks({ hostname: "cnn.example", search: "?picture=Upload&own=3fa9c1d2" })[0], /missing/);
});
