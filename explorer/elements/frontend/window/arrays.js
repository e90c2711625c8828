// Arrays that the server keeps under addresses of their own: what was fetched once stays, whatever is drawn anew.

const MOST = 24;
/** @type {Map<string, Promise<Float32Array>>} */
const arrays = new Map(); // address -> numbers

/** @param {string} url */
export function fetched(url) {
  const known = arrays.get(url);
  if (known) return known;
  for (const oldest of arrays.keys()) {
    if (arrays.size < MOST) break;
    arrays.delete(oldest);
  }
  const array = load(url);
  arrays.set(url, array);
  array.catch(() => arrays.delete(url)); // the next one to ask tries again
  return array;
}

/** @param {string} url */
async function load(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new Float32Array(await answer.arrayBuffer());
}
