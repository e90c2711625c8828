// The row of what is at hand on every page. What its buttons open comes when the page is at rest, or is wanted. It
// needs nothing of the other elements' modules, which would come along with every run.
/** @import { Given } from "./shared/dom.js" */
/** @import { Desk, Register } from "./at_hand.js" */

/** @typedef {{ module: string, entries: string | null, said: string, words: Register }} Data */

const SEEN = 4000; // milliseconds for which it is said what became of a request

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const row = /** @type {HTMLElement} */ (parentElement.querySelector(".tools"));
  const said = /** @type {HTMLElement} */ (row.querySelector(".said"));
  said.textContent = data.said;
  const silence = setTimeout(() => said.replaceChildren(), SEEN);
  /** @type {Promise<Desk>} */
  const desk = new Promise((resolve, reject) => {
    const address = new URL(data.module, location.origin).href; // this script has no address to be below
    const fetchIt = () => import(address).then((found) => resolve(found.default(found.given)), reject);
    if ("requestIdleCallback" in globalThis) requestIdleCallback(fetchIt, { timeout: 1000 });
    else setTimeout(fetchIt, 300); // a browser that does not say when it has nothing to do
  });
  const tell = (/** @type {string} */ text) => {
    said.textContent = text;
    setTimeout(() => said.replaceChildren(), SEEN);
  };
  const ready = desk.then((found) => found.draw(row, data.entries, data.words, setTriggerValue, tell)); // keys, too
  ready.catch(() => undefined); // there is no network any more: who presses is told so
  row.onclick = ({ target }) => {
    const button = target instanceof Element && target.closest("button");
    if (button) desk.then((found) => found.press(button.className), () => tell("The server does not answer"));
  };
  return () => clearTimeout(silence);
}
