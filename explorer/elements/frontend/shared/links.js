// Links with an address of their own, which the app follows without loading anew.
import { element } from "./dom.js";

/**
 * @param {string} label what a screen reader says, and the mouse over it
 * @param {string} address
 * @param {string} text
 * @param {() => void} follow in this tab
 */
export function linkTo(label, address, text, follow) {
  const link = element("a", "to", text);
  link.title = label;
  link.setAttribute("aria-label", text ? `${text}: ${label}` : label); // what is seen is called so
  return followed(link, address, follow);
}

/**
 * @param {HTMLAnchorElement} link
 * @param {string} address
 * @param {() => void} follow in this tab
 */
export function followed(link, address, follow) {
  link.href = address;
  link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return; // another tab or window
    event.preventDefault();
    follow();
  };
  return link;
}
