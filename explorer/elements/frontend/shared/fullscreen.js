// A figure on the whole screen, for a room: a button in its corner, or F while something in it has the focus; Escape
// leads back. It is laid out as on the page, only larger.
import { drawn, element } from "./dom.js";
/** @import { Given } from "./dom.js" */

/** @typedef {{ figure: string }} Named what the figure is called */

const EDGE = 16; // pixels that stay free around it
const CORNERS = "M2 6V2H6M10 2H14V6M14 10V14H10M6 14H2V10"; // on 16 × 16
const TYPED = "select, textarea, input:not([type=range])"; // where an F is a letter

/** @type {WeakMap<Node, Presented>} */
const kept = new WeakMap(); // place -> what stands in its corner, from rerun to rerun

/**
 * What draws a figure, with the way to the whole screen.
 * @template {Named} T
 * @template R
 * @param {(given: Given<T>) => R} draw
 * @returns {(given: Given<T>) => R}
 */
export function presented(draw) {
  return (given) => {
    const { parentElement, data: [{ figure }] } = given;
    const own = kept.get(parentElement) ?? new Presented(parentElement);
    kept.set(parentElement, own);
    own.name(figure);
    return draw(given);
  };
}

/**
 * Show a part of the page on the whole screen, or nothing any more.
 * @param {HTMLElement} figure
 */
export function toggle(figure) {
  return document.fullscreenElement ? document.exitFullscreen() : figure.requestFullscreen();
}

/**
 * The key F leads to the whole screen and back, Escape back.
 * @param {HTMLElement} figure
 * @param {() => void} act
 */
export function listenToKeys(figure, act) {
  figure.addEventListener("keydown", (event) => {
    const [target] = event.composedPath(), isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const isLetter = event.key.toLowerCase() === "f" && !(target instanceof Element && target.matches(TYPED));
    const leaves = event.key === "Escape" && document.fullscreenElement !== null;
    if (!isPlain || event.repeat || !(isLetter || leaves)) return;
    event.preventDefault();
    act();
  });
}

class Presented {
  /** @param {HTMLElement | ShadowRoot} place */
  constructor(place) {
    const root = place.getRootNode();
    if (!(root instanceof ShadowRoot) || !(root.host instanceof HTMLElement)) throw new Error("No element of its own");
    this.place = place;
    this.host = root.host;
    this.width = 0; // of the figure on the page
    this.button = element("button", "full-screen");
    this.button.type = "button";
    this.button.hidden = !document.fullscreenEnabled; // such as on an iPhone
    const picture = drawn("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
    picture.append(drawn("path", { d: CORNERS }));
    this.button.append(picture);
    this.fit = () => this.fill();
    const act = () => {
      if (!document.fullscreenElement) this.width = this.host.clientWidth;
      toggle(this.host);
    };
    this.button.onclick = act;
    listenToKeys(this.host, act);
    this.host.addEventListener("fullscreenchange", () => {
      if (document.fullscreenElement) window.addEventListener("resize", this.fit);
      else window.removeEventListener("resize", this.fit);
      this.fill();
    });
    place.append(this.button);
  }

  /** @param {string} figure */
  name(figure) {
    this.button.title = "Full screen (key F)";
    this.button.setAttribute("aria-label", `Full screen: ${figure}`);
  }

  /** As large as the screen lets it be, in its middle; as on the page where it is there. */
  fill() {
    const { style } = this.host, { width } = this;
    style.zoom = style.padding = "";
    if (document.fullscreenElement === this.host && width) {
      style.padding = `0 ${Math.max(0, (innerWidth - width) / 2)}px`;
      const high = this.height(), zoom = Math.max(1, filling([width, high], [innerWidth, innerHeight]));
      style.zoom = String(zoom);
      const [x, y] = [innerWidth / zoom - width, innerHeight / zoom - high].map((free) => Math.max(0, free / 2));
      style.padding = `${y}px ${x}px`;
    }
    this.place.dispatchEvent(new Event("zoomed", { bubbles: true }));
  }

  height() {
    const parts = [...this.place.children].filter((part) => part !== this.button && part.clientHeight > 0);
    const boxes = parts.map((part) => part.getBoundingClientRect());
    return Math.max(...boxes.map(({ bottom }) => bottom)) - Math.min(...boxes.map(({ top }) => top));
  }
}

/**
 * How often something goes into a screen, both (width, height), with an edge around it.
 * @param {readonly [number, number]} size
 * @param {readonly [number, number]} screen
 */
export function filling(size, screen) {
  return Math.min(...screen.map((length, axis) => (length - 2 * EDGE) / size[axis]));
}
