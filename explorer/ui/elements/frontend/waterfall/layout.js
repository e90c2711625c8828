// Where the bars of a running sum lie, and which part of a sheet shows a map; all in percent.

/**
 * @param {{ start: number, end: number }} row shares of the whole width
 */
export function barOf({ start, end }) {
  return { left: 100 * Math.min(start, end), width: 100 * Math.abs(end - start) };
}

/**
 * The background that shows one of `count` maps which stand one below the other.
 * @param {number} tile
 * @param {number} count
 */
export function tileOf(tile, count) {
  return { height: 100 * count, top: count > 1 ? (100 * tile) / (count - 1) : 0 };
}
