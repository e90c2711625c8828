// What a text is in another language, by messages with and without places.
import assert from "node:assert/strict";
import test from "node:test";
import { Words } from "../../explorer/elements/frontend/spoken/words.js";

const WORDS = new Words({
  "All channels": "Alle Kanäle",
  "{1} maps of {2}": "{2} hat {1} Karten",
  "all {own} poolings": "alle {own}-Poolings",
  "max": "Max",
  "of": "von",
  "{x} of {y}": "{x} von {y}",
  "Channel {{channel}} of {name}": "Kanal {{channel}} von {name}",
  "the largest value": "der größte Wert",
  "{n} pixels": "{n} Pixel",
  "· sees {1} × {2} pixels": "· sieht {1} × {2} Pixel",
  "here from {1} to {2}": "hier von {1} bis {2}",
  "{title} at {layer}": "{title} bei {layer}",
  "Grad-CAM": "Grad-CAM",
  "{n} units": "{n} Einheiten",
  "in units of {{target}}": "Einheit: {{target}}",
  "the logit": "das Logit",
});

test("a message is said, with its values in the order of the language", () => {
  assert.equal(WORDS.said("All channels"), "Alle Kanäle");
  assert.equal(WORDS.said("64 maps of conv1"), "conv1 hat 64 Karten");
  assert.equal(WORDS.said(" 64 maps of conv1 "), " conv1 hat 64 Karten ");
  assert.equal(WORDS.said("all max poolings"), "alle Max-Poolings");
  assert.equal(WORDS.said("Channel {channel} of relu"), "Kanal {channel} von relu");
});

test("what is filled in later is a place too, and a message ends where a phrase does", () => {
  const said = "Grad-CAM bei act2, 7 × 7; Einheit: das Logit; hier von 0 bis 0.39";
  assert.equal(WORDS.said("Grad-CAM at act2, 7 × 7; in units of the logit; here from 0 to 0.39"), said);
});

test("names stay, and so does what there is no message for", () => {
  for (const text of ["eye of newt", "layer4.1.relu", "Egyptian cat", "12.5 %", "", "·"]) {
    assert.equal(WORDS.said(text), text);
  }
});

test("sentences and phrases in a row are said one by one, with their signs", () => {
  assert.equal(WORDS.said("The largest value; here from 0 to 3"), "Der größte Wert; hier von 0 bis 3");
  assert.equal(WORDS.said("y 6 = 0.18 · sees 7 × 9 pixels"), "y 6 = 0.18 · sieht 7 × 9 Pixel");
  assert.equal(WORDS.said("All channels. Unheard of. All channels"), "Alle Kanäle. Unheard of. Alle Kanäle");
  assert.equal(WORDS.said("Here from 1 to 38.7\u00a0%."), "Here from 1 to 38.7\u00a0%."); // begins in small letters
  assert.equal(WORDS.said("here from 1 to 38.7\u00a0%."), "hier von 1 bis 38.7\u00a0%.");
});
