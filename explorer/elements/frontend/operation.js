// What a sliding window makes of a layer, channel by channel. The maps are in the browser: another channel or another
// place is drawn at once, and the server hears what has come to rest.
import { choiceOf } from "./shared/choice.js";
import { part } from "./shared/dom.js";
import { unpacked } from "./shared/files.js";
import { clamp } from "./shared/movement.js";
import { chosenIn, placeIn, unitChoice, written } from "./shared/unit.js";
import { filterOf } from "./window/filters.js";
import { label } from "./window/labels.js";
import { Following } from "./window/memory.js";
import { Kept, Player } from "./window/player.js";
import { mapsOf, planeOf } from "./window/sides.js";
/** @import { Given } from "./shared/dom.js" */
/** @import { Chosen } from "./shared/unit.js" */
/** @import { Pair, Plane, Rule, Window } from "./window/arithmetic.js" */
/** @import { Filter, Filters } from "./window/filters.js" */
/** @import { Side } from "./window/sides.js" */

/**
 * @typedef {Window & { source: Side, output: Side, palettes: Record<string, string>, best: Pair[], at: Chosen,
 *   channel: number, filters: Filters | null, rule: Rule, counts_padding: boolean, note: string }} Data
 */
/** @typedef {(name: string, value: unknown) => void} Send */

/** @type {WeakMap<HTMLElement, Operation>} */
const all = new WeakMap();

/** @param {Given<Data>} given */
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = part(parentElement, ".player"), operation = all.get(root) ?? new Operation(root);
  all.set(root, operation);
  operation.take(data, setTriggerValue);
  const isPart = data.filters !== null; // what is added up over all inputs stands below, and is the server's
  const ends = [
    choiceOf("channel").follow(() => void operation.show(), operation, isPart),
    unitChoice().follow(() => operation.move(), operation, isPart),
    () => operation.kept.end(),
  ];
  return () => ends.forEach((end) => end());
}

class Operation {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.kept = new Kept(new Following(), 0);
    /** @type {Player | null} */
    this.player = null;
    this.turn = 0; // what an older one still waits for is void
  }

  /**
   * @param {Data} data
   * @param {Send} send
   */
  take(data, send) {
    this.data = data;
    this.send = send;
    choiceOf("channel").hear(data.channel, 0, this);
    unitChoice().hear(written(data.at), written([null, null]), this);
    void this.show();
  }

  /** Show the chosen channel, as soon as its maps are here. */
  async show() {
    const { data, root } = this, turn = ++this.turn;
    if (!data) return;
    const channel = clamp(Number(choiceOf("channel").value), 0, data.output.shape[0] - 1);
    try {
      const at = placeIn(unitChoice().value, data.best[channel]);
      const filter = data.filters && (await filterOf(data.filters, data, channel, at));
      const read = data.filters ? filter?.input : channel;
      const [source, output] = await Promise.all([
        read === undefined ? null : planeOf(data.source, read), planeOf(data.output, channel),
      ]);
      if (turn !== this.turn) return;
      root.setAttribute("aria-busy", String(!source || !output));
      if (source && output) this.draw(data, channel, { source, output }, filter);
    } catch {
      if (turn === this.turn) part(root, ".said").textContent = "The numbers did not arrive. Reload the page.";
      return;
    }
    const parts = [...data.source.parts, ...data.output.parts, ...(data.filters?.parts ?? [])];
    for (const { url } of parts) unpacked(url).catch(() => {}); // for the next
  }

  /**
   * @param {Data} data
   * @param {number} channel
   * @param {{ source: Plane, output: Plane }} planes
   * @param {Filter | null} filter
   */
  draw(data, channel, planes, filter) {
    const { kept, root } = this, { maps, source: read, output: given } = mapsOf(
      data, { source: filter ? filter.input : channel, output: channel }, planes,
    );
    const shown = {
      ...data, source: read.view, output: given.view, source_label: read.label, output_label: given.label,
      kernel: filter && filter.kernel, signed: data.palettes.signed,
      at: placeIn(unitChoice().value, data.best[channel]),
    };
    kept.end();
    label(root, shown);
    const player = new Player(root, shown, kept, (place) => this.choose(place));
    this.player = player;
    kept.end = player.begin(Promise.resolve(maps));
  }

  /** @param {Pair} place */
  choose(place) {
    unitChoice().choose(written([...place]), (rested) => this.send?.("place", chosenIn(rested)));
  }

  /** Somebody chose another place. */
  move() {
    const { data, player } = this;
    if (!data || !player) return;
    const channel = clamp(Number(choiceOf("channel").value), 0, data.output.shape[0] - 1);
    const to = placeIn(unitChoice().value, data.best[channel]);
    if (String(to) === String(player.memory.at)) return;
    player.halt();
    player.go(to);
  }
}
