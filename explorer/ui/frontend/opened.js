// A sum taken apart: bars each of which goes on where the one before ended, a table of products, and the steps behind it with their ticks. All
// texts come from the server and become text nodes.
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const place = find(".bars");
  const focused = place.contains(place.getRootNode().activeElement)
    ? place.getRootNode().activeElement.dataset.input : null;
  place.setAttribute("aria-label", data.bars_title);
  const [negative, positive] = [data.colors[3], data.colors[data.colors.length - 4]];
  place.replaceChildren(element("div", "title", data.bars_title), ...data.bars.map((bar, i) => {
    const row = element(bar.input === null ? "div" : "button", i === data.bars.length - 1 ? "bar sum" : "bar");
    const track = element("span", "track"), fill = element("span", "fill");
    const [low, high] = [Math.min(bar.from, bar.to), Math.max(bar.from, bar.to)];
    fill.style.left = `${100 * low}%`;
    fill.style.width = `${100 * (high - low)}%`;
    fill.style.background = bar.to < bar.from ? negative : positive;
    fill.hidden = low === high;
    track.style.setProperty("--zero", `${100 * data.bars[data.bars.length - 1].from}%`);
    track.append(fill);
    row.append(element("span", "name", bar.name), track, element("span", "value", bar.text));
    if (bar.input !== null) {
      row.type = "button";
      row.dataset.input = bar.input;
      row.title = `Show ${bar.name} above`;
      row.onclick = () => setTriggerValue("chosen", bar.input);
    }
    return row;
  }));
  if (focused !== null) place.querySelector(`[data-input="${Number(focused)}"]`)?.focus({ preventScroll: true });

  const table = element("table", ""), head = element("tr", "");
  const caption = element("caption", "title", data.products_title);
  head.append(...data.columns.map((name) => Object.assign(element("th", "", name), { scope: "col" })));
  table.append(caption, head, ...data.products.map((cells) => {
    const row = element("tr", "");
    row.append(...cells.map((text) => element("td", "", text)));
    return row;
  }));
  find(".products").replaceChildren(table, ...(data.rest ? [element("div", "rest", data.rest)] : []));

  find(".ledger").replaceChildren(...data.ledger.map((step) => {
    const row = element("div", "step"), who = element("span", "who", step.name);
    who.append(element("small", "", step.kind));
    const value = element("span", "is", `= ${step.value}`);
    value.title = step.exact;
    row.append(who, element("span", "formula", step.formula), value,
      element("span", step.agrees ? "tick right" : "tick wrong", step.recorded));
    return row;
  }));
}
