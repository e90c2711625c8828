// A network as boxes that unfold in place. The server sent every box with its cell and the lines between them; here
// they get their sizes.
import { Kept, Graph } from "./graph/graph.js";
import { part } from "./shared/dom.js";
import { listenToKeys, toggle } from "./shared/fullscreen.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Sent } from "./graph/boxes.js" */

/**
 * @typedef {object} Data
 * @property {string} key of the network
 * @property {string} url of its drawing
 * @property {string} file what a saved picture is called
 * @property {string} chosen
 * @property {Record<string, string>} groups colours by the name of a group of operations
 * @property {string} picture
 * @property {string} alt
 */

/** @type {WeakMap<HTMLElement, Kept>} */
const kept = new WeakMap(); // root -> what is unfolded, and where one stands, from rerun to rerun
/** @type {Map<string, Sent>} */
const drawings = new Map(); // address -> drawing: while the network stays the same, no click brings it again

/** @param {Given<Data>} given */
export default function (given) {
  const { parentElement, data: [data] } = given;
  const known = drawings.get(data.url);
  if (known) return show(given, known);
  /** @type {(() => void) | null} */
  let stop = null;
  let isGone = false;
  load(data.url).then((drawing) => {
    if (!isGone) stop = show(given, drawing);
  }).catch(() => {
    if (!isGone) part(parentElement, ".missing").hidden = false;
  });
  return () => {
    isGone = true;
    stop?.();
  };
}

/**
 * @param {string} url
 * @returns {Promise<Sent>}
 */
async function load(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(answer.statusText);
  const drawing = await answer.json();
  drawings.clear();
  drawings.set(url, drawing);
  return drawing;
}

/**
 * @param {Given<Data>} given
 * @param {Sent} drawing
 */
function show({ parentElement, data: [data], setTriggerValue }, drawing) {
  const root = part(parentElement, ".graph");
  part(parentElement, ".missing").hidden = true;
  let own = kept.get(root);
  const isNew = own?.key !== data.key;
  if (!own) listenToKeys(root, () => toggle(root));
  if (!own || isNew) {
    own = new Kept(data.key, data.chosen, drawing);
    kept.set(root, own);
  }
  return new Graph(root, data, own, (name) => setTriggerValue("chosen", name)).begin(isNew);
}
