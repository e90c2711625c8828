// Asks for the maps of further classes when the page is at rest, and has them in the browser before they are chosen.
import { ahead } from "./evidence/ahead.js";
import { unpacked } from "./shared/files.js";
/** @import { Given } from "./shared/dom.js" */

const REST = 600; // milliseconds after which nobody waits for anything else

/** @param {Given<{ group: string, urls: Record<string, string> | null }>} given */
export default function ({ data: [{ group, urls }], setTriggerValue }) {
  if (urls) {
    Promise.all(Object.values(urls).map(unpacked)).then(() => ahead.put(group, urls), () => {});
    return undefined;
  }
  const waiting = setTimeout(() => setTriggerValue("wanted", group), REST);
  return () => clearTimeout(waiting);
}
