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

/**
 * Four figures, or as many as are asked for, as the server writes them: 0.5, 1235, 1.2e+06.
 * @param {number} value
 * @param {number} [n]
 */
export function number(value, n = 4) {
  if (!Number.isFinite(value)) return (Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "−inf");
  const { figures, at } = rounded(value, n), isPlain = at >= -4 && at < n;
  const text = trimmed(isPlain ? Number(`${figures}e${at}`).toFixed(n - 1 - at) : figures);
  const sized = isPlain ? text : `${text}e${powerOf(at)}`;
  return (Number(sized) === 0 ? "0" : sized).replaceAll("-", "−");
}

/**
 * Three figures with a sign, as the server writes them: +2.46, −0.00310, +1.23e+03.
 * @param {number} value
 */
export function signed(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "+nan" : value > 0 ? "+inf" : "−inf";
  const { figures, at } = rounded(Math.abs(value), 3), isPlain = at >= -4 && at < 3;
  const text = isPlain ? Number(`${figures}e${at}`).toFixed(2 - at) : `${figures}e${powerOf(at)}`;
  return `${value < 0 ? "−" : "+"}${text.replace("-", "−")}`;
}

/**
 * So many figures of a number, and its power of ten. In the middle between two it is the even one, as for the server.
 * @param {number} value
 * @param {number} n at least 2
 */
function rounded(value, n) {
  const [exact] = value.toExponential(n + 40).split("e"), end = exact.indexOf(".") + n;
  const [figures, power] = value.toExponential(n - 1).split("e"), isEven = "02468".includes(exact[end - 1]);
  return { figures: isEven && /^50*$/.test(exact.slice(end)) ? exact.slice(0, end) : figures, at: Number(power) };
}

/** @param {number} at */
function powerOf(at) {
  return `${at < 0 ? "-" : "+"}${String(Math.abs(at)).padStart(2, "0")}`;
}

/** @param {string} text */
function trimmed(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
