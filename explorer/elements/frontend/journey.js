// The way from the picture to the answer: columns of maps, lines between them as thick as what flows there, and what
// feeds a map and is fed by it while it is pointed at.
import { answers, bars, maps, photo } from "./journey/columns.js";
import { Lines } from "./journey/lines.js";
import { receive } from "./journey/upload.js";
import { part } from "./shared/dom.js";
/** @import { Given } from "./shared/dom.js" */

/** @typedef {{ url: string, name: string, said: string }} Node */
/** @typedef {{ title: string, detail: string, nodes: Node[] }} Column */
/** @typedef {{ title: string, detail: string, values: number[], name: string }} Numbers */
/** @typedef {{ index: number, name: string, share: number, value: string }} Answer */
/**
 * @typedef {object} Data
 * @property {string} photo
 * @property {string} alt
 * @property {string | null} evidence
 * @property {Column[]} columns
 * @property {Numbers[]} numbers
 * @property {Answer[]} answers
 * @property {number} chosen
 * @property {number[][][] | null} flows
 * @property {string} said
 */

const DRAWN = 900; // milliseconds after which all columns are there
/** @type {WeakMap<HTMLElement, string>} */
const shown = new WeakMap(); // band -> what it shows, so that what is there is not drawn a second time

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = part(parentElement, ".journey"), band = part(root, ".band"), said = part(root, ".said");
  const now = JSON.stringify([data.photo, data.columns, data.numbers, data.answers, data.evidence]);
  const isNew = shown.get(band) !== now;
  if (isNew) {
    shown.set(band, now);
    draw(band, data, setTriggerValue);
  }
  root.classList.toggle("arriving", isNew);
  band.querySelectorAll(".answer button").forEach((button, i) => {
    button.setAttribute("aria-pressed", String(data.answers[i].index === data.chosen));
  });
  const lines = new Lines(root, data.flows);
  said.textContent = data.said;
  lines.listen((words) => {
    said.textContent = words ?? data.said;
  });
  const stop = [lines.watch(), receive(root)];
  const once = new AbortController(); // whoever points there or comes with the keys: one of them is enough
  const want = () => {
    once.abort();
    setTriggerValue("wanted", true);
  };
  if (!data.flows)
    for (const coming of ["pointerenter", "focusin"]) root.addEventListener(coming, want, { signal: once.signal });
  return () => {
    once.abort();
    for (const end of stop) end();
  };
}

/**
 * @param {HTMLElement} band
 * @param {Data} data
 * @param {(name: string, value: unknown) => void} send
 */
function draw(band, data, send) {
  const columns = [
    photo(data.photo, data.alt),
    ...data.columns.map((column, i) => {
      const before = data.columns.slice(0, i).reduce((n, { nodes }) => n + nodes.length, 0);
      return maps(column, (j) => send("opened", before + j));
    }),
    ...data.numbers.map((numbers, i) => bars(numbers, () => send("numbers", i))),
    ...(data.answers.length ? [answers(data, (index) => send("chosen", index))] : []),
  ];
  columns.forEach((column, i) => {
    column.style.animationDelay = `${(DRAWN / 2 / columns.length) * i}ms`;
  });
  band.style.gridTemplateColumns = [
    "minmax(90px, 1.3fr)",
    ...data.columns.map(() => "minmax(40px, 1fr)"),
    ...data.numbers.map(() => "minmax(62px, 0.5fr)"),
    ...(data.answers.length ? ["minmax(130px, 1.9fr)"] : []),
  ].join(" ");
  band.replaceChildren(...columns);
}
