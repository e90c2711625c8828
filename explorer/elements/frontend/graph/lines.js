// The lines between the parts of an unfolded box.
import { rowOf } from "./boxes.js";
import { END, GAP, HEADER, laneX } from "./layout.js";
/** @import { Edge } from "./boxes.js" */
/** @import { Inside, Placed } from "./layout.js" */

/** @typedef {{ path: string, tip: string | null, ends: [string, string] }} Line ends: the ids of the boxes at both */
/** @typedef {[number, number]} Point */

/**
 * @param {Placed} placed
 * @param {number} x where the box stands
 * @param {number} y
 * @returns {Line[]}
 */
export function linesOf(placed, x, y) {
  const { inside } = placed;
  return inside ? placed.box.edges.map((edge) => lineOf(placed, inside, edge, [x, y])) : [];
}

/**
 * @param {Placed} placed
 * @param {Inside} inside
 * @param {Edge} edge
 * @param {Point} at
 * @returns {Line}
 */
function lineOf({ box, w, h }, inside, [source, target, lane], [x, y]) {
  const { children, rows, centres } = inside, n = children.length;
  const port = { x: w / 2, top: box.parent ? HEADER : END, bottom: h - (box.parent ? 0 : END) };
  const begin = children[source], end = children[target];
  /** @type {Point} */
  const from = begin ? [begin.x + begin.w / 2, begin.y + begin.h] : [port.x, port.top];
  /** @type {Point} */
  const to = end ? [end.x + end.w / 2, end.y] : [port.x, port.bottom];
  const row = rowOf(box, source), next = rowOf(box, target);
  const first = row < 0 ? port.top : rows[row].bottom; // where the gap under a row begins, and where it ends
  const last = next < rows.length ? rows[next].top : port.bottom;
  let path = `M${x + from[0]},${y + from[1]}V${y + first}`;
  if (next - row > 1) {
    const way = lane === null ? centres[box.cells[source][1]] : laneX(inside, lane);
    path += curve([from[0], first], [way, first + GAP], x, y);
    path += `V${y + last - GAP}` + curve([way, last - GAP], [to[0], last - 7], x, y);
  } else {
    path += curve([from[0], first], [to[0], last - 7], x, y);
  }
  return {
    path,
    tip: target < n || !box.parent ? `M${x + to[0] - 4.5},${y + to[1] - 8}h9l-4.5,8z` : null,
    ends: [begin ? begin.box.id : box.id, end ? end.box.id : box.id],
  };
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} dx
 * @param {number} dy
 */
function curve([x0, y0], [x1, y1], dx, dy) {
  const middle = dy + (y0 + y1) / 2;
  return `C${dx + x0},${middle} ${dx + x1},${middle} ${dx + x1},${dy + y1}`;
}
