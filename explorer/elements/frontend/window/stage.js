// Both maps of the player, with the window's frame over what it reads and over what it gives.
import { find } from "../shared/dom.js";
import { bytes } from "../shared/numbers.js";
import { framed } from "./arithmetic.js";
import { fetched } from "./arrays.js";
import { dots, outline, pictureOf, sheet } from "./canvas.js";
/** @import { Data } from "../window.js" */
/** @import { Cell, Pair, Plane } from "./arithmetic.js" */

/**
 * What has arrived: the numbers of both maps, and how they look.
 * @typedef {object} Maps
 * @property {Plane} source
 * @property {Plane} output
 * @property {HTMLCanvasElement} read
 * @property {HTMLCanvasElement} given
 */

/**
 * Fetch what the player shows.
 * @param {Data} data
 * @returns {Promise<Maps>}
 */
export async function load(data) {
  const [read, given] = await Promise.all([fetched(data.source.url), fetched(data.output.url)]);
  const source = { values: read, shape: data.source.shape }, output = { values: given, shape: data.output.shape };
  return {
    source,
    output,
    read: pictureOf(source, data.source, bytes(data.source.colors)),
    given: pictureOf(output, data.output, bytes(data.output.colors)),
  };
}

export class Stage {
  /**
   * @param {HTMLElement} root
   * @param {Data} data
   */
  constructor(root, data) {
    this.data = data;
    this.left = find(root, ".source canvas", HTMLCanvasElement);
    this.right = find(root, ".output canvas", HTMLCanvasElement);
    this.frame = framed(data, data.source.shape, data.output.shape);
  }

  /**
   * Call `draw` whenever there is more or less room; returns what ends that.
   * @param {() => void} draw
   */
  watch(draw) {
    const watcher = new ResizeObserver(draw), root = this.left.getRootNode();
    watcher.observe(this.left);
    watcher.observe(this.right);
    root.addEventListener("zoomed", draw);
    return () => {
      watcher.disconnect();
      root.removeEventListener("zoomed", draw);
    };
  }

  /**
   * @param {Maps} maps
   * @param {readonly Cell[]} cells
   * @param {number} winner
   */
  drawSource({ source, read }, cells, winner) {
    const { left, frame, data } = this, [rows, columns] = source.shape;
    const { context, scale } = sheet(left, frame.rows, frame.columns);
    context.clearRect(0, 0, left.width, left.height); // the padding is half transparent: the last frame would stay
    context.fillStyle = dots(context);
    context.fillRect(0, 0, left.width, left.height);
    context.imageSmoothingEnabled = false;
    context.drawImage(read, frame.left * scale, frame.top * scale, columns * scale, rows * scale);
    /** @type {(cell: Cell, size: Pair, thick: number) => void} */
    const box = ({ y, x }, [h, w], thick) =>
      outline(context, [(x + frame.left) * scale, (y + frame.top) * scale, w * scale, h * scale], thick);
    if (Math.max(...data.dilation) > 1) for (const cell of cells) box(cell, [1, 1], 1);
    else box(cells[0], data.size, 2);
    if (winner >= 0) box(cells[winner], [1, 1], 3);
  }

  /**
   * @param {Maps} maps
   * @param {Pair} at
   * @param {boolean} isPartial whether only what comes before the window is painted yet
   */
  drawOutput({ output, given }, [y, x], isPartial) {
    const { right } = this, [height, width] = output.shape;
    const { context, scale } = sheet(right, height, width);
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, right.width, right.height);
    context.save();
    if (isPartial) {
      context.fillStyle = dots(context);
      context.fillRect(0, 0, width * scale, height * scale);
      context.beginPath();
      context.rect(0, 0, width * scale, y * scale);
      context.rect(0, y * scale, (x + 1) * scale, scale);
      context.clip();
      context.clearRect(0, 0, width * scale, height * scale);
    }
    context.drawImage(given, 0, 0, width * scale, height * scale);
    context.restore();
    outline(context, [x * scale, y * scale, scale, scale], 2);
  }
}
