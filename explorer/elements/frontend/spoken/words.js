// What a text is in another language, by messages with and without places. explorer/words/language.py has more ways to
// take a text apart; what stands in a browser alone is short.
/**
 * @typedef {object} Template
 * @property {string[]} between what stands between its places
 * @property {string[]} names of the places
 * @property {(string | number)[]} other the language's text, in which numbers are places
 * @property {number} length of what stands between them
 * @property {boolean} isWeak whether that is small words alone, which stand in names too
 */

const LITTLE = "a an and are as at by for from has in is it its no not of on or than the to was with";
const SMALL = new Set(LITTLE.split(" "));
const PLAIN = /(?<![\w.])[A-Za-z]{2,}(?!\w|\.\w)/; // a word that is no layer's name
const MOST = 5000; // texts that are remembered

/** Messages, and what a text is by them. */
export class Words {
  /** @param {Record<string, string>} messages */
  constructor(messages) {
    /** @type {Map<string, string>} */
    this.known = new Map();
    /** @type {Map<string, Template[]>} */
    this.templates = new Map();
    const filled = (/** @type {string} */ text) => text.replaceAll("{{", "{").replaceAll("}}", "}");
    for (const [english, other] of Object.entries(messages).flatMap(([one, said]) =>
      one.includes("{{") ? [[one, said], [filled(one), filled(said)]] : [[one, said]])) { // places filled in later
      const { between, names } = apart(english), said = apart(other);
      if (!names.length) this.known.set(between[0], said.between[0]);
      else this.add({
        between, names, length: between.join("").length,
        isWeak: wordsIn(between.join(" ")).every((word) => SMALL.has(word.toLowerCase())),
        other: said.between.flatMap((text, i) => (i ? [names.indexOf(said.names[i - 1]), text] : [text])),
      });
    }
    /** @type {Map<string, string>} */
    this.cache = new Map();
  }

  /** @param {Template} template */
  add(template) {
    const words = template.between.join("\0").match(/(?<![\w\0])[A-Za-z]{2,}(?![\w\0])/g) ?? [""];
    const word = words.reduce((a, b) => (b.length > a.length ? b : a)); // the longest is the rarest, mostly
    const others = this.templates.get(word);
    if (others) others.push(template);
    else this.templates.set(word, [template]);
  }

  /**
   * A text in the language, as far as there are messages for it.
   * @param {string} text
   * @returns {string}
   */
  said(text) {
    if (!/[A-Za-z]{2}/.test(text)) return text;
    let found = this.cache.get(text);
    if (found === undefined) {
      if (this.cache.size > MOST) this.cache.clear();
      const core = text.trim().replaceAll("\u00a0", " "), said = this.whole(core) ?? this.parted(core);
      found = text.replace(text.trim(), () => said.replace(/(?<=\d) (?=%)/g, "\u00a0"));
      this.cache.set(text, found);
    }
    return found;
  }

  /**
   * One message; null where it is none.
   * @param {string} text
   * @returns {string | null}
   */
  whole(text) {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const found = ["", ...new Set(wordsIn(text))].flatMap((word) => this.templates.get(word) ?? []);
    for (const { between, names, other, isWeak } of found.sort((a, b) => b.length - a.length)) {
      const values = held(text, between, names);
      if (!values || values.includes(text)) continue;
      const [joint] = values.join(" ").match(isWeak ? /[;:] | · / : / · /) ?? [];
      if (joint && !between.join("").includes(joint.trim())) continue; // of several phrases
      if (isWeak && values.some((value) => PLAIN.test(value) && this.whole(value) === null)) continue;
      return other.map((one) => (typeof one === "number" ? this.said(values[one]) : one)).join("");
    }
    const [first, end] = [text[0], text.slice(-1)], turned = this.known.get(first.toLowerCase() + text.slice(1));
    if (turned !== undefined && !SMALL.has(text.toLowerCase())) return turned[0].toUpperCase() + turned.slice(1);
    const shorter = ".,:;".includes(end) && text.length > 1 ? this.whole(text.slice(0, -1)) : null;
    return shorter === null ? null : shorter + end;
  }

  /**
   * Several messages in a row: sentences, or phrases.
   * @param {string} text
   */
  parted(text) {
    for (const joint of [/(?<=[.!?:;])(\s+)/, /(: |; | · |, | \(|\)|[“”])/]) {
      const pieces = text.split(joint);
      if (pieces.length > 1) return this.joined(pieces);
    }
    return text;
  }

  /**
   * Pieces with what joins them, each time as many of them as are one message.
   * @param {readonly string[]} pieces
   */
  joined(pieces) {
    let text = "";
    for (let start = 0, end; start < pieces.length; start = end) {
      let found = null;
      for (end = pieces.length - (start ? 0 : 1); end > start && found === null; end--) {
        const part = pieces.slice(start, end).join(""), core = part.trim();
        const said = /[A-Za-z]{2}/.test(core) ? this.whole(core) : null;
        if (said !== null) found = part.replace(core, () => said);
      }
      end = found === null ? start + 1 : end + 1;
      text += found ?? (start % 2 ? pieces[start] : this.said(pieces[start]));
    }
    return text;
  }
}

/** @param {string} text */
function wordsIn(text) {
  return text.match(/[A-Za-z]{2,}/g) ?? [];
}

/**
 * What stands between the places of a message, and their names; {{ and }} are braces.
 * @param {string} message
 */
function apart(message) {
  const pieces = message.replaceAll("{{", "\u0001").replaceAll("}}", "\u0002").split(/\{(\w+)\}/);
  const all = pieces.map((piece) => piece.replaceAll("\u0001", "{").replaceAll("\u0002", "}"));
  return { between: all.filter((_, i) => i % 2 === 0), names: all.filter((_, i) => i % 2 === 1) };
}

/**
 * What stands in each place of a text, by name's number; null where it is none of this message.
 * @param {string} text
 * @param {readonly string[]} between
 * @param {readonly string[]} names
 */
function held(text, between, names) {
  const first = between[0], last = between[between.length - 1], end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return null;
  const values = [];
  let start = first.length;
  for (let i = 0; i < names.length; i++) {
    const at = i === names.length - 1 ? end : text.indexOf(between[i + 1], start);
    if (at < start || at > end) return null;
    values.push(text.slice(start, at));
    start = at + between[i + 1].length;
    if (names.indexOf(names[i]) !== i && values[names.indexOf(names[i])] !== values[i]) return null;
  }
  return values;
}
