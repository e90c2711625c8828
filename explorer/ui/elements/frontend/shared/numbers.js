// Numbers: out of the text that they travel in, and written for people.

/**
 * @param {string} text bytes in base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytes(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/**
 * @param {string} text float32 numbers in base64
 * @returns {Float32Array<ArrayBuffer>}
 */
export function floats(text) {
  return new Float32Array(bytes(text).buffer);
}

/**
 * Four digits, whatever the size.
 * @param {number} value
 */
export function fourDigits(value) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? value.toPrecision(4) : value.toExponential(3);
}

/**
 * Two decimals, or as many as it takes to tell numbers apart of which the largest is `limit`.
 * @param {number} limit
 * @returns {(value: number) => string}
 */
export function writer(limit) {
  const digits = limit === 0 || limit >= 1 ? 2 : 2 - Math.floor(Math.log10(limit));
  return (value) => {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "no number" : value > 0 ? "∞" : "−∞";
    if (value === 0 && limit < 1e-3) return "0";
    if (limit && (limit < 1e-3 || limit >= 1e4)) return value.toExponential(1).replace(/-/g, "−");
    const text = value.toFixed(digits);
    return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
  };
}

/** @param {number} value */
export function decimals(value) {
  return writer(Math.abs(value))(value);
}
