// Classes as bars, one of them chosen. Names are set as text: they may come from anywhere.
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const list = parentElement.querySelector(".ranking");
  const rows = data.rows.map((row, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(row.chosen));
    const bar = document.createElement("span");
    bar.className = "bar";
    bar.style.width = `${100 * row.share}%`;
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = row.name;
    const value = document.createElement("span");
    value.className = "value";
    value.textContent = row.value;
    button.append(bar, name, value);
    button.onclick = () => {
      rows.forEach((b, j) => b.setAttribute("aria-pressed", String(i === j)));
      setTriggerValue("chosen", row.index);
    };
    return button;
  });
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...rows);
}
