// A map over the picture. The cell under the pointer, or the one the arrow keys went to, tells its value, and the
// pixels that it can see are framed. Everything happens here: the server sent the numbers along.
export default function ({ parentElement, data: [data] }) {
  const find = (selector) => parentElement.querySelector(selector);
  const stage = find(".stage"), photo = find(".photo"), heat = find(".heat");
  const cell = find(".cell"), field = find(".field"), readout = find(".readout"), slider = find("input");
  if (photo.getAttribute("src") !== data.photo) photo.src = data.photo;
  if (heat.getAttribute("src") !== data.heat) heat.src = data.heat;
  photo.alt = data.alt;
  heat.style.imageRendering = data.pixelated ? "pixelated" : "auto";
  stage.setAttribute("aria-label", data.alt);

  const bytes = Uint8Array.from(atob(data.values), (c) => c.charCodeAt(0));
  const values = new Float32Array(bytes.buffer);
  const [height, width] = data.shape;
  const clamp = (n, limit) => Math.max(0, Math.min(limit - 1, n));

  const show = () => { heat.style.opacity = slider.value / 100; };
  if (!slider.dataset.touched) slider.value = 100 * data.opacity;
  slider.oninput = () => { slider.dataset.touched = "yes"; show(); };
  show();

  const place = (element, top, left, bottom, right, rows, columns) => {
    element.style.top = `${(100 * top) / rows}%`;
    element.style.left = `${(100 * left) / columns}%`;
    element.style.height = `${(100 * (bottom - top)) / rows}%`;
    element.style.width = `${(100 * (right - left)) / columns}%`;
    element.hidden = false;
  };

  const chart = histogram(find(".histogram"), find(".bounds"), data.histogram ? values : []);

  let at = null;
  function probe(y, x) {
    at = [clamp(y, height), clamp(x, width)];
    place(cell, at[0], at[1], at[0] + 1, at[1] + 1, height, width);
    chart.mark(values[at[0] * width + at[1]]);
    let text = `(y ${at[0]}, x ${at[1]}) = ${format(values[at[0] * width + at[1]])}`;
    if (data.field) {
      const [rows, columns] = data.size;
      const edges = [0, 1].map((axis) => {
        const limit = data.size[axis];
        if (data.field.whole) return [0, limit];
        const start = data.field.start[axis] + at[axis] * data.field.jump[axis];
        return [Math.max(0, start), Math.min(limit, start + data.field.size[axis])];
      });
      place(field, edges[0][0], edges[1][0], edges[0][1], edges[1][1], rows, columns);
      text += data.field.whole ? " · sees the whole picture"
        : ` · sees ${edges[0][1] - edges[0][0]} × ${edges[1][1] - edges[1][0]} pixels`;
    }
    readout.textContent = text;
  }

  stage.onpointermove = (event) => {
    const box = stage.getBoundingClientRect();
    probe(Math.floor(((event.clientY - box.top) / box.height) * height),
          Math.floor(((event.clientX - box.left) / box.width) * width));
  };
  stage.onkeydown = (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const from = at ?? data.start;
    probe(from[0] + step[0], from[1] + step[1]);
  };
  probe(...data.start);

  find(".ramp").style.background = `linear-gradient(to right, ${data.legend.stops.join(", ")})`;
  for (const part of ["low", "middle", "high", "unit"]) find(`.${part}`).textContent = data.legend[part];
}

function format(value) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? value.toPrecision(4) : value.toExponential(3);
}

// How often which value occurs: 40 bins for what is not zero, and one red bar for what is exactly zero.
function histogram(svg, bounds, values) {
  const finite = values.length ? values.filter(Number.isFinite) : values;
  svg.hidden = bounds.hidden = !finite.length;
  svg.style.display = finite.length ? "" : "none";
  if (!finite.length) return { mark() {} };
  let low = Infinity, high = -Infinity, zeros = 0;
  for (const value of finite) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    zeros += value === 0;
  }
  const N = 40, counts = new Array(N).fill(0);
  const place = (value) => (high > low ? (value - low) / (high - low) : 0.5);
  for (const value of finite) if (value !== 0) counts[Math.min(N - 1, Math.floor(place(value) * N))] += 1;
  const most = Math.max(zeros, ...counts);
  const bar = (x, w, count, name) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const h = (38 * count) / most;
    Object.entries({ x, y: 40 - h, width: w, height: h, class: name }).forEach(([k, v]) => rect.setAttribute(k, v));
    return rect;
  };
  const bars = counts.map((count, i) => bar((100 * i) / N, 100 / N - 0.3, count, "others"));
  if (zeros) bars.push(bar(Math.min(99, 100 * place(0)), 1, zeros, "zeros"));
  const marker = bar(0, 0.6, most, "marker");
  svg.replaceChildren(...bars, marker);
  svg.setAttribute("aria-label", `Histogram: ${finite.length} cells from ${format(low)} to ${format(high)}, ${zeros} exactly zero`);
  bounds.children[0].textContent = format(low);
  bounds.children[1].textContent = `${format(high)} · tallest bar ${most} cells` + (zeros ? ` · red: exactly zero` : "");
  return { mark: (value) => marker.setAttribute("x", Number.isFinite(value) ? 99.4 * place(value) : -10) };
}
