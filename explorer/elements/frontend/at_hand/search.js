// The search: pages and their tabs, words of the field, layers and classes of the network, all in the browser. The
// focus stays in the field; the arrow keys lead through what is found.
import { element } from "../shared/dom.js";
import { told } from "./terms.js";
import { matches, next, wordsOf } from "../picker/search.js";
/** @import { Dialog } from "./dialog.js" */
/** @import { Page, Register, Send, Tab, Term } from "../at_hand.js" */

/** @typedef {{ kind: string, value: string, title: string, note: string, words: string }} Entry */

const AGAIN = 500; // milliseconds
const MOST = 50; // rows that are drawn: who wants more types another letter
/** @type {Record<string, string>} */
const KINDS = { page: "Page", tab: "Tab", term: "Word", layer: "Layer", class: "Class" };

export class SearchBox {
  /**
   * @param {Dialog} dialog
   * @param {Send} send
   */
  constructor(dialog, send) {
    this.dialog = dialog;
    this.send = send;
    /** @type {Term[]} */
    this.terms = [];
    /** @type {string | null} */
    this.entries = null;
    /** @type {Register} */
    this.words = "plain";
    this.read = ""; // the address whose entries are in `own`
    /** @type {Entry[]} */
    this.own = [];
    /** @type {Map<string, string>} */
    this.titles = new Map();
    /** @type {Entry[]} */
    this.fixed = [];
    /** @type {() => string[]} */
    this.met = () => []; // the words that the page's texts have
    this.at = 0;
    /** @type {Entry[]} */
    this.found = [];
    this.field = element("input");
    this.list = element("div", "list");
    this.said = element("div", "said");
    this.build();
  }

  /**
   * What is found whatever the network, in the language of the page.
   * @param {Page[]} pages
   * @param {Tab[]} tabs
   * @param {Term[]} terms
   */
  turn(pages, tabs, terms) {
    this.terms = terms;
    this.titles = new Map(pages.map(({ page, title }) => [page, title]));
    this.fixed = [
      ...pages.map(({ page, title }) => entry("page", page, title)),
      ...tabs.map(({ page, tab, title }) => entry("tab", `${page}/${tab}`, title, this.titles.get(page))),
      ...terms.map((term) => entry("term", term.name, term.name, term.also.join(" "))),
    ];
    if (this.field.isConnected) this.filter(); // who was faster than the words of the language
  }

  build() {
    const { field, list, said } = this;
    field.type = "search";
    field.placeholder = "Page, tab, word, layer or class";
    field.autocomplete = "off";
    field.spellcheck = false;
    for (const [name, value] of Object.entries({
      "role": "combobox", "aria-label": "Search", "aria-expanded": "true", "aria-controls": "found",
      "aria-autocomplete": "list",
    })) field.setAttribute(name, value);
    list.id = "found";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Found");
    said.setAttribute("role", "status");
    field.oninput = () => this.filter();
    field.onkeydown = (event) => this.pressed(event);
  }

  open() {
    this.field.value = "";
    this.dialog.show("search", "Search", this.field, this.said, this.list);
    this.field.focus();
    this.filter();
    void this.fetch();
  }

  /** What the network adds, once for each network. */
  async fetch() {
    const { entries } = this;
    if (entries === null || entries === this.read) return;
    const answer = await fetch(entries).catch(() => null);
    if (!answer?.ok) { // between two runs a file is forgotten for a moment; pages and words are found all the same
      setTimeout(() => this.field.isConnected && this.fetch(), AGAIN);
      return;
    }
    /** @type {{ layers: [string, string][], classes: string[] }} */
    const { layers, classes } = await answer.json();
    this.read = entries;
    this.own = [
      ...layers.map(([name, shape]) => entry("layer", name, name, shape)),
      ...classes.map((name) => entry("class", name, name)),
    ];
    this.filter();
  }

  filter() {
    const met = this.met(), isMet = (/** @type {Entry} */ { kind, value }) => kind === "term" && met.includes(value);
    const all = [...this.fixed, ...this.own];
    const here = all.filter(isMet).map((one) => ({ ...one, note: "on this page" }));
    this.found = ranked([...here, ...all.filter((one) => !isMet(one))], this.field.value);
    const n = this.found.length;
    this.said.textContent = n ? (n > MOST ? `The first ${MOST} of ${n}` : `${n} found`)
      : `Nothing is called “${this.field.value.trim()}”. Try part of a page, a word, a layer or a class.`;
    this.list.replaceChildren(...this.found.slice(0, MOST).map((one, i) => this.option(one, i)));
    this.mark(0);
  }

  /**
   * @param {Entry} one
   * @param {number} i
   */
  option(one, i) {
    const row = element("div", "row");
    row.id = `found-${i}`;
    row.setAttribute("role", "option");
    const [kind, title] = [element("span", "kind", KINDS[one.kind]), element("span", "title", one.title)];
    row.append(kind, title, element("span", "", one.note));
    row.onclick = () => this.choose(one);
    row.onpointermove = () => this.mark(i);
    return row;
  }

  /** @param {number} at */
  mark(at) {
    const rows = [...this.list.children];
    rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    this.at = at;
    if (rows[at]) this.field.setAttribute("aria-activedescendant", rows[at].id);
    else this.field.removeAttribute("aria-activedescendant");
    rows[at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const to = next(event.key, this.at, this.list.children.length);
    if (to >= 0) this.mark(to);
    else if (event.key === "Escape") this.dialog.close(); // and does not empty the field alone, as browsers have it
    else if (event.key === "Enter" && this.found[this.at]) this.choose(this.found[this.at]);
    else return;
    event.preventDefault();
  }

  /** @param {Entry} one */
  choose({ kind, value }) {
    const term = this.terms.find(({ name }) => kind === "term" && name === value);
    if (term) return this.show(term);
    this.dialog.close();
    return this.send(kind, value);
  }

  /** @param {Term} term */
  show(term) {
    const page = element("button", "", `Open ${this.titles.get(term.page) ?? term.page}, which shows it`);
    const back = element("button", "", "Search");
    const meaning = told(term, this.words);
    const title = element("h2", "", term.name), says = element("p", "", meaning.says);
    page.onclick = () => {
      this.dialog.close();
      this.send("page", term.page);
    };
    back.onclick = () => this.open();
    const buttons = element("div", "buttons");
    buttons.append(page, back);
    const formula = meaning.formula ? [element("code", "", meaning.formula)] : [];
    this.dialog.show("term", term.name, title, says, ...formula, buttons);
    page.focus();
  }
}

/**
 * @param {string} kind
 * @param {string} value
 * @param {string} title
 * @param {string} [note]
 * @returns {Entry}
 */
export function entry(kind, value, title, note = "") {
  const lower = `${title} ${note}`.toLowerCase();
  return { kind, value, title, note, words: `${lower} ${lower.replace(/[^\p{L}\p{N} ]+/gu, "")}` };
}

/**
 * The entries that have every word of a search, those first that begin with it; in their order otherwise.
 * @param {readonly Entry[]} entries
 * @param {string} text
 */
export function ranked(entries, text) {
  const sought = wordsOf(text), start = text.trim().toLowerCase();
  const found = entries.filter(({ words }) => matches(words, sought));
  const rank = (/** @type {Entry} */ { title }) => {
    const lower = title.toLowerCase();
    return lower === start ? 0 : lower.startsWith(start) ? 1 : 2;
  };
  return start ? found.sort((a, b) => rank(a) - rank(b)) : found;
}
