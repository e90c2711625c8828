// A small network in the page: a picture or a drawing in, its answer and its maps out. Nothing leaves the page.
import bars from "./bars.js";
import { Network, probabilities } from "./live/network.js";
import { preparedDigit } from "./live/digits.js";
import { pictureOf } from "./live/drawing.js";
import { showMaps } from "./live/maps.js";
import { prepared } from "./live/photographs.js";
import { decoded } from "./live/reading.js";
import pad from "./pad.js";
import { put } from "./shared/canvas.js";
import { find, part } from "./shared/dom.js";
import { unpacked } from "./shared/files.js";
import { bytes, number } from "./shared/numbers.js";
/** @import { Stroke } from "./pad/strokes.js" */
/** @import { PackedStep } from "./live/network.js" */
/** @import { OfDigits } from "./live/digits.js" */
/** @import { Maps } from "./live/operations.js" */
/** @import { OfPhotographs, Picture } from "./live/photographs.js" */
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ of: string } & OfPhotographs & OfDigits} How */
/** @typedef {{ title: string, categories: string[], steps: PackedStep[], preparation: How }} PackedNetwork */
/**
 * @typedef {object} Data
 * @property {PackedNetwork} network
 * @property {string} weights
 * @property {string[]} shown layers whose maps are drawn
 * @property {boolean} isDrawnOn
 * @property {string} ink
 * @property {number} limit of numbers in all strokes together
 * @property {{ viridis: string, signed: string }} palettes
 */

const FEW = 5; // classes that are shown, the likeliest first

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data] }) {
  const live = new Live(parentElement, data), paper = part(parentElement, ".pad");
  paper.hidden = !data.isDrawnOn;
  if (data.isDrawnOn) {
    /** @type {(name: string, strokes: unknown) => void} */
    const drawn = (_, strokes) => live.look(pictureOf(/** @type {Stroke[]} */ (strokes)), "The drawing");
    const handed = { setStateValue: drawn, setTriggerValue: drawn };
    pad({ parentElement: paper, data: [{ strokes: [], limit: data.limit }], ...handed });
  }
  receive(parentElement, (file) => live.read(file), () => void live.ready().then((network) => network.prepare()));
}

/**
 * Listen for files.
 * @param {ParentNode} root
 * @param {(file: File) => void} read
 * @param {() => void} expect called when somebody begins to choose one
 */
function receive(root, read, expect) {
  const place = part(root, ".live"), input = find(root, "input", HTMLInputElement);
  part(root, ".drop").onclick = () => {
    input.click();
    expect();
  };
  input.onchange = () => {
    if (input.files?.length) read(input.files[0]);
    input.value = ""; // the same file may be chosen again
  };
  place.ondragover = (event) => {
    event.preventDefault();
    place.classList.add("over");
  };
  place.ondragleave = () => place.classList.remove("over");
  place.ondrop = (event) => {
    event.preventDefault();
    place.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file) read(file);
  };
}

class Live {
  /**
   * @param {ParentNode} root
   * @param {Data} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.turn = 0; // of the last picture that was given
    this.palettes = { viridis: bytes(data.palettes.viridis), signed: bytes(data.palettes.signed) };
    /** @type {Promise<Network> | null} */
    this.network = null;
  }

  /** @param {string} text */
  tell(text) {
    part(this.root, ".told").textContent = text;
  }

  ready() {
    const { network: { steps }, weights } = this.data;
    return (this.network ??= unpacked(weights).then((all) => new Network(steps, all)));
  }

  /** @param {File} file */
  async read(file) {
    const turn = ++this.turn;
    try {
      const picture = await decoded(file);
      if (turn === this.turn) await this.look(picture, file.name);
    } catch {
      this.tell(`“${file.name}” cannot be shown as a picture here. Choose a PNG, JPEG or WebP.`);
    }
  }

  /**
   * Run the network on a picture and show what it sees; a later picture goes before.
   * @param {Picture} picture
   * @param {string} name
   */
  async look(picture, name) {
    const turn = ++this.turn, { data: { network } } = this, how = network.preparation;
    const found = await this.ready(), start = performance.now();
    const { pixels, size, received } = how.of === "digits" ? preparedDigit(picture, how) : prepared(picture, how);
    const maps = await found.run(received, () => turn === this.turn);
    if (!maps || turn !== this.turn) return;
    this.tell(`${name}: worked out in ${number((performance.now() - start) / 1000, 2)} s.`);
    const figure = part(this.root, ".received");
    figure.hidden = false;
    put(find(figure, "canvas", HTMLCanvasElement), [size, size], pixelsOf(pixels));
    part(figure, "figcaption").textContent = `What ${network.title} receives: ${size} × ${size}`;
    this.answer(maps[maps.length - 1].values);
    this.show(maps);
  }

  /** @param {Float32Array} logits */
  answer(logits) {
    const { data: { network, ink } } = this, shares = probabilities(logits);
    const order = shares.map((_, i) => i).sort((a, b) => shares[b] - shares[a]).slice(0, FEW);
    const values = order.map((i) => 100 * shares[i]), title = `What ${network.title} sees`;
    const names = order.map((i) => network.categories[i]), texts = order.map((i) => percent(shares[i]));
    const answer = part(this.root, ".answer");
    answer.hidden = false;
    const nobody = () => {};
    bars({
      parentElement: answer, setStateValue: nobody, setTriggerValue: nobody,
      data: [{
        title, names, series: [{ name: "probability", values, color: ink, hollow: false, texts }], low: 0, high: 100,
        axis: "probability in percent", unit: "", alt: `${title}: ${names[0]} ${texts[0]}`, file: "answer.png",
      }],
    });
  }

  /** @param {Maps[]} maps of all steps */
  show(maps) {
    const { data: { network, shown } } = this, { root, palettes } = this;
    const layers = network.steps.map(({ name, kind }, i) => ({ name, kind, maps: maps[i] }));
    showMaps(part(root, ".layers"), layers.filter(({ name }) => shown.includes(name)), palettes);
  }
}

/**
 * No share that is not all of it is said to be.
 * @param {number} share
 */
function percent(share) {
  return share > 0.9995 ? "> 99.9 %" : `${number(100 * share, 3)} %`;
}

/**
 * Opaque pixels of a canvas.
 * @param {Uint8ClampedArray} colours red, green and blue of one pixel after another
 */
function pixelsOf(colours) {
  const found = new Uint8ClampedArray((4 * colours.length) / 3).fill(255);
  for (let n = 0; n < colours.length / 3; n++) found.set(colours.subarray(3 * n, 3 * n + 3), 4 * n);
  return found;
}
