// One network out of many: a search field and, under headings, what it leaves. The focus stays in the field, so that
// one can go on typing; the arrow keys move a mark through the list. All text is set as text.
const PAGE = 6; // rows that PageUp and PageDown pass over
const lists = new WeakMap(); // list -> where it stands, from rerun to rerun

export default function ({ parentElement, data: [data], setTriggerValue }) {
  const search = parentElement.querySelector("input");
  const list = parentElement.querySelector(".list");
  const found = parentElement.querySelector(".found");
  const isNew = !lists.has(list);
  if (isNew) lists.set(list, { active: null });
  const state = lists.get(list);
  const top = list.scrollTop;

  const rows = [];
  const groups = data.groups.map(({ heading, rows: members }, g) => {
    const group = element("div", "group");
    group.setAttribute("role", "group");
    const title = element("div", "heading", heading);
    title.id = `group-${g}`;
    group.setAttribute("aria-labelledby", title.id);
    group.append(title);
    for (const row of members) {
      const option = element("div", "row");
      option.id = `row-${rows.length}`;
      option.setAttribute("role", "option");
      option.append(
        element("span", "title", row.title),
        element("span", "here", row.is_here ? "● here" : "○ to fetch"),
        element("span", "facts", row.facts),
      );
      option.dataset.name = row.name;
      option.dataset.words = row.words;
      option.onclick = () => choose(option);
      // moves, not appearing under a resting pointer: the keys would lose the mark to it
      option.onpointermove = () => mark(option);
      rows.push(option);
      group.append(option);
    }
    return group;
  });
  list.replaceChildren(...groups);
  select(data.chosen);
  filter();
  list.scrollTop = top;

  function select(name) {
    for (const row of rows) row.setAttribute("aria-selected", String(row.dataset.name === name));
  }

  function filter() {
    const words = search.value.toLowerCase().split(/[^\p{L}\p{N}.]+/u).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((word) => row.dataset.words.includes(word));
    for (const group of groups) group.hidden = !group.querySelector(".row:not([hidden])");
    const left = new Set(shown().map((row) => row.dataset.name)).size;
    const all = new Set(rows.map((row) => row.dataset.name)).size;
    found.textContent = left
      ? words.length ? `${left} of ${all} networks` : `${all} networks`
      : `No network matches “${search.value.trim()}”. Try part of a name, a family or a year.`;
    const kept = shown().find((row) => row.id === state.active);
    mark(kept ?? shown().find((row) => row.getAttribute("aria-selected") === "true") ?? shown()[0]);
  }

  function shown() {
    return rows.filter((row) => !row.hidden);
  }

  function mark(row) {
    for (const other of rows) other.classList.toggle("active", other === row);
    state.active = row?.id ?? null;
    if (row) search.setAttribute("aria-activedescendant", row.id);
    else search.removeAttribute("aria-activedescendant");
  }

  // Only the list scrolls: scrollIntoView would move the page under it as well.
  function reveal(row, centred) {
    if (!row) return;
    const box = row.getBoundingClientRect(), frame = list.getBoundingClientRect();
    const heading = row.parentElement.firstChild.offsetHeight; // it stays on top of its group
    const above = box.top - frame.top - heading, below = box.bottom - frame.bottom;
    if (centred) list.scrollTop += (above + below) / 2;
    else if (above < 0) list.scrollTop += above;
    else if (below > 0) list.scrollTop += below;
  }

  function choose(row) {
    mark(row);
    select(row.dataset.name);
    setTriggerValue("chosen", row.dataset.name);
  }

  search.oninput = () => {
    state.active = null;
    list.scrollTop = 0;
    filter();
    if (!search.value) reveal(rows.find((row) => row.id === state.active), true);
  };
  search.onkeydown = (event) => {
    const left = shown(), at = left.findIndex((row) => row.id === state.active);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE };
    if (event.key in steps && left.length) {
      event.preventDefault();
      const to = left[Math.max(0, Math.min(left.length - 1, at + steps[event.key]))];
      mark(to);
      reveal(to, false);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      choose(left[at]);
    }
  };

  if (isNew) {
    // What opens may be laid out a moment after it is made; with nothing to see there is nothing to scroll.
    state.observer = new ResizeObserver(() => {
      const isOpen = list.clientHeight > 0;
      if (isOpen && !state.wasOpen) {
        state.opened();
        // a finger would get the keyboard over the list
        if (matchMedia("(pointer: fine)").matches) search.focus({ preventScroll: true });
      }
      state.wasOpen = isOpen;
    });
    state.observer.observe(list);
  }
  state.opened = () => reveal(rows.find((row) => row.id === state.active), true);
  return () => state.observer.disconnect();
}

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}
