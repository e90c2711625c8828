// Pictures in rows and columns with headings, on one or more sheets; where cells can be chosen, by mouse, touch or the
// arrow keys. Only numbers and text nodes reach the page: headings and labels are data and never become markup.
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const strip = parentElement.querySelector(".strip");
  const scroll = parentElement.querySelector(".scroll");
  const n = data.columns.length;
  const has = data.rows.some((name) => name);
  const hadFocus = strip.contains(strip.getRootNode().activeElement);
  strip.style.gridTemplateColumns = `${has ? "auto" : "0"} repeat(${n}, minmax(${Math.min(64, data.width)}px, ${data.width}px))`;

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const parts = [element("div", "head", "")];
  for (const [title, note] of data.columns) {
    const head = element("div", "head");
    title.split(".").forEach((part, i) => { // a long dotted name may break at its dots
      if (i) head.append(".", document.createElement("wbr"));
      head.append(part);
    });
    if (note) head.append(element("small", "", note));
    parts.push(head);
  }

  const cells = [];
  let row = 0;
  data.sheets.forEach((sheet, number) => {
    const names = element("div", "names");
    names.style.gridTemplateRows = `repeat(${sheet.rows}, 1fr)`;
    names.style.paddingRight = has ? "6px" : "0";
    for (const name of data.rows.slice(row, row + sheet.rows)) names.append(element("span", "", name));
    row += sheet.rows;
    const holder = element("div", sheet.smooth ? "sheet smooth" : "sheet");
    holder.style.gridColumn = `2 / span ${n}`;
    const old = strip.querySelectorAll("img")[number];
    const picture = old ?? document.createElement("img"); // the one that is there stays until the next has come
    if (picture.getAttribute("src") !== sheet.url) picture.src = sheet.url;
    picture.alt = number ? "" : data.alt;
    holder.append(picture);
    if (data.labels) {
      const overlay = element("div", "cells");
      overlay.style.gridTemplate = `repeat(${sheet.rows}, 1fr) / repeat(${n}, 1fr)`;
      overlay.setAttribute("role", "grid");
      overlay.setAttribute("aria-label", data.alt);
      data.labels.slice(cells.length, cells.length + sheet.rows * n).forEach((label) => {
        const i = cells.length;
        const cell = document.createElement(label === null ? "span" : "button");
        if (label !== null) {
          cell.type = "button";
          cell.title = label;
          cell.setAttribute("aria-label", label);
          cell.setAttribute("role", "gridcell");
          cell.setAttribute("aria-selected", String(i === data.selected));
          cell.onclick = () => choose(i);
        }
        cells.push(cell);
        overlay.append(cell);
      });
      holder.append(overlay);
    }
    parts.push(names, holder);
  });
  strip.replaceChildren(...parts);

  const buttons = cells.filter((cell) => cell.tagName === "BUTTON");
  const start = data.labels && cells[data.selected]?.tagName === "BUTTON" ? cells[data.selected] : buttons[0];
  buttons.forEach((button) => { button.tabIndex = button === start ? 0 : -1; }); // one stop for the Tab key
  if (hadFocus) start?.focus({ preventScroll: true });
  if (buttons.length) scroll.removeAttribute("tabindex");
  else scroll.tabIndex = 0; // so that the arrow keys can move what is wider than the page
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", data.alt);

  function choose(i) {
    cells.forEach((cell, j) => cell.tagName === "BUTTON" && cell.setAttribute("aria-selected", String(i === j)));
    cells[i].focus({ preventScroll: true });
    setTriggerValue("chosen", i);
  }

  let waiting;
  strip.onkeydown = (event) => {
    const at = cells.indexOf(event.target);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -n, ArrowDown: n }[event.key];
    if (at < 0 || !step) return;
    event.preventDefault();
    let to = at + step;
    while (cells[to] && cells[to].tagName !== "BUTTON") to += step; // over what is blank
    if (!cells[to]) return;
    buttons.forEach((button) => {
      button.tabIndex = button === cells[to] ? 0 : -1;
      button.setAttribute("aria-selected", String(button === cells[to]));
    });
    cells[to].focus();
    clearTimeout(waiting); // a held key moves at once, the server hears where it stopped
    waiting = setTimeout(() => setTriggerValue("chosen", to), 80);
  };

  const legend = parentElement.querySelector(".legend");
  legend.hidden = !data.legend;
  if (data.legend) {
    legend.querySelector(".ramp").style.background = `linear-gradient(to right, ${data.legend.stops.join(", ")})`;
    for (const part of ["low", "middle", "high", "unit"])
      legend.querySelector(`.${part}`).textContent = data.legend[part];
  }
  return () => clearTimeout(waiting);
}
