// The page for a room: large, without the menu, and led with the keys. Escape, or its button, ends it.
import { element } from "../shared/dom.js";
import { isTyped } from "./typed.js";
/** @import { Dialog } from "./dialog.js" */
/** @import { Send } from "../at_hand.js" */

const LARGER = 1.3; // times: what a figure needs at 1280 × 720 then still fits
const STYLE = `
html[data-presenting] :is([data-testid=stSidebar], [data-testid=stHeader]) { display: none; }
html[data-presenting] [data-testid=stMainBlockContainer] { zoom: ${LARGER}; }
`;
export const KEYS = "Layer ↑ ↓ · channel ← → · class 1 to 5 · Escape ends";
const SEEN = 6000; // milliseconds for which the keys are named

export class Room {
  /**
   * @param {Dialog} dialog
   * @param {Send} send
   */
  constructor(dialog, send) {
    this.send = send;
    this.isOn = false;
    this.bar = element("div", "room");
    this.bar.hidden = true;
    this.keys = element("span", "keys");
    this.keys.setAttribute("role", "status");
    const end = element("button", "", "End");
    end.title = KEYS;
    end.onclick = () => this.leave();
    this.bar.append(this.keys, end);
    dialog.host.shadowRoot?.append(this.bar);
    document.head.append(element("style", "", STYLE));
    document.addEventListener("fullscreenchange", () => {
      if (!document.fullscreenElement) this.leave(); // Escape, which no page hears of there
    });
  }

  enter() {
    this.isOn = true;
    document.documentElement.dataset.presenting = "";
    this.bar.hidden = false;
    this.keys.textContent = KEYS;
    setTimeout(() => this.keys.replaceChildren(), SEEN);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    if (document.fullscreenEnabled && !document.fullscreenElement)
      document.documentElement.requestFullscreen().catch(() => undefined); // then it fills the window
    this.lay();
  }

  leave() {
    if (!this.isOn) return;
    this.isOn = false;
    delete document.documentElement.dataset.presenting;
    this.bar.hidden = true;
    if (document.fullscreenElement) void document.exitFullscreen();
    this.lay();
  }

  /** What measures its place does so again. */
  lay() {
    requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (!this.isOn || isTyped(event)) return;
    if (event.key === "Escape") this.leave();
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.layer(event.key === "ArrowUp" ? -1 : 1);
    else if (event.key === "ArrowLeft") this.channel(".less");
    else if (event.key === "ArrowRight") this.channel(".more");
    else if (/^[1-5]$/.test(event.key)) this.send("rank", Number(event.key) - 1);
    else return;
    event.preventDefault();
  }

  /**
   * The stage before or after the one that is marked, where the page has a strip of them.
   * @param {number} step
   */
  layer(step) {
    const blocks = parts(".st-key-stages", ".stages button");
    const at = blocks.findIndex((block) => block.getAttribute("aria-pressed") === "true");
    const to = blocks[Math.min(Math.max(at + step, 0), blocks.length - 1)];
    to?.click();
    to?.blur(); // the next key is for the page again
  }

  /** @param {string} button of the channel's box */
  channel(button) {
    parts(".st-key-channel-number", button)[0]?.click();
  }
}

/**
 * Parts of an element of the page, inside its shadow root.
 * @param {string} place
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
function parts(place, selector) {
  const inside = [...document.querySelectorAll(`${place} *`)].map((one) => one.shadowRoot);
  const roots = inside.filter((root) => root !== null);
  return roots.flatMap((root) => [...root.querySelectorAll(selector)]).filter((one) => one instanceof HTMLElement);
}
