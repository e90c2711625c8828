// The numbers in the window, the kernel's and the products, each in a cell of its colour.
import { colorOf, isDark } from "../shared/colors.js";
import { element } from "../shared/dom.js";
import { bytes, writer } from "../shared/numbers.js";
import { largest, productsOf } from "./arithmetic.js";
/** @import { Scale } from "../shared/colors.js" */
/** @import { Cell } from "./arithmetic.js" */
/** @import { Data } from "../window.js" */

const NAMES = ["In the window", "Kernel", "Products"];
const SIGNS = ["×", "="];

/** One kind of numbers: all of them are on one scale, and written alike. */
class Numbers {
  /**
   * @param {string} name
   * @param {Data} data
   */
  constructor(name, { size: [rows, columns] }) {
    const grid = element("div", "cells");
    grid.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
    grid.style.maxWidth = `${3.6 * columns}em`;
    grid.setAttribute("aria-hidden", "true"); // the line below says the numbers
    this.cells = Array.from({ length: rows * columns }, () => element("span"));
    grid.append(...this.cells);
    this.figure = element("figure");
    this.figure.append(element("figcaption", "", name), grid);
  }

  /**
   * @param {readonly number[]} numbers
   * @param {Scale} scale
   * @param {Uint8Array} palette
   */
  color(numbers, scale, palette) {
    numbers.forEach((number, n) => {
      const cell = this.cells[n], color = colorOf(number, scale, palette), isNumber = !Number.isNaN(number);
      cell.style.backgroundColor = isNumber ? `rgb(${color.join(" ")})` : "transparent";
      cell.className = isNumber && isDark(color) ? "dark" : "";
    });
  }

  /**
   * @param {readonly number[]} numbers
   * @param {number} limit
   */
  write(numbers, limit) {
    const text = writer(limit);
    numbers.forEach((number, n) => {
      this.cells[n].textContent = text(number);
    });
  }
}

export class Tables {
  /**
   * @param {HTMLElement} place
   * @param {Data} data
   */
  constructor(place, data) {
    this.data = data;
    this.signed = bytes(data.signed);
    this.own = bytes(data.source.colors);
    this.weights = data.kernel?.flat() ?? null;
    this.parts = NAMES.slice(0, this.weights ? 3 : 1).map((name) => new Numbers(name, data));
    place.replaceChildren(...this.parts.flatMap((part, i) =>
      i ? [element("div", "sign", SIGNS[i - 1]), part.figure] : [part.figure]));
    if (this.weights) this.show(1, this.weights.map((weight) => weight ?? NaN));
  }

  /**
   * Numbers around zero, the largest of them in the strongest colour.
   * @param {number} part
   * @param {readonly number[]} numbers
   */
  show(part, numbers) {
    const most = largest(numbers);
    this.parts[part].color(numbers, { low: -most, high: most, signed: true }, this.signed);
    this.parts[part].write(numbers, most);
  }

  /**
   * Fill in what is in the window; returns the products, if there is a kernel.
   * @param {readonly Cell[]} cells
   * @param {number} winner
   */
  fill(cells, winner) {
    const { source, rule, counts_padding } = this.data;
    const [read] = this.parts, numbers = cells.map((cell) => cell.value);
    read.color(numbers, source, this.own);
    read.write(numbers, Math.max(Math.abs(source.low), Math.abs(source.high)));
    const countsZeros = rule === "sum" || (rule === "average" && counts_padding);
    cells.forEach((cell, n) => {
      read.cells[n].classList.toggle("pad", !cell.inside);
      read.cells[n].classList.toggle("winner", n === winner);
      if (!cell.inside && !countsZeros) read.cells[n].textContent = "";
    });
    if (!this.weights) return null;
    const products = productsOf(cells, this.weights);
    this.show(2, products);
    return products;
  }
}
