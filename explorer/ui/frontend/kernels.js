// Numbers in cells of their colours, and bars. Only text nodes reach the page.
export default function ({ parentElement, data: [data] }) {
  const root = parentElement.querySelector(".numbers");
  const find = (selector) => root.querySelector(selector);
  const button = find(".exact");
  const texts = []; // [element, short text, exact text]

  find(".tables").replaceChildren(...data.tables.map((table) => {
    const made = element("table");
    const caption = made.createCaption();
    caption.textContent = table.title;
    const head = made.createTHead().insertRow();
    head.append(element("td"), ...table.columns.map((name) => heading(name, "col")));
    const body = made.createTBody();
    table.cells.forEach((cells, y) => {
      const row = body.insertRow();
      row.append(heading(table.rows[y], "row"), ...cells.map((cell) => {
        const made = element("td", cell.dark ? "cell dark" : "cell");
        made.style.background = cell.color || "none";
        if (cell.exact) made.title = `${cell.label}: ${cell.exact}`;
        texts.push([made, table.printed ? cell.short : "", cell.exact]);
        return made;
      }));
    });
    return made;
  }));

  const isPrinted = data.tables.every((table) => table.printed);
  const write = () => {
    const isExact = root.dataset.exact === "yes";
    for (const [cell, short, exact] of texts) cell.textContent = isExact ? exact : short;
    find(".tables").classList.toggle("exactly", isExact);
    button.textContent = isExact ? (isPrinted ? "Short numbers" : "Colours only")
      : (isPrinted ? "Numbers in full precision" : "Print the numbers in the cells");
  };
  button.onclick = () => {
    root.dataset.exact = root.dataset.exact === "yes" ? "no" : "yes";
    write();
  };
  write();

  find(".ramp").style.background = `linear-gradient(to right, ${data.legend.stops.join(", ")})`;
  for (const part of ["low", "middle", "high", "unit"]) find(`.${part}`).textContent = data.legend[part];

  const bars = find(".bars");
  bars.hidden = !data.bars.length;
  bars.setAttribute("aria-label", data.bars_title);
  bars.replaceChildren(...data.bars.map((bar) => {
    const made = element("div", "bar");
    made.setAttribute("role", "listitem");
    const track = element("div", "track"), fill = element("div", "fill");
    fill.style.background = bar.color;
    fill.style.height = `${50 * Math.abs(bar.share)}%`;
    fill.style[bar.share < 0 ? "top" : "bottom"] = "50%";
    track.append(fill, element("div", "zero"));
    made.append(element("span", "value", bar.value), track, element("span", "label", bar.label));
    return made;
  }));
}

function element(tag, name = "", text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function heading(text, scope) {
  const made = element("th", "", text);
  made.scope = scope;
  return made;
}
