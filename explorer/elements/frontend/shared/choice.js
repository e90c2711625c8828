// What is chosen on a page, such as its channel: every element that shows it follows at once, whichever of them it was
// chosen in. The server is told when it has come to rest.
import { house } from "./house.js";
import { Later } from "./later.js";

const REST = 300; // milliseconds: forty presses of a held key are one choice
const SHORT = 80; // where nothing is seen before the server has answered
const ANSWER = 5000; // milliseconds in which the server says what it was told

/** @typedef {string | number} Value */
/**
 * What the address of the page says of it under which names; null: it is left out.
 * @typedef {(value: Value, usual: Value) => Record<string, Value | null>} InLink
 */

export class Choice {
  /**
   * @param {string} name
   * @param {InLink} [inLink]
   */
  constructor(name, inLink = (value, usual) => ({ [name]: value === usual ? null : value })) {
    this.inLink = inLink;
    /** @type {Value | null} */
    this.value = null;
    /** @type {Value | null} */
    this.usual = null;
    /** @type {WeakMap<object, Value>} */
    this.heard = new WeakMap(); // element -> what it was drawn with last
    /** @type {Map<object, (value: Value) => void>} */
    this.followers = new Map(); // who follows -> how
    /** @type {Set<object>} */
    this.awaiting = new Set(); // who of them shows a part alone before the server has answered
    /** @type {{ value: Value, at: number } | null} */
    this.told = null;
    /** @type {(value: Value) => void} */
    this.tell = () => {};
    this.later = new Later((/** @type {Value} */ value) => this.send(value), REST);
  }

  /**
   * What the server says is chosen, and the usual, which is left out of the link; null where a widget of the page's
   * keeps the link itself. The server does not know yet what was not told, or is still on its way; and an element
   * that is drawn a second time with what it has said is out of date, where another one was told of since.
   * @param {Value} said
   * @param {Value | null} usual
   * @param {object} speaker the element that was drawn with it
   */
  hear(said, usual, speaker) {
    if (!house.hasServer && this.value !== null) return; // whoever looks has chosen
    if (this.heard.get(speaker) === said) { // but a widget of the page may have left it out of the link
      if (this.value !== null && !this.told && this.later.waiting === null) this.keep(this.value);
      return;
    }
    this.usual = usual;
    if (this.told && (this.told.value === said || !this.isOnItsWay())) this.told = null;
    if (this.told || this.later.waiting !== null) return;
    this.heard.set(speaker, said);
    this.put(said);
    this.keep(said);
  }

  /**
   * Have the address of the page say it, unless a widget of the page's does.
   * @param {Value} value
   */
  keep(value) {
    if (this.usual !== null) house.keep(this.inLink(value, this.usual));
  }

  /**
   * Choose it; `tell` is what the server hears when nothing else was chosen for a moment: a short one, and none for a
   * first press, where the picture is the server's.
   * @param {Value} value
   * @param {(value: Value) => void} tell
   * @param {boolean} [isSeen] whether it is seen at once; else it is where somebody else on the page shows all of it
   */
  choose(value, tell, isSeen = this.followers.size > 1 && !this.awaiting.size) {
    const isFirst = this.later.waiting === null && !this.told;
    this.put(value);
    this.tell = tell;
    this.later.delay = isSeen ? REST : SHORT;
    if (!isSeen && isFirst) this.later.now(value);
    else this.later.soon(value);
  }

  /** What is chosen can only be seen once the server has answered: it is told as soon as no key is held any more. */
  hurry() {
    if (this.later.waiting === null || this.value === null) return;
    this.later.delay = SHORT;
    this.later.soon(this.value);
  }

  /**
   * One after another: a widget of the page's says what it was while it has not heard what the server has chosen for
   * it, and the server believes it.
   * @param {Value} value
   */
  send(value) {
    if ([...all.values()].some((other) => other !== this && other.isOnItsWay())) return this.later.soon(value);
    if (house.hasServer) this.told = { value, at: Date.now() };
    this.keep(value); // not at every press: a browser then asks for the page's icon again
    this.tell(value);
  }

  /** Whether the server was told of it, and has not answered. */
  isOnItsWay() {
    return this.told !== null && Date.now() - this.told.at <= ANSWER;
  }

  /** @param {Value} value */
  put(value) {
    if (value === this.value) return;
    this.value = value;
    for (const follow of this.followers.values()) follow(value);
  }

  /**
   * Whether one who follows will not show all of another choice at once, so that the server is to hear of it soon.
   * @param {object} who
   * @param {boolean} isPart
   */
  awaits(who, isPart) {
    if (isPart) this.awaiting.add(who);
    else this.awaiting.delete(who);
  }

  /**
   * Be called with what is chosen from now on; returns what ends that. Of one who follows again, as an element does
   * that is drawn with other data, the first is forgotten: nobody ends that.
   * @param {(value: Value) => void} follow
   * @param {object} [who]
   * @param {boolean} [isPart] whether it has more to show when the server has answered
   */
  follow(follow, who = follow, isPart = false) {
    this.followers.set(who, follow);
    this.awaits(who, isPart);
    return () => {
      if (this.followers.get(who) !== follow) return;
      this.followers.delete(who);
      this.awaiting.delete(who);
    };
  }
}

/** @type {Map<string, Choice>} */
const all = new Map();

/**
 * The one choice of that name on this page.
 * @param {string} name
 * @param {InLink} [inLink]
 */
export function choiceOf(name, inLink) {
  const found = all.get(name) ?? new Choice(name, inLink);
  all.set(name, found);
  return found;
}
