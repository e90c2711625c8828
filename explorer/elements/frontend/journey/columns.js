// The columns of the band: the picture, maps, numbers as bars, and the answers beside the evidence.
import { drawn, element } from "../shared/dom.js";
/** @import { Column, Data, Numbers } from "../journey.js" */

/**
 * What stands above a column.
 * @param {string} title
 * @param {string} detail
 */
function head(title, detail) {
  const made = element("div", "head");
  made.append(element("b", "", title), element("small", "", detail));
  return made;
}

/**
 * @param {string} url
 * @param {string} alt
 */
function picture(url, alt) {
  const frame = element("div", "picture"), image = element("img");
  image.src = url;
  image.alt = alt;
  frame.append(image);
  return frame;
}

/**
 * @param {string} url
 * @param {string} alt
 */
export function photo(url, alt) {
  const column = element("div", "column"), frame = picture(url, alt);
  frame.dataset.node = "";
  const drop = element("button", "drop", "Drop your own picture here, or choose one");
  drop.type = "button";
  column.append(head("your picture", "as it is received"), frame, drop);
  return column;
}

/**
 * @param {Column} data
 * @param {(node: number) => void} open
 */
export function maps(data, open) {
  const column = element("div", "column");
  column.append(head(data.title, data.detail), ...data.nodes.map((node, i) => {
    const button = element("button", "node"), image = element("img");
    button.type = "button";
    button.title = node.name;
    button.setAttribute("aria-label", node.name);
    button.dataset.node = "";
    button.dataset.said = node.said;
    image.src = node.url;
    image.alt = "";
    button.append(image);
    button.onclick = () => open(i);
    return button;
  }));
  return column;
}

/**
 * @param {Numbers} data
 * @param {() => void} open
 */
export function bars(data, open) {
  const column = element("div", "column"), button = element("button", "bars");
  const n = data.values.length, svg = drawn("svg", { viewBox: `-1 0 2 ${n}`, preserveAspectRatio: "none" });
  data.values.forEach((value, i) => {
    const width = Math.max(0.02, Math.abs(value));
    svg.append(drawn("rect", { x: Math.min(0, value), y: i + 0.1, width, height: 0.8 }));
  });
  button.type = "button";
  button.title = data.name;
  button.setAttribute("aria-label", data.name);
  button.dataset.node = "";
  button.style.height = "220px";
  button.append(svg);
  button.onclick = open;
  column.append(head(data.title, data.detail), button);
  return column;
}

/**
 * @param {Data} data
 * @param {(index: number) => void} choose
 */
export function answers(data, choose) {
  const column = element("div", "column answer");
  column.append(head("the answer", ""));
  if (data.evidence) {
    const frame = picture(data.photo, ""), heat = element("img", "heat");
    heat.src = data.evidence;
    heat.alt = "Bright is where the evidence lies";
    frame.append(heat);
    column.append(frame);
  }
  column.append(...data.answers.map((answer) => {
    const button = element("button"), bar = element("span", "bar");
    button.type = "button";
    button.title = answer.name;
    bar.style.width = `${100 * answer.share}%`;
    button.dataset.node = "";
    button.append(bar, element("span", "name", answer.name), element("span", "value", answer.value));
    button.onclick = () => choose(answer.index);
    return button;
  }));
  return column;
}
