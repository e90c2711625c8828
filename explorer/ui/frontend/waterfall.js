// A sum from top to bottom: each bar begins where the one above it ended. Rows that stand for a channel have its map
// beside them and can be chosen, by mouse, touch or arrow keys. Only text nodes reach the page.
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const list = parentElement.querySelector(".waterfall");
  const hadFocus = list.contains(list.getRootNode().activeElement);
  list.setAttribute("aria-label", data.alt);
  const buttons = [];

  list.replaceChildren(...data.rows.map((row) => {
    const item = element("div", "item");
    item.setAttribute("role", "listitem");
    const line = element(row.input === null ? "div" : "button", `row ${row.kind}`);
    const tile = element("span", "tile");
    if (row.tile >= 0) {
      tile.style.backgroundImage = `url("${data.sheet}")`;
      tile.style.backgroundSize = `100% ${100 * data.n_tiles}%`;
      tile.style.backgroundPosition = `0 ${data.n_tiles > 1 ? (100 * row.tile) / (data.n_tiles - 1) : 0}%`;
    } else tile.classList.add("none");
    const track = element("span", "track"), bar = element("span", "bar"), zero = element("span", "zero");
    bar.style.left = `${100 * Math.min(row.start, row.end)}%`;
    bar.style.width = `${100 * Math.abs(row.end - row.start)}%`;
    if (row.kind !== "result") bar.style.background = data.colors[row.kind];
    zero.style.left = `${100 * data.zero}%`;
    track.append(zero, bar);
    line.append(tile, element("span", "name", row.name), element("span", "note", row.note), track,
                element("span", "value", row.value));
    if (row.input !== null) {
      line.type = "button";
      line.tabIndex = -1;
      line.setAttribute("aria-pressed", String(row.input === data.selected));
      line.setAttribute("aria-label", `${row.name}: ${row.note ? `${row.note} = ` : ""}${row.value}`);
      line.onclick = () => choose(buttons.indexOf(line));
      buttons.push(line);
    }
    item.append(line);
    return item;
  }));
  list.classList.toggle("plain", !data.n_tiles);

  const inputs = data.rows.filter((row) => row.input !== null).map((row) => row.input);
  const current = Math.max(0, inputs.indexOf(data.selected));
  if (buttons.length) buttons[current].tabIndex = 0; // one stop for the Tab key, arrows inside
  if (hadFocus && buttons.length) buttons[current].focus({ preventScroll: true });

  function mark(at) {
    buttons.forEach((button, i) => {
      button.tabIndex = i === at ? 0 : -1;
      button.setAttribute("aria-pressed", String(i === at));
    });
    buttons[at].focus({ preventScroll: true });
    buttons[at].scrollIntoView({ block: "nearest" });
  }

  function choose(at) {
    mark(at);
    setTriggerValue("chosen", inputs[at]);
  }

  let waiting;
  list.onkeydown = (event) => {
    const at = buttons.indexOf(event.target);
    const step = { ArrowUp: -1, ArrowDown: 1, Home: -at, End: buttons.length - 1 - at }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const to = at + step;
    if (to < 0 || to >= buttons.length) return;
    mark(to);
    clearTimeout(waiting); // a held key moves at once, the server hears where it stopped
    waiting = setTimeout(() => setTriggerValue("chosen", inputs[to]), 80);
  };
  return () => clearTimeout(waiting);
}

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}
