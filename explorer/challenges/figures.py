"""Charts of a sweep: the probabilities, how far the evidence follows, and which layers do not care."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..drawing.color import Scale, scale_of
from ..drawing.picture import Pixels, overlay, png_of_pixels, thumbnail, visible
from ..drawing.series import Axis, Line, Lines
from ..trace import FloatArray, Trace
from .changes import CHANGES, changed
from .evidence import Similarity
from .sweep import Sweep

_SIDE = 112  # pixels of a picture in the strip
_LARGE = 400  # of a picture to drag a box on


def probability_lines(sweeps: Sequence[tuple[str, Sweep]], title: str) -> Lines:
    """The followed class's probability against the strength, a line for each network by its name, and, of one network
    alone, that of the class which is likeliest at each strength."""
    first = sweeps[0][1]
    lines = [
        Line(name, 100 * found.probabilities[:, found.target], None if i == 0 else i - 1)
        for i, (name, found) in enumerate(sweeps)
    ]
    if len(sweeps) == 1:
        lines.append(Line("the likeliest class", 100 * first.probabilities.max(axis=1), 0))
    return Lines(title, first.strengths, lines, _strength_axis(first), Axis("probability", 0, 100, " %"))


def followed_line(found: Sweep, values: Sequence[float | None], title: str) -> Lines:
    """The correlation of the maps against the strength."""
    row = np.array([np.nan if value is None else value for value in values], np.float32)
    low = min(0.0, float(np.nanmin(row, initial=0)))
    line = Line("correlation with the unchanged picture’s map", row, None)
    return Lines(title, found.strengths, [line], _strength_axis(found), Axis("correlation", low, 1))


def similarity_lines(rows: Sequence[Similarity], title: str) -> Lines:
    """How alike the stages' values are, by depth: cell by cell, and of the channels' means."""

    def values(name: str) -> FloatArray:
        return np.array([np.nan if (value := getattr(row, name)) is None else value for row in rows], np.float32)

    low = min(0.0, *(float(np.nanmin(values(name), initial=0)) for name in ("in_place", "pooled")))
    lines = [Line("the channels’ means", values("pooled"), None), Line("cell by cell", values("in_place"), 0)]
    steps = range(1, len(rows) + 1)
    return Lines(title, steps, lines, Axis("stage, by depth", 1, len(rows), is_whole=True), Axis("cosine", low, 1))


def strip_sheet(trace: Trace, found: Sweep, shown: Sequence[int]) -> tuple[bytes, bytes | None]:
    """The changed pictures at some of the strengths, as the network received them, and the same with the map of the
    evidence over them, all on one scale: two rows of equal cells, as PNG. Without maps the second is None."""
    pictures = [_received(trace, found, i) for i in shown]
    if found.maps is None:
        return png_of_pixels(np.concatenate(pictures, axis=1)), None
    scale = evidence_scale(found)
    over = [overlay(pixels, np.maximum(found.maps[i], 0), scale) for pixels, i in zip(pictures, shown, strict=True)]
    return png_of_pixels(np.concatenate(pictures, axis=1)), png_of_pixels(np.concatenate(over, axis=1))


def whole_png(trace: Trace) -> bytes:
    """The unchanged picture, all of it, as a PNG of at most 400 pixels a side."""
    return png_of_pixels(thumbnail(visible(trace.image.pixels), _LARGE))


def evidence_scale(found: Sweep) -> Scale:
    """One scale for the maps at all strengths, of which what speaks for the class is drawn."""
    assert found.maps is not None
    return scale_of(np.maximum(found.maps, 0), "inferno")


def _received(trace: Trace, found: Sweep, i: int) -> Pixels:
    pixels = trace.network.prepare(changed(trace.image, found.change, found.strengths[i], found.box)).pixels
    return thumbnail(visible(pixels), _SIDE)


def _strength_axis(found: Sweep) -> Axis:
    change = CHANGES[found.change]
    unit = change.unit if change.unit in ("°", "") else f" {change.unit}"
    return Axis(f"{change.title.lower()}, {change.says}", change.low, change.high, unit)
