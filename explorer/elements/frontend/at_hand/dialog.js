// A box over the page, in a place of its own beside the app: it is seen where the sidebar is not, holds the focus, and
// Escape, the browser's own key for it, closes it.
import { element } from "../shared/dom.js";

const COLORS = ["text-color", "primary-color", "background-color", "secondary-background-color", "border-color"];

export class Dialog {
  /** @param {string} style */
  constructor(style) {
    this.host = element("div");
    this.host.dataset.testid = "at-hand";
    const root = this.host.attachShadow({ mode: "open" }), sheet = element("style", "", style);
    this.box = element("dialog");
    this.note = element("div", "note"); // what is said beside a word
    this.note.setAttribute("role", "tooltip");
    this.note.hidden = true;
    root.append(sheet, this.box, this.note);
    document.body.append(this.host);
    /** @type {HTMLElement | null} */
    this.row = null;
    this.box.onclose = () => this.box.open || this.box.replaceChildren();
    // a press beside it
    this.box.onclick = (event) => event.target === this.box && this.box.close();
  }

  /**
   * In the colours and letters that the app has now, as a row of the page has them.
   * @param {HTMLElement} row
   */
  wear(row) {
    this.row = row;
    const style = getComputedStyle(row);
    for (const name of COLORS) this.host.style.setProperty(`--st-${name}`, style.getPropertyValue(`--st-${name}`));
    this.host.style.font = style.font;
    this.host.style.color = "var(--st-text-color)";
  }

  get isOpen() {
    return this.box.open;
  }

  /**
   * @param {string} name what it is called, and styled by
   * @param {string} label
   * @param {...Node} content
   */
  show(name, label, ...content) {
    if (this.row) this.wear(this.row);
    this.box.className = name;
    this.box.setAttribute("aria-label", label);
    this.box.replaceChildren(...content);
    if (!this.box.open) this.box.showModal();
  }

  close() {
    this.box.close();
  }
}
