// A network as nested boxes: which are shown, and where the keys lead. What is unfolded is a set of their ids.

/**
 * What the server sent of a box; of a container also its parts, their cells (row, column), and the lines between them:
 * (source, target, lane), where -1 is where the container begins and as many as there are parts where it ends.
 * @typedef {object} Sent
 * @property {string} name
 * @property {string} title
 * @property {string[]} says
 * @property {string} shape
 * @property {string} group
 * @property {Sent[]} [children]
 * @property {[number, number][]} [cells]
 * @property {Edge[]} [edges]
 * @property {number} [lanes]
 */
/** @typedef {[source: number, target: number, lane: number | null]} Edge */

/**
 * The same with its place in the whole. An operation has no children.
 * @typedef {object} Box
 * @property {string} id
 * @property {Box | null} parent
 * @property {string} name
 * @property {string} title
 * @property {string[]} says
 * @property {string} shape
 * @property {string} group
 * @property {Box[]} children
 * @property {[number, number][]} cells
 * @property {Edge[]} edges
 * @property {number} lanes
 */

const FEW = 16; // operations that are shown at once, without unfolding

/**
 * All boxes, the whole network first.
 * @param {Sent} sent
 * @param {Box | null} [parent]
 * @param {string} [id]
 * @returns {Box[]}
 */
export function indexed(sent, parent = null, id = "0") {
  const { name, title, says, shape, group, cells = [], edges = [], lanes = 0 } = sent;
  /** @type {Box} */
  const box = { id, parent, name, title, says, shape, group, children: [], cells, edges, lanes };
  const parts = (sent.children ?? []).map((child, place) => indexed(child, box, `${id}.${place}`));
  box.children = parts.map(([child]) => child);
  return [box, ...parts.flat()];
}

/** @param {Box} box */
export function isContainer(box) {
  return box.children.length > 0;
}

/**
 * What is unfolded at first: the network, and where it is small, everything.
 * @param {readonly Box[]} boxes
 */
export function openAtFirst(boxes) {
  const isSmall = boxes.filter((box) => !isContainer(box)).length <= FEW;
  return new Set(boxes.filter((box) => isContainer(box) && (isSmall || !box.parent)).map((box) => box.id));
}

/**
 * The boxes that a box is in, from the outside in.
 * @param {Box} box
 * @returns {Box[]}
 */
export function holders(box) {
  return box.parent ? [...holders(box.parent), box.parent] : [];
}

/**
 * @param {Box} box
 * @param {ReadonlySet<string>} open
 */
export function isShown(box, open) {
  return box.parent !== null && holders(box).every((holder) => open.has(holder.id));
}

/**
 * The row of a part; of the container's own beginning and end, those before and after all others.
 * @param {Box} box
 * @param {number} place
 */
export function rowOf({ children, cells }, place) {
  if (place < 0) return -1;
  return place < children.length ? cells[place][0] : Math.max(...cells.map(([row]) => row)) + 1;
}

/**
 * Which of its container's parts a box is.
 * @param {Box} box
 */
export function placeOf(box) {
  return box.parent ? box.parent.children.indexOf(box) : -1;
}

/**
 * The box that a line from `box` leads to; from the last one in a container, that of the container.
 * @param {Box} box
 * @param {ReadonlySet<string>} open
 */
function below(box, open) {
  if (open.has(box.id)) return box.children[box.cells.findIndex(([row]) => row === 0)];
  for (let at = box; at.parent; at = at.parent) {
    const holder = at.parent, place = placeOf(at);
    const targets = holder.edges.filter(([s, t]) => s === place && t < holder.children.length).map(([, t]) => t);
    if (targets.length) return holder.children[targets.sort((a, b) => rowOf(holder, a) - rowOf(holder, b))[0]];
  }
  return null;
}

/**
 * @param {Box} box
 * @param {ReadonlySet<string>} open
 */
function above(box, open) {
  const holder = box.parent, place = placeOf(box);
  if (!holder) return null;
  const sources = holder.edges.filter(([s, t]) => t === place && s >= 0).map(([s]) => s);
  if (!sources.length) return holder;
  let at = holder.children[sources.sort((a, b) => rowOf(holder, b) - rowOf(holder, a))[0]];
  while (open.has(at.id)) {
    const end = at.children.length;
    const out = at.edges.filter(([, t]) => t === end).map(([s]) => s);
    at = at.children[out[out.length - 1]];
  }
  return at;
}

/**
 * @param {Box} box
 * @param {number} step
 * @param {(box: Box) => number} left where a box begins
 */
function beside(box, step, left) {
  const holder = box.parent;
  if (!holder) return null;
  const row = rowOf(holder, placeOf(box));
  const members = holder.children.filter((_, place) => rowOf(holder, place) === row).sort((a, b) => left(a) - left(b));
  return members[members.indexOf(box) + step] ?? null;
}

/**
 * The box that a key leads to: the arrows follow the lines, or go to what stands beside. Undefined for other keys, null
 * where there is none.
 * @param {string} key
 * @param {Box} box
 * @param {ReadonlySet<string>} open
 * @param {(box: Box) => number} left where a box begins
 * @returns {Box | null | undefined}
 */
export function reached(key, box, open, left) {
  const [whole] = [...holders(box), box];
  switch (key) {
    case "ArrowDown": return below(box, open);
    case "ArrowUp": return above(box, open);
    case "ArrowLeft": return beside(box, -1, left);
    case "ArrowRight": return beside(box, 1, left);
    case "Home": return whole.children[0];
    case "End": return whole.children[whole.children.length - 1];
    default: return undefined;
  }
}
