// A file as the house: what views draw, and the files among that, stand in the document.
import { choiceOf } from "../shared/choice.js";
import { find, part } from "../shared/dom.js";
import { unlettered } from "../shared/letters.js";
/** @import { Given } from "../shared/dom.js" */

/** @typedef {{ chosen: Record<string, string | number>, to: string }} Act */
/** @typedef {Record<string, (given: Given<unknown>) => unknown>} Draws what draws each view, by its name */

const FILE = "a file of this document"; // in the data: the id of one
/** @type {Map<string, string>} */
const urls = new Map();
/** @type {Map<Element, Given<unknown>>} */
const drawn = new Map();

/**
 * Draw each view when it comes into sight; out of it, it does not follow what is chosen.
 * @param {Draws} draws
 */
export function show(draws) {
  /** @type {Map<Element, unknown>} */
  const ends = new Map();
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const end = ends.get(target);
      ends.delete(target);
      if (typeof end === "function") end();
      if (isIntersecting) ends.set(target, draw(draws, /** @type {HTMLElement} */ (target)));
    }
  });
  for (const place of document.querySelectorAll(".view")) near.observe(place);
  for (const button of document.querySelectorAll("[data-choice]")) listen(/** @type {HTMLElement} */ (button));
}

/**
 * @param {Draws} draws
 * @param {HTMLElement} place
 */
function draw(draws, place) {
  const { view = "", given = "" } = place.dataset, known = drawn.get(place);
  if (known) return draws[view](known);
  const root = place.attachShadow({ mode: "open" });
  root.append(find(document, `#view-${view}`, HTMLTemplateElement).content.cloneNode(true));
  const read = (/** @type {string} */ _, /** @type {any} */ value) => (value?.[FILE] ? url(value[FILE]) : value);
  const { data, acts } = JSON.parse(part(document, `#${given}`).textContent ?? "", read);
  const tell = (/** @type {string} */ name, /** @type {unknown} */ value) => act(acts[name]?.[String(value)]);
  /** @type {Given<unknown>} */
  const made = { parentElement: root, data: [data], setTriggerValue: tell, setStateValue: tell };
  drawn.set(place, made);
  place.dataset.drawn = "";
  return draws[view](made);
}

/** @param {string} id */
function url(id) {
  const known = urls.get(id), { textContent, dataset: { kind = "" } } = part(document, `#${id}`);
  if (known) return known;
  const made = URL.createObjectURL(new Blob([unlettered(textContent ?? "")], { type: kind }));
  urls.set(id, made);
  return made;
}

/** @param {Act} [found] */
function act(found) {
  for (const [name, value] of Object.entries(found?.chosen ?? {})) choiceOf(name).put(value);
  const to = found?.to ? part(document, `#${found.to}`) : null;
  if (to instanceof HTMLDetailsElement) to.open = true;
  to?.scrollIntoView();
}

/** @param {HTMLElement} button */
function listen(button) {
  const { choice = "", value = "" } = button.dataset;
  button.onclick = () => choiceOf(choice).put(value);
  choiceOf(choice).follow((now) => button.setAttribute("aria-pressed", String(now === value)), button);
}
