// Where boxes stand, in pixels at full size. The server said in which cell of its container each one is; here cells get
// their sizes, from the texts in them and from what is unfolded.
import { clamp } from "../shared/movement.js";
import { isContainer, rowOf } from "./boxes.js";
/** @import { Box } from "./boxes.js" */

/** @typedef {(text: string, font: string) => number} Measure how wide a text is */
/** @typedef {{ top: number, bottom: number, members: number[], passed: boolean }} Row passed: a line goes through it */

/**
 * A box with its size and, in its container, its place; of an unfolded one also its rows, the middles of its columns,
 * and where its outer lanes begin.
 * @typedef {object} Placed
 * @property {Box} box
 * @property {number} x
 * @property {number} y
 * @property {number} w
 * @property {number} h
 * @property {Inside | null} inside
 */
/** @typedef {{ children: Placed[], rows: Row[], centres: number[], lanes: number }} Inside */

export const TITLE = "600 15px", TEXT = "13px"; // fonts
export const HEADER = 36, MORE = 18, GAP = 38, END = 30; // of an unfolded box, a further line, between rows, both ends
const BOX = 48, PAD = 16, BETWEEN = 22, LANE = 7;
const NARROWEST = 128, WIDEST = 330;

/**
 * Lay out a box and what is unfolded in it.
 * @param {Box} box
 * @param {ReadonlySet<string>} open
 * @param {Measure} measure
 * @returns {Placed}
 */
export function layOut(box, open, measure) {
  if (!open.has(box.id)) return { box, x: 0, y: 0, ...closed(box, measure), inside: null };
  const children = box.children.map((child) => layOut(child, open, measure));
  const rows = rowsOf(box), columns = columnsOf(box, rows, children);
  const used = columns.filter((width) => width > 0);
  const grid = used.reduce((sum, width) => sum + width, 0) + BETWEEN * Math.max(0, used.length - 1);
  const inner = Math.max(grid, ...children.map((child) => child.w));
  const side = box.lanes ? 12 + LANE * box.lanes : 0;
  const left = PAD + (box.lanes <= 3 ? side : 0); // a few lanes leave the middle in the middle
  const title = box.parent ? measure(`▾ ✓ ${box.title}  ${box.says.join(", ")}`, TITLE) + 30 : 0;
  const w = Math.max(left + inner + side + PAD, Math.min(title, WIDEST + 40));
  const start = left + Math.max(0, (w - left - inner - side - PAD) / 2);
  const centres = middles(columns, start + (inner - grid) / 2);
  const inside = { children, rows, centres, lanes: start + inner + 10 };
  const h = stack(box, inside, { low: start, high: start + inner, middle: w / 2 });
  return { box, x: 0, y: 0, w, h, inside };
}

/**
 * Where an outer lane runs.
 * @param {Inside} inside
 * @param {number} lane
 */
export function laneX({ lanes }, lane) {
  return lanes + LANE * lane;
}

/**
 * The size of a box that is not unfolded.
 * @param {Box} box
 * @param {Measure} measure
 */
function closed(box, measure) {
  const title = measure(box.title, TITLE) + (isContainer(box) ? 38 : 18);
  const text = Math.max(title, ...box.says.map((line) => measure(line, TEXT)));
  return { w: clamp(text + 34, NARROWEST, WIDEST), h: BOX + MORE * (box.says.length - 1) };
}

/**
 * The straight lines that pass rows by, as (column, first row, row after the last one).
 * @param {Box} box
 * @returns {[number, number, number][]}
 */
function passing(box) {
  return box.edges
    .filter(([source, , lane]) => lane === null && source >= 0)
    .map(([source, target]) => [box.cells[source][1], rowOf(box, source) + 1, rowOf(box, target)]);
}

/**
 * @param {Box} box
 * @returns {Row[]}
 */
function rowsOf(box) {
  const count = rowOf(box, box.children.length), passes = passing(box);
  return [...Array(count).keys()].map((row) => ({
    top: 0,
    bottom: 0,
    members: box.children.map((_, place) => place).filter((place) => box.cells[place][0] === row),
    passed: passes.some(([, first, after]) => first <= row && row < after),
  }));
}

/**
 * Whether what is in a row may stand under what it reads.
 * @param {Row} row
 */
function isAlone(row) {
  return row.members.length === 1 && !row.passed;
}

/**
 * How wide each column is: as its boxes are, and at least as the lines that go through it need; what is alone in its
 * row does not count.
 * @param {Box} box
 * @param {readonly Row[]} rows
 * @param {readonly Placed[]} children
 */
function columnsOf(box, rows, children) {
  /** @type {number[]} */
  const columns = Array(Math.max(...box.cells.map(([, column]) => column)) + 1).fill(0);
  for (const [column, first, after] of passing(box))
    if (first < after) columns[column] = Math.max(columns[column], BETWEEN);
  for (const row of rows.filter((one) => !isAlone(one)))
    for (const place of row.members) {
      const column = box.cells[place][1];
      columns[column] = Math.max(columns[column], children[place].w);
    }
  return columns;
}

/**
 * @param {readonly number[]} columns
 * @param {number} x where the first one begins
 */
function middles(columns, x) {
  return columns.map((width) => {
    const middle = x + width / 2;
    if (width > 0) x += width + BETWEEN;
    return middle;
  });
}

/**
 * Put the parts of a box into their rows, one below the other; returns how high it is.
 * @param {Box} box
 * @param {Inside} inside
 * @param {{ low: number, high: number, middle: number }} room
 */
function stack(box, { children, rows, centres }, { low, high, middle }) {
  let y = (box.parent ? HEADER : END) + GAP;
  for (const row of rows) {
    row.top = y;
    for (const place of row.members) {
      const child = children[place];
      let centre = centres[box.cells[place][1]];
      if (isAlone(row)) {
        const above = box.edges
          .filter(([source, target, lane]) => target === place && lane === null && source >= 0)
          .map(([source]) => children[source]);
        centre = above.length ? above.reduce((sum, { x, w }) => sum + x + w / 2, 0) / above.length : middle;
        centre = clamp(centre, low + child.w / 2, high - child.w / 2);
      }
      Object.assign(child, { x: centre - child.w / 2, y });
    }
    row.bottom = y = Math.max(...row.members.map((place) => children[place].y + children[place].h));
    y += GAP;
  }
  return y + (box.parent ? 0 : END);
}
