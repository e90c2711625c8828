// What is drawn now, as a PNG: the page's own style sheet does not reach a picture, so every element takes its looks
// along.
import { savedScale } from "./zoom.js";
/** @import { Size } from "./zoom.js" */

const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "font-family",
               "font-size", "font-weight", "font-variant-numeric"];

/**
 * @param {SVGSVGElement} svg
 * @param {Size} size
 * @param {string} ground the colour behind it
 * @param {string} file
 */
export function save(svg, [width, height], ground, file) {
  const scale = savedScale([width, height]);
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true)), copies = copy.querySelectorAll("*");
  svg.querySelectorAll("*").forEach((element, i) => {
    const style = getComputedStyle(element);
    copies[i].setAttribute("style", LOOKS.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width * scale));
  copy.setAttribute("height", String(height * scale));
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
    if (!context) return;
    [canvas.width, canvas.height] = [Math.ceil(width * scale), Math.ceil(height * scale)];
    context.fillStyle = ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0);
    const link = document.createElement("a");
    link.download = file;
    link.href = canvas.toDataURL("image/png");
    link.click();
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
}
