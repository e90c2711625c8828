// The first page until the live one has been drawn below it, and what was pressed meanwhile.
import { inApp } from "./houses/app.js";
import journey from "./journey.js";
import { part } from "./shared/dom.js";
/** @import { Data } from "./journey.js" */

/** @typedef {{ kind: string, x: number, y: number, files: File[] }} Held what was done to it last */
/** @typedef {HTMLElement & { held?: Held, letGo: () => void }} View with what its own script in the document adds */

const PATIENCE = 10_000; // milliseconds in which a band that has a place can be drawn, and is not if its script fails
let restsSince = Infinity;
const nobody = () => undefined; // to tell anything

/**
 * Draw the band, and give way to the live page.
 * @param {{ data: Data, small: string }} given
 */
export default function ({ data, small }) {
  const view = /** @type {View | null} */ (document.getElementById("first-view"));
  if (!view) return;
  const root = part(view, ".band").shadowRoot;
  if (!root) { // a browser that makes none of what stands in a document
    view.letGo();
    view.remove();
    return;
  }
  /** @type {HTMLImageElement} */ (part(view, "aside img")).src = small;
  const leave = inApp(journey)({ parentElement: root, data: [data], setStateValue: nobody, setTriggerValue: nobody });
  const look = async () => {
    const band = liveBand();
    if (!band && !hasEnded()) {
      requestAnimationFrame(look);
      return;
    }
    if (band) {
      await Promise.all([...band.querySelectorAll("img")].map((image) => image.decode().catch(() => undefined)));
      for (const motion of band.parentElement?.getAnimations({ subtree: true }) ?? []) motion.finish(); // seen already
    }
    const main = document.querySelector("[data-testid=stMain]");
    if (main) main.scrollTop = part(view, "main").scrollTop;
    const page = view.held && pageAt(view, view.held);
    leave();
    view.remove();
    view.letGo();
    if (page) page.click();
    else press(view.held);
  };
  void look();
}

/** The live page's band, once there is anything in it. */
function liveBand() {
  for (const place of document.querySelectorAll(".st-key-journey *")) {
    const band = place.shadowRoot?.querySelector(".band");
    if (band?.firstChild) return band;
  }
  return null;
}

/** Whether the live page is there and will have no band, or cannot come: it says why. */
function hasEnded() {
  if (document.querySelector("[role=dialog]")) return true;
  const app = /** @type {HTMLElement | null} */ (document.querySelector("[data-testid=stApp]"));
  const said = "[data-testid=stMain] :is([data-testid=stAlert], [data-testid=stHeading])";
  const isAtRest = app?.dataset.testScriptState === "notRunning" && document.querySelector(said) !== null;
  if (!isAtRest) restsSince = Infinity;
  else restsSince = Math.min(restsSince, performance.now());
  // the place of a band is there before the script that draws it
  return performance.now() - restsSince > (document.querySelector(".st-key-journey") ? PATIENCE : 0);
}

/**
 * The live page's link of the name that stands at a point of the first view: what is above it may not be there yet.
 * @param {HTMLElement} view
 * @param {Held} held
 * @returns {HTMLElement | undefined}
 */
function pageAt(view, { x, y }) {
  const name = [...view.querySelectorAll("nav span")].find((span) => {
    const { left, right, top, bottom } = span.getBoundingClientRect();
    return left <= x && x < right && top <= y && y < bottom;
  })?.textContent;
  /** @type {NodeListOf<HTMLElement>} */
  const links = document.querySelectorAll(".st-key-menu a");
  return name ? [...links].find((link) => link.textContent?.trim() === name) : undefined;
}

/**
 * Press what is seen now where the first view was pressed last, or drop there what was dropped.
 * @param {Held | undefined} held
 */
function press(held) {
  const place = held && at(document, held.x, held.y);
  if (!place) return;
  if (held.kind === "click") /** @type {HTMLElement} */ (place.closest("button, a, label, summary") ?? place).click();
  if (held.kind !== "drop") return;
  const dataTransfer = new DataTransfer();
  for (const file of held.files) dataTransfer.items.add(file);
  place.dispatchEvent(new DragEvent("drop", { bubbles: true, composed: true, dataTransfer }));
}

/**
 * What is seen at a point, inside an element of ours too.
 * @param {DocumentOrShadowRoot} root
 * @param {number} x
 * @param {number} y
 * @returns {Element | null}
 */
function at(root, x, y) {
  const found = root.elementFromPoint(x, y);
  return found?.shadowRoot && found.shadowRoot !== root ? at(found.shadowRoot, x, y) : found;
}
