// One network while it learns, as one frame of its film says: its kernels, the picture that is watched and where the
// network looks in it, the maps of that picture, the answer, and how large the gradients are.
import { drawTile, strongest } from "../kernels/tiles.js";
import { paintOver } from "../probe/over.js";
import { put } from "../shared/canvas.js";
import { painted, spanning } from "../shared/colors.js";
import { element, find, part, pointed } from "../shared/dom.js";
import { drawLegend, legendOf } from "../shared/legend.js";
import { bytes, number } from "../shared/numbers.js";
import { columnsFor } from "./film.js";
/** @import { Film, Layout } from "./film.js" */

/**
 * @typedef {object} PaneData
 * @property {string} title
 * @property {Layout} layout
 * @property {string} photo the address of the watched picture
 * @property {[number, number]} size of it, (height, width)
 * @property {number} category the class that it is of
 * @property {string} kernels what its kernels are called
 * @property {string} maps what its maps are called
 * @property {string | null} first its first frame, in base64, where there is no training yet
 */
/** @typedef {Record<"signed" | "viridis" | "inferno", string>} Palettes */
/** @typedef {[number, number, number, number]} Cell (kernel, colour, row, column) */

const GREY = ["#000000", "#808080", "#ffffff"], LEAST = 1e-6; // the lower end of the axis of gradients
/** @typedef {readonly [number, number]} Room width and height, in pixels */
/** @type {Record<"one" | "two", { beside: Room, alone: Room }>} */
const ROOM = { // for tiles: where there are maps beside them, and where there are none
  one: { beside: [270, 180], alone: [555, 180] },
  two: { beside: [168, 106], alone: [348, 106] },
};

export class Pane {
  /**
   * @param {HTMLElement} place
   * @param {(cell: Cell) => void} choose
   */
  constructor(place, choose) {
    this.place = place;
    this.kernels = part(place, ".kernels .tiles");
    this.maps = part(place, ".maps .tiles");
    this.heat = find(place, ".watched .heat", HTMLCanvasElement);
    this.photo = find(place, ".watched img", HTMLImageElement);
    this.cell = element("div", "cell");
    /** @type {Room} */
    this.room = ROOM.one.beside;
    /** @type {Cell | null} */
    this.chosen = null;
    /** @type {Film | null} */
    this.film = null;
    this.said = ""; // in a few words, how far it is
    this.kernels.onclick = (event) => this.press(event, choose);
  }

  /**
   * @param {PaneData} data
   * @param {Palettes} palettes
   * @param {boolean} isAlone whether there is no other network beside it
   */
  take(data, palettes, isAlone) {
    const hasMaps = data.layout.fields.some(([field, shape]) => field === "maps" && shape[0] > 0);
    this.data = data;
    this.room = ROOM[isAlone ? "one" : "two"][hasMaps ? "beside" : "alone"];
    this.place.classList.toggle("mapless", !hasMaps);
    const { signed, viridis, inferno } = palettes;
    this.palettes = { signed: bytes(signed), viridis: bytes(viridis), inferno: bytes(inferno) };
    part(this.place, ".title").textContent = data.title;
    this.place.setAttribute("aria-label", data.title);
    if (this.photo.getAttribute("src") !== data.photo) this.photo.src = data.photo;
    const name = data.layout.categories[data.category];
    const captions = { kernels: data.kernels, maps: data.maps, watched: `Watched: ${name}, held out` };
    for (const [figure, said] of Object.entries(captions)) {
      const caption = part(this.place, `.${figure} figcaption`);
      caption.textContent = caption.title = said;
    }
    this.photo.alt = captions.watched;
    this.rows(".answers", data.layout.categories, data.category);
    this.rows(".gradients", data.layout.layers, -1);
  }

  /**
   * @param {string} figure
   * @param {readonly string[]} names
   * @param {number} marked which of them is, -1 for none
   */
  rows(figure, names, marked) {
    const rows = part(this.place, `${figure} .rows`), longest = Math.max(...names.map((name) => name.length));
    rows.style.setProperty("--name", `${Math.min(9, longest) + 0.5}ch`);
    rows.replaceChildren(...names.map((name, i) => this.row(name, i === marked ? "true" : "")));
  }

  /**
   * A name, a bar and a number.
   * @param {string} name
   * @param {string} kind
   */
  row(name, kind) {
    const row = element("div", `row ${kind}`), bar = element("div", "bar");
    bar.append(element("i"));
    row.append(element("span", "name", name), bar, element("span", "value"));
    row.title = name;
    return row;
  }

  /**
   * @param {Film} film
   * @param {number} i the frame
   */
  draw(film, i) {
    this.film = film;
    this.drawKernels(film, i);
    this.drawMaps(film, i);
    this.drawEvidence(film, i);
    const [loss, held, trained] = ["held_out_loss", "held_out", "accuracy"].map((name) => film.number(i, name));
    this.said = [["held out", held, loss], ["trained on", trained, film.number(i, "loss")]]
      .filter(([, share]) => Number.isFinite(share))
      .map(([which, share, lost]) => `${which}: ${percent(Number(share), 3)} right, loss ${number(Number(lost), 3)}`)
      .join(" · ");
    part(this.place, ".readout").textContent = this.said;
    const [answers, gradients, changes] = ["probabilities", "gradients", "changes"].map((name) => film.field(i, name));
    this.fill(".answers", (n) => [answers[n], likely(answers[n])]);
    this.fill(".gradients", (n) => [
      1 - Math.log10(Math.max(gradients[n], LEAST)) / Math.log10(LEAST),
      Number.isFinite(gradients[n]) ? `${number(gradients[n], 2)} · ${percent(changes[n], 2)}` : "",
    ]);
  }

  /**
   * @param {string} figure
   * @param {(n: number) => [number, string]} said how long each bar is, from 0 to 1, and what is written beside it
   */
  fill(figure, said) {
    [...part(this.place, `${figure} .rows`).children].forEach((row, n) => {
      const [share, text] = said(n);
      part(row, "i").style.width = `${100 * Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0))}%`;
      part(row, ".value").textContent = text;
    });
  }

  /**
   * @param {Film} film
   * @param {number} i
   */
  drawKernels(film, i) {
    const { data, palettes } = this;
    if (!data || !palettes) return;
    const [n, channels, height, width] = film.shape("kernels"), size = channels * height * width;
    const values = film.field(i, "kernels"), limit = strongest(values), isColoured = channels === 3;
    /** @type {[number, number, number]} */
    const shape = [channels, height, width];
    this.tiles(this.kernels, n).forEach((canvas, k) => {
      const tile = { values: values.subarray(k * size, (k + 1) * size), shape, levels: null, response: null };
      drawTile([canvas], tile, palettes.signed, limit);
    });
    const unit = `weight${isColoured ? ", in red, green and blue" : ""}`;
    const scale = { low: -limit, high: limit, signed: true };
    const legend = legendOf({ scale, palette: palettes.signed, gamma: 1 }, unit, 1);
    drawLegend(part(this.place, ".kernels"), isColoured ? { ...legend, stops: GREY } : legend);
    this.kernels.setAttribute("aria-label", `${data.kernels}: ${n} tiles, from −${number(limit)} to ${number(limit)}`);
    this.mark();
  }

  /**
   * @param {Film} film
   * @param {number} i
   */
  drawMaps(film, i) {
    const [n, height, width] = film.shape("maps"), figure = part(this.place, ".maps");
    figure.hidden = !n;
    if (!n || !this.palettes) return;
    const values = film.field(i, "maps"), scale = spanning(values), size = height * width;
    const palette = scale.signed ? this.palettes.signed : this.palettes.viridis;
    this.tiles(this.maps, n).forEach((canvas, k) =>
      put(canvas, [height, width], painted(values.subarray(k * size, (k + 1) * size), scale, palette)));
    drawLegend(figure, legendOf({ scale, palette, gamma: 1 }, `value after ${film.layout.maps}`, 1));
    this.maps.setAttribute("aria-label", `${n} maps of the watched picture, up to ${number(scale.high)}`);
  }

  /**
   * @param {Film} film
   * @param {number} i
   */
  drawEvidence(film, i) {
    const { data, palettes } = this, [height, width] = film.shape("evidence");
    if (!data || !palettes) return;
    const figure = part(this.place, ".watched"), name = data.layout.categories[data.category];
    const values = film.field(i, "evidence"), high = values.reduce((most, value) => Math.max(most, value), 0);
    this.heat.hidden = !(high > 0);
    const about = height
      ? high > 0 ? `logit of ${name}, Grad-CAM at ${data.layout.evidence}` : `No positive evidence for ${name}`
      : "No class activation map: dense layers have no maps";
    const scale = { low: 0, high, signed: false }, ink = { scale, palette: palettes.inferno, gamma: 1 };
    if (high > 0)
      paintOver(this.heat, { values, shape: [height, width] }, ink, { places: null, size: data.size, smooth: true });
    part(figure, ".about").textContent = high > 0 ? "" : about;
    drawLegend(figure, high > 0 ? legendOf(ink, about, 1) : null);
  }

  /**
   * So many canvases in a place; those that are there already stay.
   * @param {HTMLElement} place
   * @param {number} n
   */
  tiles(place, n) {
    const found = [...place.querySelectorAll("canvas")];
    if (found.length === n) return found;
    const made = Array.from({ length: n }, () => element("canvas")), columns = columnsFor(n, this.room);
    const wide = Math.floor((this.room[1] * columns) / Math.ceil(n / columns));
    place.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    place.style.width = `min(100%, ${wide}px)`;
    place.replaceChildren(...made);
    return made;
  }

  /**
   * A click on a weight.
   * @param {MouseEvent} event
   * @param {(cell: Cell) => void} choose
   */
  press(event, choose) {
    const canvas = event.composedPath().find((one) => one instanceof HTMLCanvasElement);
    if (!this.film || !(canvas instanceof HTMLCanvasElement)) return;
    const [, channels, height, width] = this.film.shape("kernels");
    const [y, x] = pointed(canvas, event, [height, width]).map(Math.floor);
    const kernel = [...this.kernels.querySelectorAll("canvas")].indexOf(canvas);
    const colour = channels > 1 ? this.chosen?.[1] ?? 0 : 0;
    choose([kernel, colour, Math.min(y, height - 1), Math.min(x, width - 1)]);
  }

  /** @param {Cell | null} cell */
  select(cell) {
    this.chosen = cell;
    this.mark();
  }

  /** A frame around the chosen weight. */
  mark() {
    const { cell, chosen, film } = this;
    const canvas = chosen ? this.kernels.querySelectorAll("canvas")[chosen[0]] : undefined;
    if (!chosen || !film || !canvas) return cell.remove();
    const [, , height, width] = film.shape("kernels"), [, , y, x] = chosen;
    const [high, wide] = [canvas.offsetHeight / height, canvas.offsetWidth / width];
    const [top, left] = [canvas.offsetTop + y * high, canvas.offsetLeft + x * wide];
    Object.assign(cell.style, { top: `${top}px`, left: `${left}px`, height: `${high}px`, width: `${wide}px` });
    if (!cell.isConnected) this.kernels.append(cell);
  }
}

/**
 * A probability, which never claims certainty.
 * @param {number} share
 */
export function likely(share) {
  if (!Number.isFinite(share)) return "no number";
  const text = (100 * share).toFixed(1), known = share > 0 && text === "0.0" ? "< 0.1" : text;
  return `${share < 1 && text === "100.0" ? "> 99.9" : known}\u00a0%`;
}

/**
 * A share, in so many figures.
 * @param {number} share
 * @param {number} n
 */
function percent(share, n) {
  return `${number(100 * share, n)}\u00a0%`;
}
