// A network while it learns: what comes of it is seen at once, and all that has come can be played again, back and
// forth, without the server. The server is told what to do with the training itself.
import { Curves, keyOf, lineOf } from "./learning/curves.js";
import { Film } from "./learning/film.js";
import { Pane } from "./learning/pane.js";
import { Player } from "./learning/player.js";
import { Watch, moves } from "./learning/watch.js";
import { Weights, eventMark } from "./learning/weights.js";
import { find, part } from "./shared/dom.js";
import { ARROWS, clamp, toEnds } from "./shared/movement.js";
import { floats } from "./shared/numbers.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Told } from "./learning/film.js" */
/** @import { Cell, PaneData, Palettes } from "./learning/pane.js" */

/**
 * @typedef {object} Data
 * @property {string} address where its frames are to be had; "" where nothing is trained yet
 * @property {PaneData[]} panes
 * @property {Palettes} palettes
 * @property {string} status
 * @property {string} said
 * @property {number} pace steps a second; 0: as many as there can be
 */

/** @type {Readonly<Record<string, [string, string]>>} */
const MAIN = { // by the training's status: what the large button says, and does
  none: ["▶ Train", "train"], waiting: ["✕ Cancel", "cancel"], starting: ["Starting …", ""],
  playing: ["❚❚ Pause", "pause"], paused: ["▶ Go on", "play"], done: ["Trained to the end", ""],
  stopped: ["▶ Go on", "play"], failed: ["▶ Train anew", "train"], lost: ["▶ Train anew", "train"],
};
const BEGUN = ["playing", "paused", "done", "stopped"]; // where there are frames
const TYPED = "select, input:not([type=range])", PRESSED = "button, summary";

/** @type {WeakMap<Node, Learning>} */
const kept = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const shown = kept.get(parentElement) ?? new Learning(parentElement);
  kept.set(parentElement, shown);
  shown.take(data, setTriggerValue);
}

class Learning {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    const button = (/** @type {string} */ name) => find(root, name, HTMLButtonElement);
    this.root = root;
    this.stage = part(root, ".stage");
    this.main = button(".main");
    this.one = button(".one");
    this.anew = button(".anew");
    this.replay = button(".replay");
    this.here = button(".here");
    this.open = button(".open");
    this.pace = find(root, ".pace", HTMLSelectElement);
    this.rate = find(root, ".rate", HTMLSelectElement);
    this.scrub = find(root, ".scrub", HTMLInputElement);
    this.marks = part(root, ".marks");
    this.curves = new Curves(find(root, ".curves", SVGSVGElement));
    this.form = find(root, "form", HTMLFormElement);
    this.weights = new Weights(this.form, (pane, cell) => this.choose(pane, cell), (pane, cell, value) =>
      this.send("edit", [pane, ...cell, value]));
    /** @type {Pane[]} */
    this.panes = [];
    /** @type {Film[]} */
    this.films = [];
    /** @type {[number, string][]} */
    this.events = [];
    this.of = "";
    this.status = "none";
    /** @type {(name: string, value: unknown) => void} */
    this.send = () => {};
    const isSeen = () => this.stage.isConnected;
    this.player = new Player({
      last: () => this.last, rate: () => Number(this.rate.value), isSeen, draw: () => this.draw(),
    });
    this.watch = new Watch(this, isSeen);
    this.listen();
  }

  listen() {
    const { player } = this;
    this.main.onclick = () => this.act(this.main.value);
    this.one.onclick = () => this.act("step");
    this.anew.onclick = () => this.act("train");
    this.pace.onchange = () => this.send("pace", Number(this.pace.value));
    this.replay.onclick = () => (player.isPlaying ? player.halt() : player.play());
    this.rate.onchange = () => player.isPlaying && player.play();
    this.here.onclick = () => this.send("rewind", this.line.step(player.at));
    this.scrub.oninput = () => player.go(this.line.nearest(Number(this.scrub.value)));
    this.open.onclick = () => this.show(this.form.hidden === true);
    part(this.root, ".learning").addEventListener("keydown", (event) => this.press(event));
    new ResizeObserver(() => this.lay()).observe(part(this.root, ".strip"));
  }

  /**
   * @param {Data} data
   * @param {(name: string, value: unknown) => void} send
   */
  take(data, send) {
    const of = JSON.stringify([data.address, data.panes.map((pane) => pane.layout)]);
    this.data = data;
    this.send = send;
    this.pace.value = String(data.pace);
    this.fit(data);
    if (of !== this.of) {
      this.of = of;
      this.films = data.panes.map((pane) => new Film(pane.layout));
      this.films.forEach((film, i) => film.take(0, floats(data.panes[i].first ?? "")));
      this.events = [];
      this.player.reset();
      this.show(false);
      this.weights.fit(data.panes.map((pane) => pane.title), this.films[0]);
    }
    this.tell(data.status, data.said);
    this.watch.follow(data.address, data.panes.map((pane) => pane.layout.n_floats));
    this.lay();
  }

  /**
   * As many panes as there are networks.
   * @param {Data} data
   */
  fit({ panes, palettes }) {
    const { content } = find(this.root, "template", HTMLTemplateElement);
    if (this.panes.length !== panes.length) {
      this.panes = panes.map((_, i) => {
        const place = part(/** @type {DocumentFragment} */ (content.cloneNode(true)), ".pane");
        return new Pane(place, (cell) => this.choose(i, cell));
      });
      this.stage.replaceChildren(...this.panes.map((pane) => pane.place));
      this.stage.classList.toggle("two", panes.length > 1);
    }
    this.panes.forEach((pane, i) => pane.take(panes[i], palettes, panes.length === 1));
    part(this.root, ".key").replaceChildren(...keyOf(panes.length));
    this.panes.forEach(({ place }, i) =>
      part(place, ".line").replaceChildren(...(panes.length > 1 ? [lineOf(`held pane-${i}`)] : [])));
  }

  /**
   * What is new.
   * @param {Told} told
   * @param {Float32Array[]} sent
   */
  hear(told, sent) {
    const was = this.status, { player } = this, before = this.last < 0 ? -1 : this.line.lastStep;
    const shown = this.last < 0 ? 0 : this.line.step(clamp(player.at, 0, this.last));
    this.films.forEach((film, i) => film.take(told.firsts[i], sent[i]));
    const isNew = told.counts.some(Boolean) || JSON.stringify(told.events) !== this.marks.dataset.events;
    const isCut = this.last >= 0 && this.line.lastStep < before;
    this.events = told.events;
    this.marks.dataset.events = JSON.stringify(told.events);
    this.tell(told.status, told.said);
    const begins = !BEGUN.includes(was) && BEGUN.includes(told.status);
    if (begins || (moves(was) && !moves(told.status))) this.send("turned", told.status);
    if (this.last >= 0 && !player.follows) player.at = this.line.nearest(shown); // of whose frames some may have gone
    if (isNew) this.lay();
    if (isCut || player.follows) player.follow();
  }

  /** @param {string} why */
  lose(why) {
    this.tell("lost", why);
    this.send("turned", "lost");
  }

  /**
   * @param {string} status
   * @param {string} said
   */
  tell(status, said) {
    const [label, does] = MAIN[status] ?? MAIN.none, isThere = Boolean(this.data?.address);
    this.status = status;
    this.main.textContent = label;
    this.main.value = does;
    this.main.disabled = !does;
    this.one.disabled = !["playing", "paused", "stopped"].includes(status);
    this.anew.hidden = !isThere || does === "train";
    const place = part(this.root, ".said");
    if (place.textContent !== said) place.textContent = said;
  }

  /** @param {string} what */
  act(what) {
    if (["train", "play", "step"].includes(what)) this.player.follow();
    this.main.disabled = true; // until there is an answer
    this.send("act", what);
  }

  /** The film that has come farthest: the others are seen as they were at its steps. */
  get line() {
    return this.films.reduce((line, film) => (film.lastStep > line.lastStep ? film : line));
  }

  get last() {
    return this.films.every((film) => film.count) ? this.line.count - 1 : -1;
  }

  /** The strips and the slider, as wide as there is room. */
  lay() {
    const width = part(this.root, ".strip").clientWidth;
    if (!width || this.last < 0) return;
    this.curves.draw(this.films, width);
    this.scrub.max = String(this.curves.last);
    this.scrub.disabled = this.last < 1;
    this.marks.replaceChildren(...this.events.map(([step, said]) => {
      const mark = eventMark(said);
      mark.style.left = `${this.curves.x(step)}px`;
      mark.onclick = () => this.player.go(this.line.nearest(step));
      return mark;
    }));
    this.draw();
  }

  draw() {
    const { films, last, root, player } = this;
    if (last < 0) return;
    const i = clamp(player.at, 0, last), step = this.line.step(i), isLast = i === last;
    this.panes.forEach((pane, n) => pane.draw(films[n], films[n].at(step)));
    this.curves.show(step);
    this.scrub.value = String(step);
    this.scrub.setAttribute("aria-valuetext", `Step ${step}. ${this.panes.map((pane) => pane.said).join("; ")}`);
    part(root, ".step").textContent = `Step ${step.toLocaleString("en")}`;
    part(root, ".event").textContent = this.events.filter(([when]) => when <= step).at(-1)?.[1] ?? "";
    this.here.disabled = isLast || !this.data?.address || this.status === "waiting";
    this.replay.textContent = player.isPlaying ? "❚❚ Stop" : "▶ Play again";
    this.replay.disabled = last < 1;
    this.stage.dataset.shown = String(i);
    this.stage.dataset.frames = String(last + 1);
    if (this.form.hidden) return;
    const pane = Math.max(0, this.weights.pane.selectedIndex);
    this.weights.show(films[pane], films[pane].at(step), isLast, Boolean(this.data?.address));
  }

  /**
   * @param {number} pane
   * @param {Cell} cell
   */
  choose(pane, cell) {
    this.form.hidden = false;
    this.open.setAttribute("aria-expanded", "true");
    this.weights.fit(this.data?.panes.map((one) => one.title) ?? [], this.films[pane]);
    this.weights.select(pane, cell);
    this.panes.forEach((one, i) => one.select(i === pane ? cell : null));
    this.draw();
  }

  /**
   * The boxes for a weight, or none.
   * @param {boolean} isOpen
   */
  show(isOpen) {
    if (isOpen) return this.choose(0, [0, 0, 0, 0]);
    this.form.hidden = true;
    this.open.setAttribute("aria-expanded", "false");
    for (const pane of this.panes) pane.select(null);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const [target] = event.composedPath(), { player } = this;
    const is = (/** @type {string} */ kind) => target instanceof Element && target.matches(kind);
    if (is(TYPED) || event.ctrlKey || event.metaKey || event.altKey) return;
    const ends = toEnds(player.at, this.last + 1);
    const step = ARROWS[event.key]?.[1] || (event.key in ends ? ends[event.key] : null);
    if (event.key === " " && !is(PRESSED)) this.replay.click();
    else if (step !== null && this.last > 0) player.go(player.at + step);
    else return;
    event.preventDefault();
  }
}
