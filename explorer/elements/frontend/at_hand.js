// What the row of tools opens, and the keys that open it: Ctrl+K or / the search, Ctrl+Z a step back. It is made once
// and stays while pages come and go.
import { Dialog } from "./at_hand/dialog.js";
import { Hints } from "./at_hand/hints.js";
import { LinkBox } from "./at_hand/link.js";
import { Room } from "./at_hand/room.js";
import { SearchBox } from "./at_hand/search.js";
import { Terms } from "./at_hand/terms.js";
import { isTyped } from "./at_hand/typed.js";

/** @typedef {{ name: string, plain: string, exact: string, formula: string, page: string, also: string[] }} Term */
/** @typedef {{ page: string, title: string }} Page */
/** @typedef {Page & { tab: string }} Tab by the name that it has in links, and what it is called */
/** @typedef {{ pages: Page[], tabs: Tab[], terms: Term[] }} Words in one language */
/** @typedef {Words & { style: string }} Given */
/** @typedef {"plain" | "exact"} Register of words */
/** @typedef {(kind: string, value: string | number) => void} Send */

/** @type {Desk | undefined} */
let desk;

/** @param {Given} given */
export default function (given) {
  desk ??= new Desk(given);
  return desk;
}

export class Desk {
  /** @param {Given} given */
  constructor(given) {
    this.given = given;
    /** @type {Send} */
    this.send = () => {};
    const send = (/** @type {string} */ kind, /** @type {string | number} */ value) => this.send(kind, value);
    this.dialog = new Dialog(given.style);
    this.search = new SearchBox(this.dialog, send);
    this.link = new LinkBox(this.dialog);
    this.hints = new Hints(this.dialog);
    this.room = new Room(this.dialog, send);
    this.terms = new Terms(this.dialog, (term) => this.search.show(term));
    this.search.met = () => [...this.terms.found.keys()].map(({ name }) => name);
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  /**
   * The row is there, and speaks to the server.
   * @param {HTMLElement} row
   * @param {string | null} entries the address of what the network adds to the search
   * @param {Register} words what words are explained in
   * @param {Send} send
   * @param {(text: string) => void} tell what is said beside the row
   * @param {Words} [said] in the language of the page, where that is another than English
   */
  draw(row, entries, words, send, tell, said) {
    const { pages, tabs, terms } = said ?? this.given;
    this.search.turn(pages, tabs, terms);
    this.terms.turn(terms);
    this.send = send;
    this.dialog.wear(row);
    this.search.entries = entries;
    this.search.words = words;
    this.terms.words = words;
    this.link.tell = tell;
    this.terms.watch();
  }

  /** @param {string} name of a button */
  press(name) {
    this.hints.leave();
    if (name === "search") this.search.open();
    else if (name === "link") this.link.open();
    else if (name === "back") this.send("undo", 1);
    else if (name === "words" || name === "language") this.send(name, 1);
    else this.room.enter();
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.defaultPrevented || event.altKey || event.repeat) return;
    const isCommand = event.ctrlKey || event.metaKey, key = event.key.toLowerCase(), typed = isTyped(event);
    if (isCommand && key === "k" && !event.shiftKey) this.open(event, "search"); // a browser would search the web
    else if (isCommand && key === "z" && !event.shiftKey && !typed && !this.dialog.isOpen) this.open(event, "back");
    else if (!isCommand && key === "/" && !typed && !this.dialog.isOpen) this.open(event, "search");
    else if (!isCommand && !typed && !this.dialog.isOpen) this.room.pressed(event);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {string} name
   */
  open(event, name) {
    event.preventDefault();
    this.press(name);
  }
}
