// Whether a key is somebody's letter, and not a command to the page.
const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]";

/** @param {Event} event */
export function isTyped(event) {
  const [target] = event.composedPath();
  return target instanceof Element && target.matches(TYPED);
}
