// What stands in the browser alone, said in another language than English: what our own views write, and the options of
// Streamlit's widgets, which links and the server know by their English names. Nobody's script has to know: a text is
// said when it comes into the page, before it is drawn. A visitor with English never gets this file.
import { Words } from "./spoken/words.js";
/** @import { Words as Texts } from "./at_hand.js" */
/** @typedef {{ code: string, messages: Record<string, string>, texts: Texts, style: string }} Given */

export const TURN = "cnn-explorer-language"; // tells that another language was chosen
const WIDGETS = [
  "Selectbox", "MultiSelect", "Radio", "ButtonGroup", "Slider", "File", "CameraInput", "AudioInput", "NumberInput",
  "TextInput",
].map((name) => `[data-testid^=st${name}]`);
const OPTIONS = [...WIDGETS, "[role=tablist]", "[role=listbox]", "[data-baseweb=popover]"].join(",");
const TOLD = ["title", "aria-label", "placeholder", "alt", "aria-valuetext", "aria-roledescription", "value"];
const NO_TEXTS = "style, script, code, textarea, [contenteditable=true]";
const BOX = "[data-testid=stSelectbox] input"; // what is chosen stands in it as its value, and the server knows it so

/** @type {Speaker | undefined} */
let speaker;

/**
 * @param {Given} given
 * @returns {Texts} what the row of tools opens, in the language
 */
export default function (given) {
  speaker ??= new Speaker(new Words(given.messages), given.code, given.style);
  speaker.turn(given.code);
  return given.texts;
}

/** Says what stands in the page, and what comes into it. */
class Speaker {
  /**
   * @param {Words} words
   * @param {string} code
   * @param {string} style
   */
  constructor(words, code, style) {
    this.words = words;
    this.code = code;
    this.isOn = false;
    /** @type {WeakMap<Node, { was: string, is: string }>} */
    this.texts = new WeakMap();
    /** @type {WeakMap<Element, Map<string, { was: string, is: string }>>} */
    this.told = new WeakMap();
    const over = document.createElement("style");
    over.textContent = style;
    document.head.append(over);
    this.observer = new MutationObserver((changes) => this.heard(changes));
    document.addEventListener(TURN, (event) => this.turn(/** @type {CustomEvent<string>} */ (event).detail));
    const attach = Element.prototype.attachShadow, hear = (/** @type {ShadowRoot} */ root) => this.listen(root);
    Element.prototype.attachShadow = function (options) {
      const root = attach.call(this, options);
      hear(root);
      return root;
    };
  }

  /** @param {string} code the language of the page from now on */
  turn(code) {
    document.documentElement.lang = code;
    const isOn = code === this.code;
    if (isOn === this.isOn) return;
    this.isOn = isOn;
    this.listen(document.body);
  }

  /** @param {HTMLElement | ShadowRoot} root */
  listen(root) {
    const kinds = { childList: true, subtree: true, characterData: true, attributes: true };
    this.observer.observe(root, { ...kinds, attributeFilter: TOLD });
    this.say(root);
  }

  /** @param {MutationRecord[]} changes */
  heard(changes) {
    for (const { type, target, addedNodes, attributeName } of changes) {
      if (type === "childList") addedNodes.forEach((node) => this.say(node));
      else if (type === "characterData") this.sayText(target);
      else if (target instanceof Element && isOurs(target)) this.sayTold(target, attributeName ?? "");
    }
  }

  /** @param {Node} root */
  say(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = /** @type {Node | null} */ (root); node; node = walker.nextNode()) {
      if (!(node instanceof Element)) this.sayText(node);
      else {
        if (node.shadowRoot) this.listen(node.shadowRoot);
        if (isOurs(node)) for (const name of TOLD) this.sayTold(node, name);
      }
    }
  }

  /** @param {Node} node */
  sayText(node) {
    const place = node.parentElement, text = node.nodeValue;
    if (node.nodeType !== Node.TEXT_NODE || !place || !text || !isOurs(place) || place.matches(NO_TEXTS)) return;
    if (place instanceof HTMLOptionElement && !place.hasAttribute("value")) place.value = text; // what scripts read
    const now = this.turned(this.texts.get(node), text);
    this.texts.set(node, now);
    if (now.is !== text) node.nodeValue = now.is;
  }

  /**
   * @param {Element} place
   * @param {string} name
   */
  sayTold(place, name) {
    const text = place.getAttribute(name);
    if (name === "value") {
      this.sayChosen(place, text ?? "");
      return;
    }
    if (!text) return;
    const known = this.told.get(place) ?? new Map(), now = this.turned(known.get(name), text);
    this.told.set(place, known.set(name, now));
    if (now.is !== text) place.setAttribute(name, now.is);
  }

  /**
   * Over the name that a box holds stands what it is called, until somebody types there.
   * @param {Element} box
   * @param {string} name
   */
  sayChosen(box, name) {
    const place = box.parentElement;
    if (!place || !box.matches(BOX)) return;
    const said = this.isOn ? this.words.said(name) : name;
    if (said === name) delete place.dataset.said;
    else place.dataset.said = said;
  }

  /**
   * What a text was in English and is now.
   * @param {{ was: string, is: string } | undefined} known
   * @param {string} text
   */
  turned(known, text) {
    const was = known?.is === text ? known.was : text;
    return { was, is: this.isOn ? this.words.said(was) : was };
  }
}

/**
 * Whether the page's scripts write there, or Streamlit the names of options; all else the server has said.
 * @param {Element} place
 */
function isOurs(place) {
  return place.getRootNode() instanceof ShadowRoot || place.closest(OPTIONS) !== null;
}
