// What a search finds, and where the keys lead in what it left.
import { clamp } from "../shared/movement.js";

/**
 * The words of a search: letters, digits and dots count.
 * @param {string} text
 */
export function wordsOf(text) {
  return text.toLowerCase().split(/[^\p{L}\p{N}.]+/u).filter(Boolean);
}

/**
 * Whether a row has every word of a search in its own.
 * @param {string} words
 * @param {readonly string[]} sought
 */
export function matches(words, sought) {
  return sought.every((word) => words.includes(word));
}

/**
 * What was found, in a sentence; a network that stands in several groups counts once.
 * @param {readonly string[]} left names
 * @param {readonly string[]} all names
 * @param {string} text
 */
export function found(left, all, text) {
  const count = new Set(left).size, most = new Set(all).size;
  if (!count) return `No network matches “${text.trim()}”. Try part of a name, a family or a year.`;
  return wordsOf(text).length ? `${count} of ${most} networks` : `${most} networks`;
}

const PAGE = 6; // rows that PageUp and PageDown pass over
/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE };

/**
 * The row that a key leads to from `at`, or -1 where it is no such key or nothing is left.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function next(key, at, count) {
  return key in STEPS && count ? clamp(at + STEPS[key], 0, count - 1) : -1;
}
