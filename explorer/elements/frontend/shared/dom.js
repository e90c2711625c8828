// What every element does with the page. Texts become text nodes: names of files, classes and layers are data and never
// become markup.

/**
 * What an element's script is called with, at every change. The data come as a list of one.
 * @template T
 * @typedef {object} Given
 * @property {HTMLElement | ShadowRoot} parentElement
 * @property {[T]} data
 * @property {(name: string, value: unknown) => void} setTriggerValue
 * @property {(name: string, value: unknown) => void} setStateValue
 */

/**
 * The one part of an element that a selector names, of the kind that its markup says.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T}
 */
export function find(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`There is no ${selector} in the element`);
  return found;
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 */
export function part(root, selector) {
  return find(root, selector, HTMLElement);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number>} [attributes]
 * @returns {SVGElementTagNameMap[K]}
 */
export function drawn(tag, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/**
 * The cells of a grid in its rows, for a screen reader; to the eye they stand in the grid itself.
 * @param {readonly HTMLElement[]} cells
 * @param {number} columns
 */
export function inGridRows(cells, columns) {
  return Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) => {
    const made = element("div", "row");
    made.setAttribute("role", "row");
    made.append(...cells.slice(row * columns, (row + 1) * columns));
    return made;
  });
}

/**
 * Show a picture, unless it is the one that is shown.
 * @param {HTMLImageElement} image
 * @param {string} url
 */
export function setSource(image, url) {
  if (image.getAttribute("src") !== url) image.src = url;
}

/**
 * What in a place has the focus, if anything.
 * @param {Element} place
 * @returns {Element | null}
 */
export function focusedIn(place) {
  const { activeElement } = /** @type {Document | ShadowRoot} */ (place.getRootNode());
  return place.contains(activeElement) ? activeElement : null;
}

/**
 * Lay an element over a part of what it stands in: [top, left, bottom, right] of a picture of `size`, (height, width).
 * @param {HTMLElement} over
 * @param {readonly number[]} edges
 * @param {readonly number[]} size
 */
export function layOver(over, [top, left, bottom, right], [height, width]) {
  over.style.top = `${(100 * top) / height}%`;
  over.style.left = `${(100 * left) / width}%`;
  over.style.height = `${(100 * (bottom - top)) / height}%`;
  over.style.width = `${(100 * (right - left)) / width}%`;
  over.hidden = false;
}

/**
 * Where in an element the pointer is, (y, x), as parts of `size`, (height, width).
 * @param {Element} place
 * @param {MouseEvent} event
 * @param {readonly number[]} size
 * @returns {[number, number]}
 */
export function pointed(place, event, [height, width]) {
  const box = place.getBoundingClientRect();
  return [((event.clientY - box.top) / box.height) * height, ((event.clientX - box.left) / box.width) * width];
}

/**
 * Names to choose from in a box; those that are there already stay.
 * @param {HTMLSelectElement} box
 * @param {readonly string[]} names
 */
export function fill(box, names) {
  if ([...box.options].map((option) => option.value).join("\n") === names.join("\n")) return;
  box.replaceChildren(...names.map((name) => element("option", "", name)));
}
