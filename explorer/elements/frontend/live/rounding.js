// Whole numbers as Python and NumPy round: a half goes to the even one.

/** @param {number} value */
export function even(value) {
  const low = Math.floor(value), rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 ? low + 1 : low;
}

/**
 * @param {readonly number[] | Float32Array} values
 */
export function median(values) {
  const sorted = Float64Array.from(values).sort(), middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}
