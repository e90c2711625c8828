// The link of what is on the screen: copied at once, and as a QR code, large enough for the back of a room.
import { element } from "../shared/dom.js";
import { toggle } from "../shared/fullscreen.js";
/** @import { Dialog } from "./dialog.js" */

const QUIET = 4; // squares around a code, without which it is not read
const SQUARE = 12; // pixels of the drawing, which is shown in any size
const ALONE = ["localhost", "127.0.0.1", "[::1]"];

export class LinkBox {
  /** @param {Dialog} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    /** @type {(text: string) => void} */
    this.tell = () => {};
    this.field = element("input");
    this.field.readOnly = true;
    this.field.setAttribute("aria-label", "Link of this page");
    this.said = element("div", "said");
    this.said.setAttribute("role", "status");
    this.code = element("canvas");
    this.copying = element("button", "", "Copy");
    this.whole = element("button", "", "Whole screen");
    this.copying.onclick = () => this.copy();
    this.whole.onclick = () => this.enlarge();
    this.code.onclick = () => this.enlarge();
  }

  open() {
    const { field, said, copying, whole, code } = this, line = element("div", "buttons");
    line.append(field, copying);
    field.value = location.href;
    whole.hidden = code.hidden = true;
    const notes = remarks(location).map((text) => element("p", "", text));
    this.dialog.show("link", "Link", line, said, code, whole, ...notes);
    void this.copy();
    void this.draw(location.href);
  }

  async copy() {
    this.field.select();
    try { // where the connection is not encrypted, there is only the old way
      if (navigator.clipboard) await navigator.clipboard.writeText(this.field.value);
      else if (!document.execCommand("copy")) throw new Error("not allowed");
      this.said.textContent = "Copied: whoever opens the link sees what is on the screen.";
    } catch {
      this.said.textContent = "This browser copies nothing by itself: press Ctrl+C.";
    }
    this.field.focus();
    this.field.select();
  }

  /** @param {string} link */
  async draw(link) {
    const answer = await fetch(`/link-code?link=${encodeURIComponent(link)}`).catch(() => null);
    if (!answer?.ok) {
      this.code.after(element("p", "", "The link is too long for a code that can be read from a distance."));
      return;
    }
    paint(this.code, await answer.json());
    this.code.setAttribute("role", "img");
    this.code.setAttribute("aria-label", "QR code of the link");
    this.whole.hidden = this.code.hidden = false;
  }

  /** On the whole screen, or, where a browser has none to give, in the whole window. */
  enlarge() {
    if (document.fullscreenEnabled) void toggle(this.code);
    else this.dialog.box.classList.toggle("large");
  }
}

/**
 * Dark on light in every theme, as cameras expect it.
 * @param {HTMLCanvasElement} canvas
 * @param {readonly string[]} rows
 */
function paint(canvas, rows) {
  const side = (rows.length + 2 * QUIET) * SQUARE;
  [canvas.width, canvas.height] = [side, side];
  const to = canvas.getContext("2d");
  if (!to) return;
  to.fillStyle = "#ffffff";
  to.fillRect(0, 0, side, side);
  to.fillStyle = "#000000";
  rows.forEach((row, y) => [...row].forEach((digit, x) => {
    if (digit === "1") to.fillRect((x + QUIET) * SQUARE, (y + QUIET) * SQUARE, SQUARE, SQUARE);
  }));
}

/**
 * What whoever passes a link on should know of it.
 * @param {{ hostname: string, search: string }} address
 */
export function remarks({ hostname, search }) {
  const picture = new URLSearchParams(search).get("picture"), found = [];
  if (ALONE.includes(hostname))
    found.push("This address is of this machine alone: others reach a server that was started with --host 0.0.0.0.");
  if (picture !== null && picture !== "Sample")
    found.push("Your own picture is not in the link: elsewhere the page says that it is missing.");
  return found;
}
