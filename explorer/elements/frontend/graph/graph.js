// The drawing of a network, and what a person does with it.
import { find, focusedIn, part } from "../shared/dom.js";
import { toggle } from "../shared/fullscreen.js";
import { house } from "../shared/house.js";
import { holders, indexed, isContainer, isShown, openAtFirst, reached } from "./boxes.js";
import { layOut } from "./layout.js";
import { Painting } from "./paint.js";
import { save } from "./picture.js";
import { fitting, fittingWidth, scrolledTo, within } from "./zoom.js";
/** @import { Data } from "../graph.js" */
/** @import { Box, Sent } from "./boxes.js" */
/** @import { Placed } from "./layout.js" */
/** @import { Size } from "./zoom.js" */

/** What outlives a rerun. */
export class Kept {
  /**
   * @param {string} key
   * @param {string} chosen
   * @param {Sent} drawing
   */
  constructor(key, chosen, drawing) {
    this.key = key;
    this.chosen = chosen;
    this.boxes = indexed(drawing);
    this.open = openAtFirst(this.boxes);
    this.zoom = 1;
    this.isZoomed = false; // whether the person decides, not the width
    /** @type {string | undefined} */
    this.active = undefined; // the id of the box that the keys are at
  }
}

export class Graph {
  /**
   * @param {HTMLElement} root
   * @param {Data} data
   * @param {Kept} kept
   * @param {(name: string) => void} send
   */
  constructor(root, data, kept, send) {
    this.root = root;
    this.data = data;
    this.kept = kept;
    this.send = send;
    this.frame = part(root, ".frame");
    this.svg = find(root, "svg", SVGSVGElement);
    this.said = part(root, ".said");
    this.chosen = house.hasServer ? data.chosen : kept.chosen; // where nobody answers, whoever looks has chosen
    this.drawnAt = 0; // how wide the frame was
    /** @type {Size} */
    this.size = [1, 1];
    const context = document.createElement("canvas").getContext("2d"), { fontFamily } = getComputedStyle(root);
    /** @type {(text: string, font: string) => number} */
    this.measure = (text, font) => {
      if (!context) return 8 * text.length;
      context.font = `${font} ${fontFamily}`;
      return context.measureText(text).width;
    };
    this.painting = this.painted();
    /** @type {Map<string, Placed>} */
    this.placed = new Map();
  }

  /**
   * Draw, and listen; returns what ends that.
   * @param {boolean} isNew
   */
  begin(isNew) {
    const { frame, kept, svg } = this;
    svg.setAttribute("aria-label", this.data.alt);
    if (this.chosen !== kept.chosen) { // elsewhere: bring it into sight
      kept.chosen = this.chosen;
      const box = this.chosenBox();
      for (const holder of box ? holders(box) : []) kept.open.add(holder.id);
      if (box) kept.active = box.id;
      this.draw();
      if (box) this.centre(this.shapeOf(box.id));
    } else {
      const hadFocus = focusedIn(svg) !== null;
      this.draw();
      if (hadFocus) this.shapeOf(kept.active)?.focus({ preventScroll: true });
    }
    if (isNew) frame.scrollTop = frame.scrollLeft = 0;
    this.listen();
    // Laid out a moment after it is made, where it stands in a tab or a column that opens.
    const observer = new ResizeObserver(() => {
      if (!kept.isZoomed && frame.clientWidth && frame.clientWidth !== this.drawnAt) this.draw();
    });
    observer.observe(frame);
    return () => observer.disconnect();
  }

  chosenBox() {
    return this.kept.boxes.find((box) => box.parent && box.name === this.chosen);
  }

  /** @param {string | undefined} id */
  shapeOf(id) {
    return id === undefined ? undefined : this.painting.boxes.get(id);
  }

  painted() {
    return new Painting({
      open: this.kept.open,
      chosen: this.chosenBox(),
      colors: this.data.groups,
      picture: this.data.picture,
      measure: this.measure,
      listen: (box, group) => this.listenTo(box, group),
    });
  }

  draw() {
    const { frame, kept, svg } = this, top = layOut(kept.boxes[0], kept.open, this.measure);
    this.painting = this.painted();
    this.painting.paint(top);
    this.placed = new Map(everything(top).map((placed) => [placed.box.id, placed]));
    const { under, over, labels } = this.painting.layers;
    svg.replaceChildren(under, over, labels);
    this.size = [top.w, top.h];
    if (!kept.isZoomed && frame.clientWidth) kept.zoom = fittingWidth(frame.clientWidth, top.w);
    this.resize();
    this.drawnAt = frame.clientWidth;
    if (!this.shapeOf(kept.active)) kept.active = this.painting.boxes.keys().next().value;
    this.shapeOf(kept.active)?.setAttribute("tabindex", "0");
  }

  resize() {
    const [width, height] = this.size, { zoom } = this.kept;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", String(width * zoom));
    this.svg.setAttribute("height", String(height * zoom));
  }

  /** @param {string | null} id */
  light(id) {
    for (const { group, ends } of this.painting.lines) group.classList.toggle("lit", id !== null && ends.includes(id));
  }

  /**
   * @param {Box} box
   * @param {SVGGElement} group
   */
  listenTo(box, group) {
    group.onclick = (event) => {
      event.stopPropagation();
      this.act(box);
    };
    group.onpointerenter = () => this.light(box.id);
    group.onpointerleave = group.onblur = () => this.light(null);
    group.onfocus = () => {
      this.shapeOf(this.kept.active)?.setAttribute("tabindex", "-1");
      this.kept.active = box.id;
      group.setAttribute("tabindex", "0");
      this.light(box.id);
    };
  }

  /**
   * Choose an operation; fold or unfold a box.
   * @param {Box} box
   */
  act(box) {
    const { kept, said } = this;
    kept.active = box.id;
    if (isContainer(box)) {
      if (!kept.open.delete(box.id)) kept.open.add(box.id);
      this.drawAround(box);
      said.textContent = `${box.name} ${kept.open.has(box.id) ? "unfolded" : "folded"}`;
      return;
    }
    kept.chosen = this.chosen = box.name;
    this.drawAround(box);
    said.textContent = `${box.name} is chosen`;
    this.send(box.name);
  }

  /**
   * Draw anew; what was clicked stays under the pointer.
   * @param {Box} box
   */
  drawAround(box) {
    const before = this.shapeOf(box.id)?.getBoundingClientRect();
    this.draw();
    const shape = this.shapeOf(box.id), after = shape?.getBoundingClientRect();
    if (!before || !after) return;
    this.frame.scrollTop += after.top - before.top;
    this.frame.scrollLeft += after.left + after.width / 2 - before.left - before.width / 2;
    shape?.focus({ preventScroll: true });
  }

  /** @param {Element | undefined} shape */
  centre(shape) {
    if (!shape) return;
    const box = shape.getBoundingClientRect(), view = this.frame.getBoundingClientRect();
    this.frame.scrollTop += box.top - view.top - Math.max(20, (view.height - box.height) / 2);
    this.frame.scrollLeft += box.left + box.width / 2 - view.left - view.width / 2;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { kept } = this, box = kept.boxes.find(({ id }) => id === kept.active);
    if (!box || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.act(box);
      return;
    }
    const next = reached(event.key, box, kept.open, (one) => this.placed.get(one.id)?.x ?? 0);
    if (next === undefined) return;
    event.preventDefault();
    const shape = this.shapeOf(next?.id);
    if (!shape) return;
    shape.focus({ preventScroll: true });
    const seen = shape.getBoundingClientRect(), view = this.frame.getBoundingClientRect();
    const isBeside = seen.left < view.left || seen.right > view.right;
    if (isBeside || seen.top < view.top || seen.top + 60 > view.bottom) this.centre(shape);
  }

  /** @param {number} zoom */
  zoomTo(zoom) {
    const { frame, kept } = this, factor = zoom / kept.zoom;
    kept.isZoomed = true;
    const x = scrolledTo(frame.scrollLeft, frame.clientWidth, factor);
    const y = scrolledTo(frame.scrollTop, frame.clientHeight, factor);
    kept.zoom = zoom;
    this.resize();
    frame.scrollLeft = x;
    frame.scrollTop = y;
  }

  listen() {
    const { data, frame, kept, root, svg } = this;
    /** @type {Record<string, () => void>} */
    const tools = {
      closer: () => this.zoomTo(within(kept.zoom * 1.25)),
      farther: () => this.zoomTo(within(kept.zoom / 1.25)),
      fit: () => this.zoomTo(fitting([frame.clientWidth, frame.clientHeight], this.size)),
      readable: () => this.zoomTo(1),
      unfold: () => this.unfold(),
      fold: () => this.fold(),
      save: () => save(svg, this.size, getComputedStyle(frame).backgroundColor, data.file),
      full: () => toggle(root),
    };
    for (const [name, act] of Object.entries(tools)) part(root, `.${name}`).onclick = act;
    svg.onkeydown = (event) => this.press(event);
  }

  /** One level at a time. */
  unfold() {
    const { open, boxes } = this.kept;
    const next = boxes.filter((box) => isContainer(box) && isShown(box, open) && !open.has(box.id));
    for (const box of next) open.add(box.id);
    this.draw();
    this.said.textContent = next.length ? `${next.length} boxes unfolded` : "Everything is unfolded";
  }

  fold() {
    const { kept, frame } = this;
    kept.open.clear();
    kept.open.add(kept.boxes[0].id);
    this.draw();
    frame.scrollTop = frame.scrollLeft = 0;
    this.said.textContent = "Everything is folded";
  }
}

/**
 * @param {Placed} placed
 * @returns {Placed[]}
 */
function everything(placed) {
  return [placed, ...(placed.inside?.children ?? []).flatMap(everything)];
}
