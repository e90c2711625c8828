// Boxes and lines as SVG.
import { drawn } from "../shared/dom.js";
import { holders, isContainer, placeOf } from "./boxes.js";
import { MORE, TEXT, TITLE } from "./layout.js";
import { linesOf } from "./lines.js";
/** @import { Box } from "./boxes.js" */
/** @import { Line } from "./lines.js" */
/** @import { Measure, Placed } from "./layout.js" */

/**
 * What a drawing needs to know besides the boxes' places, and what becomes of it.
 * @typedef {object} Scene
 * @property {ReadonlySet<string>} open
 * @property {Box | undefined} chosen
 * @property {Record<string, string>} colors of the groups of operations
 * @property {string} picture what the network reads
 * @property {Measure} measure
 * @property {(box: Box, group: SVGGElement) => void} listen
 */
/** @typedef {{ group: SVGGElement, ends: [string, string] }} Drawn */

/** A drawing in three layers: lines under boxes, texts over both. */
export class Painting {
  /** @param {Scene} scene */
  constructor(scene) {
    this.scene = scene;
    this.layers = { under: drawn("g"), over: drawn("g"), labels: drawn("g", { "aria-hidden": "true" }) };
    /** @type {Map<string, SVGGElement>} */
    this.boxes = new Map(); // id -> what was drawn, in the order of the lines
    /** @type {Drawn[]} */
    this.lines = [];
  }

  /**
   * The inside of an unfolded box that stands at (x, y).
   * @param {Placed} placed
   * @param {number} [x]
   * @param {number} [y]
   * @param {number} [depth]
   */
  paint(placed, x = 0, y = 0, depth = 0) {
    const { box, inside, w, h } = placed, { over, under } = this.layers;
    if (!inside) return;
    if (!box.parent) {
      over.append(...this.pill(x + w / 2, y + 16, `the picture: ${this.scene.picture}`));
      over.append(...this.pill(x + w / 2, y + h - 16, "the scores"));
    }
    for (const line of linesOf(placed, x, y)) (depth ? over : under).append(this.line(line)); // in a box: over it
    const { cells } = box;
    const order = inside.children.map((_, place) => place)
      .sort((a, b) => cells[a][0] - cells[b][0] || cells[a][1] - cells[b][1]);
    for (const place of order) {
      const child = inside.children[place], left = x + child.x, top = y + child.y;
      over.append(this.box(child, left, top, depth));
      if (!isGivenOn(child.box)) this.layers.labels.append(shapeOf(child, left, top));
      this.paint(child, left, top, depth + 1);
    }
  }

  /** @param {Line} line */
  line({ path, tip, ends }) {
    const group = drawn("g", { class: "line" });
    group.append(drawn("path", { d: path }));
    if (tip) group.append(drawn("path", { class: "tip", d: tip }));
    this.lines.push({ group, ends });
    return group;
  }

  /**
   * @param {Placed} placed
   * @param {number} left
   * @param {number} top
   * @param {number} depth
   */
  box(placed, left, top, depth) {
    const { box, w, h } = placed, { chosen, colors, open } = this.scene;
    const isOpen = open.has(box.id), isFolded = isContainer(box) && !isOpen;
    const holds = isFolded && chosen !== undefined && holders(chosen).includes(box);
    const group = drawn("g", { class: "box", tabindex: "-1", role: "button" });
    group.classList.add(isFolded ? "folded" : isOpen ? "open" : "operation");
    group.classList.toggle("chosen", box === chosen);
    group.classList.toggle("holds", holds);
    const said = `${box.name}: ${box.says.join(", ")}; gives ${box.shape}${holds ? "; the chosen layer is in it" : ""}`;
    group.setAttribute("aria-label", said);
    if (isContainer(box)) group.setAttribute("aria-expanded", String(isOpen));
    else group.setAttribute("aria-pressed", String(box === chosen));
    if (isFolded) // a pile: there is more in it
      group.append(drawn("rect", { class: "pile", x: left + 4, y: top + 4, width: w, height: h, rx: 6 }));
    group.append(drawn("rect", { class: `body depth${depth % 2}`, x: left, y: top, width: w, height: h, rx: 6 }));
    if (box.group) {
      const stripe = { x: left + 4, y: top + 5, width: 7, height: h - 10, rx: 3, fill: colors[box.group] };
      group.append(drawn("rect", stripe));
    }
    const mark = (isFolded ? "▸ " : isOpen ? "▾ " : "") + (box === chosen ? "✓ " : holds ? "● " : "");
    this.layers.labels.append(...this.texts(placed, mark + box.title, left, top)); // not in what its name says already
    const tip = drawn("title");
    tip.textContent = said;
    group.append(tip);
    this.boxes.set(box.id, group);
    this.scene.listen(box, group);
    return group;
  }

  /**
   * @param {Placed} placed
   * @param {string} title
   * @param {number} left
   * @param {number} top
   */
  texts({ box, w, inside }, title, left, top) {
    const x = left + (box.group ? 18 : 12), room = w - (x - left) - 8;
    if (inside) {
      const text = this.text("title", x, top + 23, title, w - 20), more = box.says.join(", ");
      if (this.scene.measure(`${text.textContent}  ${more}`, TITLE) < w - 20) {
        const rest = drawn("tspan", { class: "says", dx: 10 });
        rest.textContent = more;
        text.append(rest);
      }
      return [text];
    }
    const says = box.says.map((line, i) => this.text("says", x, top + 38 + MORE * i, line, room));
    return [this.text("title", x, top + 20, title, room), ...says];
  }

  /**
   * A text that is cut off where there is no room for it.
   * @param {"title" | "says"} name
   * @param {number} x
   * @param {number} y
   * @param {string} text
   * @param {number} room
   */
  text(name, x, y, text, room) {
    const made = drawn("text", { class: name, x, y }), font = name === "title" ? TITLE : TEXT;
    let short = text;
    while (short.length > 4 && this.scene.measure(short, font) > room) short = `${short.slice(0, -2)}…`;
    made.textContent = short;
    return made;
  }

  /**
   * @param {number} x its middle
   * @param {number} y
   * @param {string} text
   */
  pill(x, y, text) {
    const width = this.scene.measure(text, "600 14px") + 28;
    const label = drawn("text", { class: "end", x, y: y + 5, "text-anchor": "middle" });
    label.textContent = text;
    return [drawn("rect", { class: "pill", x: x - width / 2, y: y - 14, width, height: 28, rx: 14 }), label];
  }
}

/**
 * The shape that a box gives, under it.
 * @param {Placed} placed
 * @param {number} left
 * @param {number} top
 */
function shapeOf({ box, w, h }, left, top) {
  const label = drawn("text", { class: "shape", x: left + w / 2 + 7, y: top + h + 16 });
  label.textContent = box.shape;
  return label;
}

/**
 * Whether all that a box gives is what its container gives: its shape stands under the container.
 * @param {Box} box
 */
function isGivenOn(box) {
  const holder = box.parent, place = placeOf(box);
  if (!holder?.parent) return false;
  return holder.edges.every(([source, target]) => source !== place || target === holder.children.length);
}
