// The row of what is at hand on every page. What its buttons open comes when the page is at rest, or is wanted. It
// needs nothing of the other elements' modules, which would come along with every run.
/** @import { Given } from "./shared/dom.js" */
/** @import { Desk, Register } from "./at_hand.js" */

/** @typedef {{ here: string, there: string, name: string, module: string | null }} Language and the other one's name */
/** @typedef {{ module: string, entries: string | null, said: string, words: Register, language: Language }} Data */

const SEEN = 4000; // milliseconds for which it is said what became of a request

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const row = /** @type {HTMLElement} */ (parentElement.querySelector(".tools"));
  const said = /** @type {HTMLElement} */ (row.querySelector(".said"));
  said.textContent = data.said;
  const far = (/** @type {string} */ path) => new URL(path, location.origin).href; // a script is below no address
  const { here, there, name, module } = data.language;
  document.dispatchEvent(new CustomEvent("cnn-explorer-language", { detail: here })); // to whoever says another
  const speaks = module && import(far(module)).then((found) => found.default(found.given), () => undefined);
  const turn = /** @type {HTMLElement} */ (row.querySelector(".language"));
  Object.assign(turn, { textContent: there, title: name, lang: there });
  const silence = setTimeout(() => said.replaceChildren(), SEEN);
  /** @type {Promise<Desk>} */
  const desk = new Promise((resolve, reject) => {
    const fetchIt = () => import(far(data.module)).then((found) => resolve(found.default(found.given)), reject);
    if ("requestIdleCallback" in globalThis) requestIdleCallback(fetchIt, { timeout: 1000 });
    else setTimeout(fetchIt, 300); // a browser that does not say when it has nothing to do
  });
  const tell = (/** @type {string} */ text) => {
    said.textContent = text;
    setTimeout(() => said.replaceChildren(), SEEN);
  };
  const ready = Promise.all([desk, speaks]).then(([found, given]) => // keys, too
    found.draw(row, data.entries, data.words, setTriggerValue, tell, given));
  ready.catch(() => undefined); // there is no network any more: who presses is told so
  row.onclick = ({ target }) => {
    const button = target instanceof Element && target.closest("button");
    if (button) desk.then((found) => found.press(button.className), () => tell("The server does not answer"));
  };
  return () => clearTimeout(silence);
}
