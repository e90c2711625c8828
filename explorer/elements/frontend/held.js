// A token of the server's in the storage of this browser: nothing else of a visit stays here. A tab has its own, which
// outlives a reload; a new tab takes the last one that any tab was given.
/** @import { Given } from "./shared/dom.js" */

/**
 * @typedef {object} Data
 * @property {string} name
 * @property {string | null} give
 * @property {boolean} forgets
 * @property {boolean} asks
 * @property {boolean} waits
 * @property {string} nothing
 */

/** @param {Given<Data>} given */
export default function ({ data: [data], setTriggerValue }) {
  const name = `cnn-explorer.${data.name}`;
  if (data.give !== null) hold(name, data.give);
  else if (data.forgets) forget(name);
  else if (data.asks) {
    const held = find(name);
    if (held !== null || data.waits) setTriggerValue("held", held ?? data.nothing);
  }
}

/** Where a browser forbids a page to store anything, even asking for the storage is an error. */
function* storages() {
  for (const which of /** @type {const} */ (["sessionStorage", "localStorage"])) {
    try {
      yield window[which];
    } catch {
      // as if nothing were held
    }
  }
}

/**
 * @param {string} name
 * @returns {string | null}
 */
function find(name) {
  for (const storage of storages()) {
    const held = storage.getItem(name);
    if (held !== null) return held;
  }
  return null;
}

/**
 * @param {string} name
 * @param {string} text
 */
function hold(name, text) {
  for (const storage of storages()) {
    try {
      storage.setItem(name, text);
    } catch {
      // it is full: the page is as it would be without remembering
    }
  }
}

/** @param {string} name */
function forget(name) {
  for (const storage of storages()) storage.removeItem(name);
}
