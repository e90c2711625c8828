"""How a map of evidence was judged, in pictures: curves, boxes, what is kept of the picture, which maps agree, and what
becomes of a map when the network forgets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..attribution.figures import map_scale
from ..drawing.color import Scale
from ..drawing.picture import Pixels, mosaic, overlay, png_of_image, png_of_pixels, visible
from ..drawing.series import Axis, Line, Lines, Matrix, percent_axis, shortened
from ..trace import FloatArray
from ..wording import PERCENT
from .randomisation import Sanity
from .report import ReportCard
from .scores import Box

_LEAST = 1e-5  # where the axis of probabilities ends at least
_CORRELATION = Scale(-1, 1, "signed")


def curve_lines(card: ReportCard, category: str) -> Lines:
    """The class's probability, in percent, while pixels are deleted and while they are inserted, with both areas."""
    deletion, insertion = card.deletion, card.insertion
    n = deletion.n_steps
    highest = max(_LEAST, *(float(curve.probabilities.max()) for curve in (deletion, insertion)))
    return Lines(
        f"Probability of “{shortened(category)}”",
        [100 * i / n for i in range(n + 1)],
        (
            Line(f"deletion, area {deletion.area:.3f}", 100 * deletion.probabilities, 0),
            Line(f"insertion, area {insertion.area:.3f}", 100 * insertion.probabilities, 1),
        ),
        Axis("pixels changed in percent, the highest first", 0, 100, PERCENT),
        percent_axis("probability in percent", highest),
    )


def road_lines(card: ReportCard, category: str) -> Lines:
    """The class's probability, in percent, with no pixel and with shares of them guessed: the highest, the lowest."""
    before, road = card.deletion.probabilities[:1], card.road
    both = [100 * np.concatenate([before, found]) for found in (road.highest_first, road.lowest_first)]
    return Lines(
        f"Probability of “{shortened(category)}”",
        [0.0, *(100 * road.shares).tolist()],
        (Line("the highest guessed", both[0], 0), Line("the lowest guessed", both[1], 1)),
        Axis("pixels guessed in percent", 0, 100, PERCENT),
        percent_axis("probability in percent", max(_LEAST, *(float(line.max()) / 100 for line in both))),
    )


def correlation_lines(found: Mapping[str, Sanity], kind: str) -> Lines:
    """The rank correlation of each method's map with its first one, by the number of blocks that are randomised;
    `kind` is "signed" or "absolute". No point where there is no map to compare."""
    lines = [Line(name, correlations(one, kind), i) for i, (name, one) in enumerate(found.items())]
    n = max(len(line.values) for line in lines) - 1
    return Lines(
        {"signed": "Rank correlation with the first map", "absolute": "The same without the signs"}[kind],
        range(n + 1),
        lines,
        Axis("blocks that have forgotten, from the last", 0, n, is_whole=True),
        Axis("rank correlation", -1, 1),
    )


def correlations(found: Sanity, kind: str) -> FloatArray:
    """(n + 1,): "signed" or "absolute" for 0 to n blocks, from 1 on; NaN where a step has no map to compare."""
    values = [getattr(step, kind) for step in found.steps]
    return np.array([1.0, *(math.nan if value is None else value for value in values)], np.float32)


# Pictures at a step


def steps_png(card: ReportCard, step: int) -> bytes:
    """The pictures at one step, that of the deletion left, that of the insertion right."""
    both = [visible(curve.at_step(step)) for curve in (card.deletion, card.insertion)]
    gap = np.full((len(both[0]), max(4, both[0].shape[1] // 40), 3), 255, np.uint8)
    return png_of_pixels(np.concatenate([both[0], gap, both[1]], axis=1))


def guessed_png(card: ReportCard, at: int) -> bytes:
    """The picture with a share of the pixels guessed, those that the map ranks highest: 0 is the picture itself, from 1
    on they are the shares in their order."""
    return png_of_pixels(visible(card.deletion.at_step(0) if at == 0 else card.road.pixels[at - 1]))


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
    return png_of_image(image)


BOX_COLORS = {"given": "#ffffff", "found": "#56b4e9"}  # each set off by black: seen on any map


# Which maps agree


def agreement_matrix(matrix: NDArray[np.float64], names: Sequence[str]) -> Matrix:
    """Rank correlations of maps, from -1 (blue) over 0 (white) to 1 (red)."""
    return Matrix("Rank correlations of the maps", "map", names, matrix, _CORRELATION)


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
