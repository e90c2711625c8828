// The points along a chart that stand for something: to choose by pointing or with two buttons; the chosen one is
// marked. The chart is the house's own: that may report clicks too, but a finger on it would not scroll the page then.
import { choiceOf } from "./shared/choice.js";
import { element, find, part } from "./shared/dom.js";
import { house } from "./shared/house.js";
import { Later } from "./shared/later.js";
import { reached } from "./shared/movement.js";
import { markAt } from "./points/mark.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Drawn } from "./points/mark.js" */

/**
 * @typedef {object} Data
 * @property {string} chart
 * @property {(string | null)[]} labels
 * @property {number} selected
 * @property {string} hint
 * @property {boolean} marked
 * @property {string | null} chooses what of the page is chosen here, where that is in the browser alone
 */
/** @typedef {{ points: { pointIndex: number }[] }} Clicked */
/** @typedef {(name: string, listen: (event: Clicked) => void) => void} Listening */
/** @typedef {Drawn & HTMLElement & { on: Listening, removeListener?: Listening }} Plot as Plotly leaves it */

const OFTEN = 100; // milliseconds between two looks for a chart that is not drawn yet, or drawn anew
const TAP = 80; // milliseconds: a tap comes twice, as a touch and as what the browser makes of it for a mouse
/** @type {WeakMap<HTMLElement, () => void>} */
const ends = new WeakMap(); // root -> what ends the listening that the last rerun began

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = part(parentElement, ".points");
  ends.get(root)?.();
  part(root, ".hint").textContent = data.hint;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", data.hint);
  const later = new Later((/** @type {number} */ point) => setTriggerValue("chosen", point), TAP);
  const shared = data.chooses === null ? null : choiceOf(data.chooses);
  const at = Number(shared?.value ?? data.selected);
  const { choose, show } = steps(root, data, at, (point) => shared ? shared.put(point) : later.soon(point));
  const watch = new Watch(data.chart, data.marked ? at : -1, choose);
  const follow = (/** @type {string | number} */ point) => {
    show(Number(point));
    watch.mark(Number(point));
  };
  const unfollow = shared?.follow(follow, root);
  const end = () => {
    unfollow?.();
    later.stop();
    watch.end();
  };
  ends.set(root, end);
  return end;
}

/**
 * The two buttons, and the name of the point that they have reached; returns what chooses another one, and what shows
 * one that was chosen elsewhere.
 * @param {HTMLElement} root
 * @param {Data} data
 * @param {number} selected
 * @param {(point: number) => void} send
 */
function steps(root, { labels }, selected, send) {
  const isThere = labels.map((label) => label !== null);
  const buttons = [find(root, ".back", HTMLButtonElement), find(root, ".on", HTMLButtonElement)];
  let at = selected;
  const show = (/** @type {number} */ to) => {
    at = to;
    part(root, ".chosen").textContent = labels[at] ?? "";
    buttons.forEach((button, i) => (button.disabled = reached(at, 2 * i - 1, isThere) < 0));
  };
  /** @param {number} to */
  const choose = (to) => {
    if (!isThere[to]) return;
    show(to);
    send(to);
  };
  buttons.forEach((button, i) => (button.onclick = () => choose(reached(at, 2 * i - 1, isThere))));
  show(at);
  return { choose, show };
}

/** Listens to a chart as soon as it is there, and draws the mark into it. */
class Watch {
  /**
   * @param {string} chart
   * @param {number} marked which point is, -1 for none
   * @param {(point: number) => void} choose
   */
  constructor(chart, marked, choose) {
    this.chart = chart;
    this.marked = marked;
    /** @type {Plot | null} */
    this.plot = null;
    this.line = element("div", "chart-mark");
    this.line.style.cssText = "position: absolute; width: 2px; background: currentColor; pointer-events: none;";
    /** @param {Clicked} event */
    this.clicked = ({ points: [point] }) => choose(point.pointIndex);
    this.place = () => this.draw();
    this.looking = setInterval(() => this.look(), OFTEN);
    this.look();
  }

  look() {
    const found = /** @type {Plot | null} */ (house.chart(this.chart));
    if (found === this.plot || !found?.on || !found._fullLayout) return; // drawn anew it is another one
    this.plot = found;
    found.on("plotly_click", this.clicked);
    found.on("plotly_afterplot", this.place);
    this.draw();
  }

  /** @param {number} point */
  mark(point) {
    this.marked = point;
    this.draw();
  }

  draw() {
    const edges = this.plot && markAt(this.plot, this.marked);
    this.line.hidden = edges === null;
    if (edges === null || this.plot === null) return;
    for (const [name, value] of Object.entries(edges)) this.line.style.setProperty(name, `${value}px`);
    // over the lines, which are in the first of its layers, and under what is told of a point, in the second
    if (!this.plot.contains(this.line)) this.plot.querySelector(".main-svg")?.after(this.line);
  }

  end() {
    clearInterval(this.looking);
    this.line.remove();
    this.plot?.removeListener?.("plotly_click", this.clicked); // a chart that is gone cannot be spoken to any more
    this.plot?.removeListener?.("plotly_afterplot", this.place);
  }
}
