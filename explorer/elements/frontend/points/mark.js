// Where a chart has a step.

/**
 * What of a drawn chart tells where a value lies in it.
 * @typedef {object} Drawn
 * @property {{ xaxis: Axis, yaxis: Axis }} _fullLayout
 * @property {{ x: number[] }[]} data
 */
/** @typedef {{ _offset: number, _length: number, d2p: (value: number) => number }} Axis lengths in pixels */

/**
 * The edges of an upright line at a step of a chart, in its pixels; null where there is no such
 * step, or one zoomed so far that it is not seen.
 * @param {Drawn} drawn
 * @param {number} step
 */
export function markAt({ _fullLayout: { xaxis, yaxis }, data }, step) {
  const x = xaxis.d2p(data[0]?.x[step] ?? NaN);
  if (!(x >= 0 && x <= xaxis._length)) return null;
  return { left: xaxis._offset + x - 1, top: yaxis._offset, height: yaxis._length };
}
