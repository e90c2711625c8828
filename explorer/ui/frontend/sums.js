// A table of numbers whose last column may be a bar. On a narrow page every row becomes a card, each number behind the
// name of its column. Only text nodes reach the page.
export default function ({ parentElement, data: [data] }) {
  const table = parentElement.querySelector("table");
  table.setAttribute("aria-label", data.alt);
  const head = document.createElement("tr");
  const isWords = data.columns.map((_, i) => data.rows.some((row) => row.cells[i].length > 28));
  head.append(...data.columns.map((name) => cell("th", name)));
  [...head.children].forEach((heading, i) => {
    heading.scope = "col";
    heading.classList.toggle("words", isWords[i]);
    heading.classList.toggle("barred", i === data.columns.length - 1 && data.rows.some((row) => row.bar !== null));
  });
  const rows = data.rows.map((row) => {
    const made = document.createElement("tr");
    if (row.strong) made.className = "strong";
    made.append(...row.cells.map((text, i) => {
      const one = cell(i ? "td" : "th", text);
      if (!i) one.scope = "row";
      one.dataset.column = data.columns[i];
      one.classList.toggle("words", isWords[i]);
      return one;
    }));
    made.lastChild.classList.toggle("barred", head.lastChild.classList.contains("barred"));
    if (row.bar !== null) {
      const bar = document.createElement("span");
      bar.className = "bar";
      bar.style.width = `${100 * Math.max(0, Math.min(1, row.bar))}%`;
      const track = document.createElement("span");
      track.className = "track";
      track.append(bar);
      made.lastChild.append(track);
    }
    return made;
  });
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...rows);
}

function cell(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
