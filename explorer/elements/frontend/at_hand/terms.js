// Words of the field in the page's texts: dotted where each is met first, and explained to whoever points there or
// taps. Nothing of the page is changed for it: a browser marks ranges of text that belong to others. Who has no pointer
// finds the same words in the search, those of the page first.
import { element } from "../shared/dom.js";
/** @import { Dialog } from "./dialog.js" */
/** @import { Register, Term } from "../at_hand.js" */

const REST = 600; // milliseconds without a change, after which a page's texts are read
const TEXTS = "[data-testid=stMain] :is([data-testid=stCaptionContainer], [data-testid=stMarkdownContainer]) p";
const CONTROLS = "button, label, a, summary, [role=tab], [data-testid=stAlert]";
const NAME = "cnn-explorer-term";

export class Terms {
  /**
   * @param {Dialog} dialog
   * @param {(term: Term) => void} open
   */
  constructor(dialog, open) {
    this.dialog = dialog;
    this.open = open;
    this.terms = byWord([]);
    /** @type {Register} */
    this.words = "plain";
    this.pattern = patternOf([]);
    /** @type {Map<Term, Range>} */
    this.found = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    this.observer = new MutationObserver(() => this.soon());
    if (!("highlights" in CSS)) return; // an older browser: the search has the words all the same
    document.head.append(element("style", "", `::highlight(${NAME}) { text-decoration: underline dotted 1px; }`));
    document.addEventListener("pointermove", (event) => this.point(event));
    document.addEventListener("scroll", () => this.hush(), { capture: true, passive: true });
    document.addEventListener("click", (event) => {
      const met = getSelection()?.isCollapsed === false ? undefined : this.at(event);
      this.hush();
      if (met) this.open(met[0]);
    });
  }

  /** @param {readonly Term[]} terms in the language of the page */
  turn(terms) {
    this.terms = byWord(terms);
    this.pattern = patternOf([...this.terms.keys()]);
  }

  /** From now on, read what the page says whenever it has come to rest. */
  watch() {
    const app = document.querySelector("[data-testid=stApp]");
    if (!app || !("highlights" in CSS)) return;
    this.observer.observe(app, { childList: true, subtree: true, characterData: true });
    this.soon();
  }

  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.read(), REST);
  }

  read() {
    this.found.clear();
    for (const text of document.querySelectorAll(TEXTS)) {
      if (text.closest(CONTROLS)) continue;
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (const [word, at] of wordsIn(node.nodeValue ?? "", this.pattern)) {
          const term = this.terms.get(word.toLowerCase());
          if (!term || this.found.has(term)) continue;
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + word.length);
          this.found.set(term, range);
        }
      }
    }
    CSS.highlights.set(NAME, new Highlight(...this.found.values()));
  }

  /**
   * The word that is pointed at, and where it stands.
   * @param {MouseEvent} event
   * @returns {[Term, DOMRect] | undefined}
   */
  at({ target, clientX, clientY }) {
    for (const [term, range] of this.found) {
      if (range.startContainer.parentNode !== target) continue;
      const box = [...range.getClientRects()].find(({ left, right, top, bottom }) =>
        left <= clientX && clientX <= right && top <= clientY && clientY <= bottom);
      if (box) return [term, box];
    }
    return undefined;
  }

  /** @param {PointerEvent} event */
  point(event) {
    if (event.pointerType !== "mouse" || event.buttons) return;
    const met = this.at(event), { note } = this.dialog;
    if (!met) {
      this.hush();
      return;
    }
    if (!note.hidden && note.dataset.term === met[0].name) return;
    const [term, box] = met, { says, formula } = told(term, this.words);
    note.dataset.term = term.name;
    note.replaceChildren(element("b", "", term.name), ` ${says}`, ...(formula ? [element("code", "", formula)] : []));
    note.hidden = false;
    const { width, height } = note.getBoundingClientRect();
    note.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
    note.style.top = `${box.bottom + height + 12 > innerHeight ? box.top - height - 6 : box.bottom + 6}px`;
  }

  hush() {
    this.dialog.note.hidden = true;
  }
}

/**
 * A term in one register: the plain one does without its formula.
 * @param {Term} term
 * @param {Register} words
 */
export function told(term, words) {
  return words === "exact" ? { says: term.exact, formula: term.formula } : { says: term.plain, formula: "" };
}

/**
 * Every way to write a term, in small letters, to the term.
 * @param {readonly Term[]} terms
 */
export function byWord(terms) {
  return new Map(terms.flatMap((term) => [term.name, ...term.also].map((word) => [word.toLowerCase(), term])));
}

/**
 * What finds any of the words, the longest first, and none inside another word or a layer's name.
 * @param {readonly string[]} words
 */
export function patternOf(words) {
  const longest = [...words].sort((a, b) => b.length - a.length);
  const escaped = longest.map((word) => word.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(`(?<![\\p{L}\\p{N}_.])(?:${escaped.join("|")})(?![\\p{L}\\p{N}_]|\\.[\\p{L}\\p{N}])`, "giu");
}

/**
 * The words of a text that a pattern finds, and where.
 * @param {string} text
 * @param {RegExp} pattern
 * @returns {[string, number][]}
 */
export function wordsIn(text, pattern) {
  return [...text.matchAll(pattern)].map((match) => [match[0], match.index]);
}
