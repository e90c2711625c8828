// The inner products of a block for processors that work on four numbers at once: a WebAssembly module of one function,
// put together of its instructions here. In the words of `product.js`, with places in bytes:
//
//     multiply(kernels, read, sums, depth, pieces):
//       for each of `pieces`:
//         eight sums of four numbers = 0
//         for each of `depth`: each sum += its number of `kernels` (8 of them), times the next four of `read`
//         the sums go to where `sums` is, which moves on
//
// https://webassembly.github.io/spec/core/binary has the numbers below.

/** @typedef {number[]} Code bytes */

const I32 = 0x7f, V128 = 0x7b;
const ROWS = 8, WIDTH = 16, NUMBER = 4; // sums at a time, and the bytes of four numbers and of one
const [KERNELS, READ, SUMS, DEPTH, PIECES, WEIGHTS, LEFT, FOUR, FIRST] = Array(9).keys(); // locals, the sums the last
const EACH = [...Array(ROWS).keys()];

/** @param {number} number @returns {Code} seven bits a byte, the last without its highest bit (LEB128) */
const whole = (number) => (number < 128 ? [number] : [(number & 127) | 128, ...whole(number >> 7)]);
/** @param {Code} bytes @returns {Code} */
const sized = (bytes) => [...whole(bytes.length), ...bytes];
/** @param {string} text */
const named = (text) => sized([...new TextEncoder().encode(text)]);
/** @param {number} kind @param {Code} bytes @returns {Code} */
const section = (kind, bytes) => [kind, ...sized(bytes)];

/** @param {number} local @returns {Code} */
const get = (local) => [0x20, local];
/** @param {number} local @param {Code} value @returns {Code} */
const set = (local, value) => [...value, 0x21, local];
/** @param {number} local @param {Code} value @returns {Code} */
const setAndGet = (local, value) => [...value, 0x22, local];
/** @param {number} value below 64 @returns {Code} */
const constant = (value) => [0x41, value];
/** @param {number} local @param {number} by @returns {Code} */
const plus = (local, by) => [...get(local), ...constant(by), 0x6a];
/** @param {number} local @returns {Code} */
const minusOne = (local) => [...get(local), ...constant(1), 0x6b];
/** @param {Code} body @param {Code} condition @returns {Code} done again as long as the condition is not zero */
const repeated = (body, condition) => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];

/** @param {number} place @returns {Code} */
const four = (place) => [...get(place), 0xfd, ...whole(0), 4, 0];
/** @param {number} place @param {number} after bytes @returns {Code} one number, four times */
const spread = (place, after) => [...get(place), 0xfd, ...whole(9), 2, after];
/** @param {number} place @param {number} after bytes @param {Code} value @returns {Code} */
const stored = (place, after, value) => [...get(place), ...value, 0xfd, ...whole(11), 4, after];
/** @returns {Code} */
const zeros = () => [0xfd, ...whole(12), ...Array(WIDTH).fill(0)];
/** @param {Code} a @param {Code} b @returns {Code} */
const sum = (a, b) => [...a, ...b, 0xfd, ...whole(228)];
/** @param {Code} a @param {Code} b @returns {Code} */
const product = (a, b) => [...a, ...b, 0xfd, ...whole(230)];

const deeper = [
  ...set(FOUR, four(READ)),
  ...EACH.flatMap((row) =>
    set(FIRST + row, sum(get(FIRST + row), product(spread(WEIGHTS, NUMBER * row), get(FOUR))))),
  ...set(WEIGHTS, plus(WEIGHTS, NUMBER * ROWS)), ...set(READ, plus(READ, WIDTH)),
];
const piece = [
  ...EACH.flatMap((row) => set(FIRST + row, zeros())), ...set(WEIGHTS, get(KERNELS)), ...set(LEFT, get(DEPTH)),
  ...repeated(deeper, setAndGet(LEFT, minusOne(LEFT))),
  ...EACH.flatMap((row) => [...stored(SUMS, 0, get(FIRST + row)), ...set(SUMS, plus(SUMS, WIDTH))]),
];
const locals = [2, LEFT - PIECES, I32, 1 + ROWS, V128];
const multiply = [...locals, ...repeated(piece, setAndGet(PIECES, minusOne(PIECES))), 0x0b];

/** The module. It takes the memory that it works in. */
export const MODULE = Uint8Array.from([
  0, ...new TextEncoder().encode("asm"), 1, 0, 0, 0,
  ...section(1, [1, 0x60, ...sized(Array(WEIGHTS).fill(I32)), 0]), // a function of five whole numbers, without a result
  ...section(2, [1, ...named("own"), ...named("memory"), 2, 0, 0]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...named("multiply"), 0, 0]),
  ...section(10, [1, ...sized(multiply)]),
]);
