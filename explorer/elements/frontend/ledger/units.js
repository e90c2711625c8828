// The ways to the pages of the units that a running sum adds up: each lies over the name of its step.
import { element } from "../shared/dom.js";
import { linkTo } from "../shared/links.js";
/** @import { Step } from "./sums.js" */

/** @typedef {[string, string]} Units the layer whose channels the steps are; an address, which ends in the number */

/**
 * @param {HTMLElement} place over the chart
 * @param {readonly Step[]} steps
 * @param {Units | null | undefined} units nothing where there are no such pages
 * @param {{ left: number, right: number, names: number[] }} edges
 * @param {(input: number) => void} follow
 */
export function linkNames(place, steps, units, { left, right, names: [top, height] }, follow) {
  Object.assign(place.style, { left: `${left}px`, right: `${right}px`, top: `${top}px`, height: `${height}px` });
  place.replaceChildren(...steps.map(({ input }) => {
    if (!units || input === null) return element("span");
    return linkTo(`All about channel ${input} of ${units[0]}`, units[1] + input, "", () => follow(input));
  }));
}

/**
 * Of all these ways the tabulator stops at one: that of the step which is told.
 * @param {HTMLElement} place
 * @param {number} at
 */
export function leadTo(place, at) {
  place.querySelectorAll(":scope > *").forEach((one, i) => {
    if (one instanceof HTMLAnchorElement) one.tabIndex = i === at ? 0 : -1;
  });
}
