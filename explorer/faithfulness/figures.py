"""How a map of evidence was judged, in pictures: curves, boxes, what is kept of the picture, which maps agree, and what
becomes of a map when the network forgets."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..attribution.figures import map_scale
from ..drawing.color import Scale, palette
from ..drawing.picture import Pixels, mosaic, overlay, png_of_pixels, visible
from ..trace import FloatArray
from .curves import ReportCard
from .randomisation import Sanity
from .scores import Box

_WIDTH, _HEIGHT, _FONT, _FINE = 680, 400, 24, 4  # pixels of a chart, and how many are drawn for each of them
_INKS = {"light": ("#ffffff", "#1f2329", "#d5dae1"), "dark": ("#161616", "#ebebeb", "#3a3f47")}  # paper, ink, grid
_COLORS = ("#d55e00", "#2b8cd6", "#009e73", "#cc79a7", "#e69f00")  # Okabe & Ito: colour-blind readers tell them apart
_LEAST = 1e-5  # where the axis of probabilities ends at least
_CELL, _SMALL, _LARGE = 60, 24, 28  # of a matrix: a square, the letters in it and beside it
_CORRELATION = Scale(-1, 1, "signed")

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_Place = Callable[[float, float], tuple[float, float]]  # where a step and a value lie on the picture


@dataclass(frozen=True, eq=False)
class Line:
    """A line of a chart: its name in the legend, and a value for each step, NaN where there is none."""

    name: str
    values: FloatArray


@dataclass(frozen=True)
class Axes:
    """What a chart is drawn between: the lowest and highest value, the ticks by their values and by their steps, and
    what the steps are."""

    low: float
    high: float
    values: Mapping[float, str]
    steps: Mapping[int, str]
    below: str


def curves_png(card: ReportCard, category: str, step: int | None = None, theme: str = "light") -> bytes:
    """The class's probability while pixels are deleted and while they are inserted, with both areas; `step` is marked.
    `theme` is "light" or "dark"."""
    deletion, insertion = card.deletion, card.insertion
    n = deletion.n_steps
    highest = max(_LEAST, *(float(curve.probabilities.max()) for curve in (deletion, insertion)))
    step_of = _round_step(highest)
    n_ticks = math.ceil(highest / step_of - 1e-6)
    axes = Axes(
        0.0, n_ticks * step_of, {i * step_of: f"{100 * i * step_of:.3g} %" for i in range(n_ticks + 1)},
        {i: f"{100 * i / n:.0f} %" for i in sorted({round(n * k / 4) for k in range(5)})},
        "pixels changed, the map’s highest first",
    )  # fmt: skip
    lines = (
        Line(f"deletion, area {deletion.area:.3f}", deletion.probabilities),
        Line(f"insertion, area {insertion.area:.3f}", insertion.probabilities),
    )
    return _chart(lines, f"Probability of “{_short(category)}”", axes, step, theme)


def correlations_png(found: Mapping[str, Sanity], kind: str, step: int | None = None, theme: str = "light") -> bytes:
    """The rank correlation of each method's map with its first one, by the number of blocks that are randomised;
    `kind` is "signed" or "absolute". No point where there is no map to compare."""
    lines = [Line(name, correlations(one, kind)) for name, one in found.items()]
    n = max(len(line.values) for line in lines) - 1
    title = {"signed": "Rank correlation with the first map", "absolute": "The same without the signs"}[kind]
    ticks = {-1.0: "-1", -0.5: "-0.5", 0.0: "0", 0.5: "0.5", 1.0: "1"}
    steps = {i: str(i) for i in range(0, n + 1, 1 + n // 13)}
    return _chart(lines, title, Axes(-1.0, 1.0, ticks, steps, "blocks that have forgotten, from the last"), step, theme)


def correlations(found: Sanity, kind: str) -> FloatArray:
    """(n + 1,): "signed" or "absolute" for 0 to n blocks, from 1 on; NaN where a step has no map to compare."""
    values = [getattr(step, kind) for step in found.steps]
    return np.array([1.0, *(math.nan if value is None else value for value in values)], np.float32)


def _round_step(high: float) -> float:
    """A round distance of ticks, so that two to five of them reach `high`."""
    power = 10 ** math.floor(math.log10(high))
    return next(step * power for step in (0.2, 0.25, 0.5, 1, 2, 5) if high / (step * power) <= 5)


def _chart(lines: Sequence[Line], title: str, axes: Axes, at: int | None, theme: str) -> bytes:
    paper, ink, faint = _INKS[theme]
    font = ImageFont.load_default(_FONT * _FINE)
    names = _places_of_names(lines, font)
    high = _HEIGHT + names[-1][1] - names[0][1]
    image = Image.new("RGB", (_WIDTH * _FINE, high * _FINE), paper)
    draw = ImageDraw.Draw(image)
    left, right, upper, lower = (n * _FINE for n in (104, _WIDTH - 40, high - _HEIGHT + 92, high - 76))
    n = max(axes.steps)

    def place(step: float, value: float) -> tuple[float, float]:
        share = (value - axes.low) / (axes.high - axes.low)
        return left + (right - left) * step / max(1, n), lower - (lower - upper) * share

    draw.text((0, 0), title, ink, font)
    for value, text in axes.values.items():
        y = place(0, value)[1]
        draw.line((left, y, right, y), ink if value == 0 else faint, (2 if value == 0 else 1) * _FINE)
        draw.text((left - 12 * _FINE, y), text, ink, font, anchor="rm")
    for step, text in axes.steps.items():
        draw.text((place(step, axes.low)[0], lower + 10 * _FINE), text, ink, font, anchor="ma")
    draw.text(((left + right) / 2, (high - 32) * _FINE), axes.below, ink, font, anchor="ma")
    if at is not None:
        x = place(at, 0)[0]
        draw.line((x, upper, x, lower), ink, 2 * _FINE)
    _draw_lines(draw, lines, place, at, ink)
    for line, color, (x, y) in zip(lines, _colors(len(lines)), names, strict=True):  # each behind its colour
        draw.line((x * _FINE, y * _FINE, (x + 30) * _FINE, y * _FINE), color, 6 * _FINE)
        draw.text(((x + 38) * _FINE, y * _FINE), line.name.replace("×", "x"), ink, font, anchor="lm")  # it has no ×
    return _png(image.reduce(2))


def _draw_lines(draw: ImageDraw.ImageDraw, lines: Sequence[Line], place: _Place, at: int | None, ink: str) -> None:
    """Each line in its colour, its points as large as they have room, the one at a step larger still."""
    for line, color in zip(lines, _colors(len(lines)), strict=True):
        known = [(i, float(value)) for i, value in enumerate(line.values) if math.isfinite(value)]
        for (i, value), (j, following) in pairwise(known):
            if j == i + 1:
                draw.line((*place(i, value), *place(j, following)), color, 4 * _FINE)
        for i, value in known:
            radius = (9 if i == at else 5 if len(line.values) <= 20 else 3) * _FINE
            draw.circle(place(i, value), radius, color, ink if i == at else None, 2 * _FINE if i == at else 0)


def _places_of_names(lines: Sequence[Line], font: _Font) -> list[tuple[int, int]]:
    """(x, y) of each line's name under the title, in as many rows as they need."""
    places, x, y = [], 0, 60
    for line in lines:
        width = 38 + math.ceil(font.getlength(line.name) / _FINE)
        if x and x + width > _WIDTH:
            x, y = 0, y + _FONT + 10
        places.append((x, y))
        x += width + 24
    return places


def _colors(n: int) -> tuple[str, ...]:
    return tuple(_COLORS[i % len(_COLORS)] for i in range(n))


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# Pictures at a step


def steps_png(card: ReportCard, step: int) -> bytes:
    """The pictures at one step, that of the deletion left, that of the insertion right."""
    both = [visible(curve.at_step(step)) for curve in (card.deletion, card.insertion)]
    gap = np.full((len(both[0]), max(4, both[0].shape[1] // 40), 3), 255, np.uint8)
    return png_of_pixels(np.concatenate([both[0], gap, both[1]], axis=1))


def boxes_png(pixels: Pixels, values: FloatArray, scale: Scale, boxes: Mapping[str, Box | None]) -> bytes:
    """The map over the picture, with frames in the colours of BOX_COLORS around what each box holds, (top, left,
    bottom, right) in pixels of the picture."""
    shown = overlay(pixels, values, scale)
    factor = max(1, 448 // max(pixels.shape[:2]))
    image = Image.fromarray(shown.repeat(factor, axis=0).repeat(factor, axis=1))
    draw = ImageDraw.Draw(image)
    for name, box in boxes.items():
        if box is not None:
            top, left, bottom, right = (edge * factor for edge in box)
            draw.rectangle((left, top, right - 1, bottom - 1), outline="#000000", width=6)
            draw.rectangle((left + 1, top + 1, right - 2, bottom - 2), outline=BOX_COLORS[name], width=4)
    return _png(image)


BOX_COLORS = {"given": "#ffffff", "found": "#56b4e9"}  # each set off by black: seen on any map


# Which maps agree


def matrix_png(matrix: NDArray[np.float64], names: Sequence[str], theme: str = "light") -> bytes:
    """Rank correlations, a square a pair with its number, from -1 (blue) over 0 (white) to 1 (red). Rows have names,
    columns the numbers of the rows."""
    paper, ink, grid = _INKS[theme]
    font, small = ImageFont.load_default(_LARGE), ImageFont.load_default(_SMALL)
    rows = [f"{i + 1}  {name}" for i, name in enumerate(names)]
    left = int(max(font.getlength(row) for row in rows)) + 16
    image = Image.new("RGB", (left + _CELL * len(names), 40 + _CELL * len(names)), paper)
    draw = ImageDraw.Draw(image)
    indices = _CORRELATION.indices(matrix.astype(np.float32))
    for i, row in enumerate(rows):
        middle = 40 + _CELL * i + _CELL / 2
        draw.text((0, middle), row.replace("×", "x"), ink, font, anchor="lm")  # its font has no ×
        draw.text((left + _CELL * i + _CELL / 2, 20), str(i + 1), ink, font, anchor="mm")
        for j in range(len(rows)):
            color = palette("signed")[indices[i, j]]
            x = left + _CELL * j
            draw.rectangle((x, 40 + _CELL * i, x + _CELL - 1, 40 + _CELL * (i + 1) - 1), tuple(color.tolist()), grid)
            on = "#ffffff" if color @ (0.299, 0.587, 0.114) < 140 else "#000000"
            draw.text((x + _CELL / 2, middle), two_decimals(float(matrix[i, j])), on, small, anchor="mm")
    return _png(image)


def two_decimals(value: float) -> str:
    """A correlation as text, never -0.00."""
    return f"{round(value, 2) + 0.0:.2f}"


# What becomes of a map when the network forgets


def forgotten_png(found: Sanity, steps: Sequence[int]) -> bytes:
    """The maps after each of these numbers of blocks was randomised, signed, each on a scale of its own; a hole where
    there is no map any more."""
    of_pixels = found.original.pixels is not None
    every = forgotten_maps(found)
    maps = [every[step] for step in steps]
    scales = [map_scale(values, "viridis", signed=True, of_pixels=of_pixels) for values in maps]
    return mosaic(maps, scales, len(maps))[0]


def forgotten_maps(found: Sanity) -> list[FloatArray]:
    """(n + 1) maps of one size, for 0 to n blocks; NaN where there is none."""
    first = found.original.values
    missing = np.full(first.shape, np.nan, np.float32)
    return [first, *(missing if step.values is None else step.values for step in found.steps)]


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()
