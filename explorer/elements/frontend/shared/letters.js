// Bytes out of the letters of a document, five for four of them: `exporting/letters.py` writes them.

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~";

/** @param {string} text */
export function unlettered(text) {
  const digits = new Uint8Array(128), n = text.length, words = Math.ceil(n / 5);
  for (let i = 0; i < LETTERS.length; i++) digits[LETTERS.charCodeAt(i)] = i;
  const found = new Uint8Array(4 * words), last = LETTERS.length - 1;
  for (let word = 0; word < words; word++) {
    let value = 0;
    for (let i = 5 * word; i < 5 * word + 5; i++) value = 85 * value + (i < n ? digits[text.charCodeAt(i)] : last);
    for (let i = 3; i >= 0; i--) found[4 * word + 3 - i] = (value / 256 ** i) & 255;
  }
  return found.subarray(0, n - words);
}
