// Rows of bars that tell a change; names are set as text: they may come from anywhere.
export default function ({ parentElement, data: [data] }) {
  const list = parentElement.querySelector(".changes");
  const element = (className, text) => {
    const made = document.createElement("div");
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  list.replaceChildren(...data.rows.map((row) => {
    const item = element("row");
    item.setAttribute("role", "listitem");
    item.append(element("name", row.name), element("value", row.value));
    for (const kind of ["before", "after"]) {
      if (row[kind] === null) continue;
      const bar = element(`bar ${kind}`);
      bar.style.width = `${100 * Math.max(0, Math.min(1, row[kind]))}%`;
      item.append(bar);
    }
    return item;
  }));
}
