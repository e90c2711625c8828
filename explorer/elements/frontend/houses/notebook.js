// A notebook as the house: a model holds what a view draws and the files among that, and hears what is chosen.
import { choiceOf } from "../shared/choice.js";
import { element } from "../shared/dom.js";
/** @import { Given } from "../shared/dom.js" */

/**
 * @typedef {{ get: (name: string) => any, set: (name: string, value: unknown) => void, save_changes: () => void }
 *   & Record<"on" | "off", (event: string, hear: () => void) => void>} Model
 */
/** @typedef {{ model: Model, el: HTMLElement }} Place */

const FILE = "a file of this model"; // in the data: the name of one

/**
 * What a notebook calls, of what draws a view.
 * @param {(given: Given<unknown>) => unknown} draw
 */
export function inNotebook(draw) {
  return { render: (/** @type {Place} */ place) => show(draw, place) };
}

/** @type {(draw: (given: Given<unknown>) => unknown, place: Place) => () => void} */
function show(draw, { model, el }) {
  const host = element("div"), root = host.attachShadow({ mode: "open" });
  root.append(element("style", "", model.get("_style")), ...new DOMParser()
    .parseFromString(model.get("_markup"), "text/html").body.childNodes);
  el.append(host);
  const paint = () => (host.dataset.theme = isDark(host) ? "dark" : "light");
  const watching = new MutationObserver(paint); // a notebook has themes of its own, by whatever names
  for (const one of [document.documentElement, document.body]) watching.observe(one, { attributes: true });
  requestAnimationFrame(paint); // by then it lies in the page

  /** @type {Record<string, string>} */
  const urls = {}, files = model.get("_files");
  const read = (/** @type {string} */ _, /** @type {any} */ value) =>
    value?.[FILE] ? (urls[value[FILE]] ??= urlOf(files[value[FILE]], value.kind)) : value;
  /** @type {Record<string, any>} */
  let known = {}; // what is new to the one is not told the other again: meanwhile it may have been chosen anew
  const tell = (/** @type {string} */ name, /** @type {unknown} */ value) => {
    model.set("chosen", (known = { ...model.get("chosen"), [name]: value }));
    model.save_changes();
  };
  const data = JSON.parse(model.get("_given"), read);
  const end = draw({ parentElement: root, data: [data], setTriggerValue: tell, setStateValue: tell });
  const hear = () => {
    const now = model.get("chosen");
    for (const [name, value] of Object.entries(now)) if (value !== known[name]) choiceOf(name).put(value);
    known = now;
  };
  hear();
  model.on("change:chosen", hear);
  return () => {
    model.off("change:chosen", hear);
    watching.disconnect();
    if (typeof end === "function") end();
    Object.values(urls).forEach((url) => URL.revokeObjectURL(url));
  };
}

/** @type {(bytes: BufferSource, type: string) => string} */
const urlOf = (bytes, type) => URL.createObjectURL(new Blob([bytes], { type }));

/** @param {Element} host */
function isDark(host) {
  const context = /** @type {CanvasRenderingContext2D} */ (element("canvas").getContext("2d"));
  context.fillStyle = getComputedStyle(/** @type {Element} */ (host.parentElement)).color; // of the text around it
  context.fillRect(0, 0, 1, 1);
  return Math.max(...context.getImageData(0, 0, 1, 1).data.slice(0, 3)) > 127;
}
