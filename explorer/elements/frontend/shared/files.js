// Files with numbers: fetched once, unpacked, and kept while there is room.

const MOST = 24; // files: those of a few layers

/** @type {Map<string, Promise<ArrayBuffer>>} */
const kept = new Map(); // the one that was asked for last is the last
/** @type {Map<string, ArrayBuffer>} */
const come = new Map(); // of these

/**
 * The bytes of a file that gzip has packed; they come together with those that were asked for before.
 * @param {string} url
 * @returns {Promise<ArrayBuffer>}
 */
export function unpacked(url) {
  const found = kept.get(url) ?? load(url);
  kept.delete(url);
  kept.set(url, found);
  for (const [old] of kept) if (kept.size > MOST) forget(old);
  return found;
}

/**
 * The bytes of such a file, where they have come already.
 * @param {string} url
 */
export function atHand(url) {
  return come.get(url) ?? null;
}

/** @param {string} url */
async function load(url) {
  try {
    const answer = await fetch(url);
    if (!answer.ok || !answer.body) throw new Error(`${answer.status}`);
    const bytes = await new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    if (kept.has(url)) come.set(url, bytes);
    return bytes;
  } catch (error) {
    forget(url); // it can be asked for again
    throw error;
  }
}

/** @param {string} url */
function forget(url) {
  kept.delete(url);
  come.delete(url);
}
