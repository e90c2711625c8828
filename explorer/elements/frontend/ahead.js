// Files that are likely to be asked for next, fetched while nothing else is.
import { unpacked } from "./shared/files.js";
/** @import { Given } from "./shared/dom.js" */

const LATER = 300; // milliseconds, for a browser that does not say when it has nothing to do

/** @param {Given<{ urls: string[] }>} given */
export default function ({ data: [{ urls }] }) {
  const fetchAll = () => {
    for (const url of urls) unpacked(url).catch(() => undefined); // whoever needs it asks again, and says what failed
  };
  if (!("requestIdleCallback" in globalThis)) {
    const waiting = setTimeout(fetchAll, LATER);
    return () => clearTimeout(waiting);
  }
  const waiting = requestIdleCallback(fetchAll);
  return () => cancelIdleCallback(waiting);
}
