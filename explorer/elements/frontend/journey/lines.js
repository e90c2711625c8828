// Lines from every node of a column to every node of the next one, as thick as what flows along them.
import { drawn, find, part } from "../shared/dom.js";

const THIN = 1, THICK = 9; // pixels

/**
 * The edges and the middle of a box within another one, which is drawn `zoom` times as large as it is laid out.
 * @param {DOMRect} inner
 * @param {DOMRect} outer
 * @param {number} zoom
 */
function within(inner, outer, zoom) {
  const left = (inner.left - outer.left) / zoom, top = (inner.top - outer.top) / zoom;
  const right = left + inner.width / zoom, bottom = top + inner.height / zoom;
  return { left, top, right, bottom, x: (left + right) / 2, y: (top + bottom) / 2 };
}

export class Lines {
  /**
   * @param {HTMLElement} root
   * @param {number[][][] | null} flows
   */
  constructor(root, flows) {
    this.root = root;
    this.svg = find(root, ".lines", SVGElement);
    this.band = part(root, ".band");
    this.columns = [...root.querySelectorAll(".column")].map((column) =>
      [.../** @type {NodeListOf<HTMLElement>} */ (column.querySelectorAll("[data-node]"))]);
    /** @type {{ from: HTMLElement, to: HTMLElement, path: SVGPathElement }[]} */
    this.all = [];
    this.columns.slice(1).forEach((column, gap) => this.join(this.columns[gap], column, flows?.[gap]));
    this.svg.replaceChildren(...this.all.map((line) => line.path));
  }

  /**
   * @param {HTMLElement[]} before
   * @param {HTMLElement[]} after
   * @param {number[][] | undefined} flow
   */
  join(before, after, flow) {
    const most = flow ? Math.max(...flow.flat().map(Math.abs)) : 0;
    before.forEach((from, i) => after.forEach((to, j) => {
      const value = flow?.[i]?.[j] ?? 0, share = most ? Math.abs(value) / most : 0;
      const kind = share < 0.01 ? "" : value > 0 ? "up" : "down";
      const path = drawn("path", { class: kind, "stroke-width": THIN + (THICK - THIN) * share });
      path.style.animationDelay = /** @type {HTMLElement} */ (to.closest(".column")).style.animationDelay;
      this.all.push({ from, to, path });
    }));
  }

  /** Lay the lines where the nodes are. */
  place() {
    const box = this.root.getBoundingClientRect(), zoom = box.width / this.root.offsetWidth || 1;
    const leadsDown = getComputedStyle(this.band).gridAutoFlow === "row";
    for (const { from, to, path } of this.all) {
      const a = within(from.getBoundingClientRect(), box, zoom), b = within(to.getBoundingClientRect(), box, zoom);
      if (!leadsDown) {
        const half = (a.right + b.left) / 2;
        path.setAttribute("d", `M ${a.right} ${a.y} C ${half} ${a.y} ${half} ${b.y} ${b.left} ${b.y}`);
      } else {
        const half = (a.bottom + b.top) / 2;
        path.setAttribute("d", `M ${a.x} ${a.bottom} C ${a.x} ${half} ${b.x} ${half} ${b.x} ${b.top}`);
      }
    }
  }

  /** Lay them anew whenever there is more or less room, and when the columns have arrived; returns what ends that. */
  watch() {
    const place = () => this.place(), watcher = new ResizeObserver(place);
    watcher.observe(this.root);
    this.root.addEventListener("animationend", place);
    return () => {
      watcher.disconnect();
      this.root.removeEventListener("animationend", place);
    };
  }

  /**
   * Light up what feeds a node and what it feeds while it is pointed at or has the focus, and tell what it is.
   * @param {(words: string | null) => void} tell
   */
  listen(tell) {
    for (const node of this.columns.flat()) {
      const light = () => {
        this.root.classList.add("lit");
        for (const { from, to, path } of this.all) path.classList.toggle("on", from === node || to === node);
        if (node.dataset.said) tell(node.dataset.said);
      };
      const dim = () => {
        this.root.classList.remove("lit");
        tell(null);
      };
      node.onpointerenter = light;
      node.onfocus = light;
      node.onpointerleave = dim;
      node.onblur = dim;
    }
  }
}
