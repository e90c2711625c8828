// Three hints for who is here for the first time, at the foot of the window. They take no press but on their own two
// buttons, leave at the first key, and are shown once: this browser keeps that they were.
import { element } from "../shared/dom.js";
/** @import { Dialog } from "./dialog.js" */

const KEPT = "cnn-explorer-hints"; // what begins with "cnn-explorer." are files of one's own
const REST = 2500; // milliseconds in which the page is looked at first
export const HINTS = [
  "Drop a picture of your own on the first page, or choose one under “Picture”.",
  "What you choose once, a layer, a channel or a class, is chosen on every page.",
  "Ctrl+K finds pages, tabs, words, layers and classes. Ctrl+Z takes the last choice back.",
];

export class Hints {
  /** @param {Dialog} dialog */
  constructor(dialog) {
    this.at = 0;
    this.strip = element("div", "hints");
    this.strip.setAttribute("role", "status");
    this.text = element("span");
    this.next = element("button", "", "Next");
    const end = element("button", "", "×");
    end.setAttribute("aria-label", "No more hints");
    this.next.onclick = () => this.show(this.at + 1);
    end.onclick = () => this.leave();
    this.strip.append(this.text, this.next, end);
    this.gone = new AbortController();
    document.addEventListener("keydown", () => this.leave(), { signal: this.gone.signal });
    if (isFirst()) setTimeout(() => this.begin(dialog), REST);
  }

  /** @param {Dialog} dialog */
  begin(dialog) {
    if (this.gone.signal.aborted || dialog.isOpen || !keep()) return;
    dialog.host.shadowRoot?.append(this.strip);
    this.show(0);
  }

  /** @param {number} at */
  show(at) {
    if (at >= HINTS.length) {
      this.leave();
      return;
    }
    this.at = at;
    this.text.textContent = `${at + 1} of ${HINTS.length}: ${HINTS[at]}`;
    this.next.textContent = at < HINTS.length - 1 ? "Next" : "Done";
  }

  leave() {
    this.gone.abort();
    this.strip.remove();
  }
}

/** Whether this browser has not shown them yet; one that keeps nothing would show them every time. */
function isFirst() {
  try {
    return localStorage.getItem(KEPT) === null;
  } catch {
    return false;
  }
}

/** Keep that they are shown; whether that was to be had. */
function keep() {
  try {
    localStorage.setItem(KEPT, "shown");
    return true;
  } catch {
    return false;
  }
}
