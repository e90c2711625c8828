"""One feature map painted on: what was done to it, step by step, as numbers; any pass can be given it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadPaint
from ..interventions import repaint
from ..trace import FloatArray, Trace, as_maps

LARGEST = 1e6  # of a value that is painted, above zero or below: float32 still tells such numbers apart
MOST_NUMBERS = 20_000  # in all steps on one map: 100 kB; a map of 224 × 224 all painted at once takes two


@dataclass(frozen=True)
class Stroke:
    """Cells that are given one value; 0 erases. `runs` are the cells: (first, n) each, n of them from number `first`
    on, counted row by row from 0."""

    value: float
    runs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Shift:
    """What is in a box (top, left, bottom, right), half open, moved by whole cells (down, right). It covers what was
    there, and leaves zeros behind."""

    box: tuple[int, int, int, int]
    by: tuple[int, int]


Step = Stroke | Shift
Paint = Mapping[int, Sequence[Step]]  # by channel of one layer


def painted(values: FloatArray, steps: Iterable[Step]) -> FloatArray:
    """A map (H, W) after the steps, one after another. Raises BadPaint for a value that is no number or out of range,
    and for cells, or a shift, that leave the map."""
    found = values.copy()
    for step in steps:
        if isinstance(step, Stroke):
            _check_stroke(step, values.shape)
            for first, n in step.runs:
                found.reshape(-1)[first : first + n] = step.value
        else:
            _check_shift(step, values.shape)
            (top, left, bottom, right), (down, across) = step.box, step.by
            moved = found[top:bottom, left:right].copy()
            found[top:bottom, left:right] = 0
            found[top + down : bottom + down, left + across : right + across] = moved
    return found


def repainted(trace: Trace, layer: str, paint: Paint, until: str | None = None) -> Trace:
    """The same pass with maps of a layer painted on; the trace itself where they stay as they are. `until` is that of
    `interventions.repaint`, and so is what is raised besides BadPaint."""
    return repaint(trace, layer, painted_maps(trace, layer, paint), until)


def painted_maps(trace: Trace, layer: str, paint: Paint) -> dict[int, FloatArray]:
    """What each painted channel shows. Raises BadPaint, also for a channel that the layer does not have."""
    maps = as_maps(trace[layer])
    if beyond := [channel for channel in paint if not 0 <= channel < len(maps)]:
        raise BadPaint(f"{layer} has no channel {beyond[0]} to paint on; its channels are 0 to {len(maps) - 1}.")
    return {channel: painted(maps[channel], steps) for channel, steps in paint.items()}


@dataclass(frozen=True)
class Brushes:
    """What is offered to paint with: values from `low` to `high`, and `usual` before anybody has chosen."""

    low: float
    high: float
    usual: float


def brushes(trace: Trace, layer: str, channel: int) -> Brushes:
    """From zero, or the layer's lowest value, to twice its highest; at first the map's own highest, where that is above
    zero. Where the layer itself has none, up to 1."""
    maps = as_maps(trace[layer])
    whole = maps[np.isfinite(maps)]
    own = maps[channel][np.isfinite(maps[channel])]
    highest = float(whole.max(initial=0.0)) or 1.0
    usual = float(own.max(initial=0.0)) or highest
    return Brushes(max(-LARGEST, float(whole.min(initial=0.0))), min(LARGEST, 2 * highest), min(LARGEST, usual))


def _check_stroke(stroke: Stroke, shape: tuple[int, ...]) -> None:
    if not math.isfinite(stroke.value) or abs(stroke.value) > LARGEST:
        raise BadPaint(f"Paint of {stroke.value:g} is out of range. Choose a value from {-LARGEST:g} to {LARGEST:g}.")
    n_cells = math.prod(shape)
    for first, n in stroke.runs:
        if first < 0 or n < 1 or first + n > n_cells:
            raise BadPaint(
                f"{n} cells from number {first} on are not all on a map of {_size(shape)} cells. Its cells are "
                f"numbered row by row, 0 to {n_cells - 1}."
            )


def _check_shift(shift: Shift, shape: tuple[int, ...]) -> None:
    (top, left, bottom, right), (down, across) = shift.box, shift.by
    for y, x, what in ((0, 0, "The box"), (down, across, f"Shifted by {down} down and {across} to the right, the box")):
        if not (0 <= top + y < bottom + y <= shape[0] and 0 <= left + x < right + x <= shape[1]):
            raise BadPaint(
                f"{what} from ({top}, {left}) to ({bottom}, {right}) leaves the map of {_size(shape)} cells. Choose a "
                "box and a shift that stay on it."
            )


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
