// One network out of many: a search field and, under headings, what it leaves. The focus stays in the field, so that
// one can go on typing; the arrow keys move a mark through the list.
import { found, matches, next, wordsOf } from "./picker/search.js";
import { element, find, part } from "./shared/dom.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ name: string, title: string, facts: string, is_here: boolean, words: string }} Row */
/** @typedef {{ chosen: string, groups: { heading: string, rows: Row[] }[] }} Data */

/** @type {WeakMap<HTMLElement, Picker>} */
const kept = new WeakMap(); // list -> where it stands, from rerun to rerun

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const list = part(parentElement, ".list");
  const picker = kept.get(list) ?? new Picker(parentElement, list);
  kept.set(list, picker);
  picker.draw(data, (name) => setTriggerValue("chosen", name));
  return () => picker.observer.disconnect();
}

class Picker {
  /**
   * @param {ParentNode} root
   * @param {HTMLElement} list
   */
  constructor(root, list) {
    this.list = list;
    this.search = find(root, "input", HTMLInputElement);
    this.said = part(root, ".found");
    /** @type {HTMLElement[]} */
    this.rows = [];
    /** @type {HTMLElement[]} */
    this.groups = [];
    /** @type {string | null} */
    this.active = null; // the id of the marked row
    this.wasOpen = false;
    /** @type {(name: string) => void} */
    this.send = () => {};
    this.search.oninput = () => this.typed();
    this.search.onkeydown = (event) => this.pressed(event);
    // What opens may be laid out a moment after it is made; with nothing to see there is nothing to scroll.
    this.observer = new ResizeObserver(() => this.opened(this.list.clientHeight > 0));
    this.observer.observe(list);
  }

  /**
   * @param {Data} data
   * @param {(name: string) => void} send
   */
  draw(data, send) {
    const top = this.list.scrollTop;
    this.send = send;
    this.rows = [];
    this.groups = data.groups.map(({ heading, rows }, g) => {
      const group = element("div", "group"), title = element("div", "heading", heading);
      title.id = `group-${g}`;
      group.setAttribute("role", "group");
      group.setAttribute("aria-labelledby", title.id);
      group.append(title, ...rows.map((row) => this.option(row)));
      return group;
    });
    this.list.replaceChildren(...this.groups);
    this.select(data.chosen);
    this.filter();
    this.list.scrollTop = top;
  }

  /** @param {Row} row */
  option(row) {
    const option = element("div", "row");
    option.id = `row-${this.rows.length}`;
    option.setAttribute("role", "option");
    option.append(
      element("span", "title", row.title),
      element("span", "here", row.is_here ? "● here" : "○ to fetch"),
      element("span", "facts", row.facts),
    );
    option.dataset.name = row.name;
    option.dataset.words = row.words;
    option.onclick = () => this.choose(option);
    // moves, not appearing under a resting pointer: the keys would lose the mark to it
    option.onpointermove = () => this.mark(option);
    this.rows.push(option);
    return option;
  }

  shown() {
    return this.rows.filter((row) => !row.hidden);
  }

  marked() {
    return this.rows.find((row) => row.id === this.active);
  }

  /** @param {string | undefined} name */
  select(name) {
    for (const row of this.rows) row.setAttribute("aria-selected", String(row.dataset.name === name));
  }

  filter() {
    const sought = wordsOf(this.search.value);
    for (const row of this.rows) row.hidden = !matches(row.dataset.words ?? "", sought);
    for (const group of this.groups) group.hidden = !group.querySelector(".row:not([hidden])");
    const left = this.shown();
    /** @type {(rows: HTMLElement[]) => string[]} */
    const names = (rows) => rows.map((row) => row.dataset.name ?? "");
    this.said.textContent = found(names(left), names(this.rows), this.search.value);
    this.mark(
      left.find((row) => row.id === this.active) ??
      left.find((row) => row.getAttribute("aria-selected") === "true") ??
      left[0],
    );
  }

  /** @param {HTMLElement | undefined} row */
  mark(row) {
    for (const other of this.rows) other.classList.toggle("active", other === row);
    this.active = row?.id ?? null;
    if (row) this.search.setAttribute("aria-activedescendant", row.id);
    else this.search.removeAttribute("aria-activedescendant");
  }

  /**
   * Only the list scrolls: scrollIntoView would move the page under it as well.
   * @param {HTMLElement | undefined} row
   * @param {boolean} isCentred
   */
  reveal(row, isCentred) {
    if (!row?.parentElement) return;
    const box = row.getBoundingClientRect(), frame = this.list.getBoundingClientRect();
    const heading = part(row.parentElement, ".heading").offsetHeight; // it stays on top of its group
    const above = box.top - frame.top - heading, below = box.bottom - frame.bottom;
    if (isCentred) this.list.scrollTop += (above + below) / 2;
    else if (above < 0) this.list.scrollTop += above;
    else if (below > 0) this.list.scrollTop += below;
  }

  /** @param {HTMLElement} row */
  choose(row) {
    this.mark(row);
    this.select(row.dataset.name);
    this.send(row.dataset.name ?? "");
  }

  typed() {
    this.active = null;
    this.list.scrollTop = 0;
    this.filter();
    if (!this.search.value) this.reveal(this.marked(), true);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const left = this.shown(), at = left.findIndex((row) => row.id === this.active);
    const to = next(event.key, at, left.length);
    if (to >= 0) {
      event.preventDefault();
      this.mark(left[to]);
      this.reveal(left[to], false);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      this.choose(left[at]);
    }
  }

  /** @param {boolean} isOpen */
  opened(isOpen) {
    if (isOpen && !this.wasOpen) {
      this.reveal(this.marked(), true);
      // a finger would get the keyboard over the list
      if (matchMedia("(pointer: fine)").matches) this.search.focus({ preventScroll: true });
    }
    this.wasOpen = isOpen;
  }
}
