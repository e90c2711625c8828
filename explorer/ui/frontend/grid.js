// A picture cut into cells, one of which is chosen: by mouse, by touch, or with the arrow keys.
// Only numbers and text nodes reach the page: labels are data and never become markup.
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = parentElement.querySelector(".grid");
  const sheet = root.querySelector("img");
  const cells = root.querySelector(".cells");
  if (sheet.getAttribute("src") !== data.url) sheet.src = data.url;
  sheet.alt = data.alt;

  const rows = Math.ceil(data.labels.length / data.columns);
  cells.style.gridTemplate = `repeat(${rows}, 1fr) / repeat(${data.columns}, 1fr)`;
  cells.setAttribute("role", "grid");
  cells.setAttribute("aria-label", data.alt);

  const hadFocus = cells.contains(cells.getRootNode().activeElement);
  const buttons = data.labels.map((label, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.setAttribute("role", "gridcell");
    button.setAttribute("aria-selected", String(i === data.selected));
    button.tabIndex = i === Math.max(0, data.selected) ? 0 : -1; // one stop for the Tab key, arrows inside
    if (data.captions) {
      const caption = document.createElement("span");
      caption.textContent = data.captions[i];
      button.append(caption);
    }
    button.onclick = () => choose(i);
    return button;
  });
  cells.replaceChildren(...buttons);
  if (hadFocus && buttons.length) buttons[Math.max(0, data.selected)].focus({ preventScroll: true });

  function choose(i) {
    buttons.forEach((b, j) => b.setAttribute("aria-selected", String(i === j)));
    buttons[i].focus({ preventScroll: true });
    setTriggerValue("chosen", i);
  }

  const legend = parentElement.querySelector(".legend");
  legend.hidden = !data.legend;
  if (data.legend) {
    legend.querySelector(".ramp").style.background = `linear-gradient(to right, ${data.legend.stops.join(", ")})`;
    for (const part of ["low", "middle", "high", "unit"])
      legend.querySelector(`.${part}`).textContent = data.legend[part];
  }

  let waiting;
  cells.onkeydown = (event) => {
    const at = buttons.findIndex((b) => b === event.target);
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -data.columns, ArrowDown: data.columns,
                    Home: -at, End: buttons.length - 1 - at };
    if (at < 0 || !(event.key in steps)) return;
    event.preventDefault();
    const to = at + steps[event.key];
    if (to < 0 || to >= buttons.length) return;
    buttons.forEach((b, j) => {
      b.tabIndex = j === to ? 0 : -1;
      b.setAttribute("aria-selected", String(j === to));
    });
    buttons[to].focus({ preventScroll: true });
    clearTimeout(waiting); // a held key moves at once, the server hears where it stopped
    waiting = setTimeout(() => setTriggerValue("chosen", to), 80);
  };
  return () => clearTimeout(waiting);
}
