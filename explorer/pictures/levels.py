"""Which value of a deep picture is shown black and which white, and what there is to say about it.

Eight bits say by themselves what black and white are. Sixteen bits, or numbers with a point, do not: a camera of
twelve bits fills a sixteenth of what sixteen could hold, and a reflectance may pass 1. So the range is what the file
says, or else follows from the values, and a little more of them never makes the picture look unlike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..wording import round_percent
from .refusal import OTHER, Refused

_SAMPLE = 4_000  # of each band
_NARROW = 1 / 16  # of the range: where nearly all values lie in less, most of the picture looks alike


@dataclass(frozen=True)
class Said:
    """A range that a file states, and where; `within` only where all values lie in it."""

    low: float
    high: float
    where: str  # "" where the range is that of the format itself
    within: bool = False


@dataclass(frozen=True)
class Levels:
    """`black` and `white` are the values shown so (black is the larger in a negative); what is no value is black."""

    black: float
    white: float
    gap: float | None = None  # the value that stands for none

    def shown(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Values (H, W, C) to levels from 0 to 255; between equal ends all are in the middle."""
        good = _is_value(values, self.gap).all(axis=-1, keepdims=True)
        if self.black == self.white:
            return np.where(good, np.float32(128), np.float32(0)) + np.zeros(values.shape, np.float32)
        half = 1.0 if math.isfinite(self.white - self.black) else 0.5  # the step may exceed what a number can be
        black, white = half * self.black, half * self.white
        levels = np.where(good, values, 0).astype(np.float64)
        levels *= half
        levels = np.clip(
            (levels - black) * (255 / (white - black)) if abs(white - black) > 1e-300 else 0 * levels, 0, 255
        )
        return np.where(good, levels, 0).astype(np.float32)


@dataclass
class _Survey:
    """What a look at all values finds."""

    low: float = math.inf
    high: float = -math.inf
    n_infinite: int = 0
    n_gaps: int = 0
    is_float: bool = False

    def add(self, values: NDArray[Any], gap: float | None) -> NDArray[Any]:
        """Those that are values."""
        good = _is_value(values, gap)
        n_bad = good.size - int(np.count_nonzero(good))
        n_infinite = good.size - int(np.count_nonzero(np.isfinite(values))) if n_bad else 0
        self.is_float = values.dtype.kind == "f"
        self.n_infinite += n_infinite
        self.n_gaps += n_bad - n_infinite
        found = values[good] if n_bad else values.ravel()
        if found.size:
            self.low, self.high = min(self.low, float(found.min())), max(self.high, float(found.max()))
        return found


def find_levels(
    bands: Callable[[], Iterable[NDArray[Any]]],
    what: str,
    *,
    full: tuple[float, float] | None = None,
    said: Said | None = None,
    gap: float | None = None,
) -> tuple[Levels, list[str]]:
    """The range of a picture that is handed over band by band, and notes.

    `what` is what it is called in the notes, `full` the range of unsigned numbers of its depth, `gap` the value that
    stands for none. Raises Refused where there is no value at all.
    """
    survey, samples = _Survey(), []
    for values in bands():
        found = survey.add(values, gap)
        samples.append(found[:: max(1, found.size // _SAMPLE)].astype(np.float64))
    if survey.low > survey.high:
        raise Refused(f"holds no values: all are not finite, or marked as no data. {OTHER}")
    low, high, note = _range(survey, what, full, said)
    notes = [note, *_warning(np.concatenate(samples), survey, low, high)]
    if survey.n_infinite:
        notes += [f"values that are not finite are shown black: {survey.n_infinite:,}"]
    if survey.n_gaps:
        notes += [f"values marked as no data ({said_as(gap or 0)}) are shown black: {survey.n_gaps:,}"]
    return Levels(low, high, gap), notes


def said_as(value: float) -> str:
    """A value as a note says it: 3,088, 1.05, −9,999."""
    whole = value == round(value) and abs(value) < 1e9 if math.isfinite(value) else False
    return (f"{value:,.0f}" if whole else f"{value:,.5g}").replace("-", "−")


def _range(survey: _Survey, what: str, full: tuple[float, float] | None, said: Said | None) -> tuple[float, float, str]:
    low, high, is_float = survey.low, survey.high, survey.is_float
    if said is not None and (not said.within or said.low <= low <= high <= said.high):
        if not said.where:
            return said.low, said.high, f"{what} scaled to 8 bits"
        return (
            said.low,
            said.high,
            f"{what} shown from {said_as(said.low)} to {said_as(said.high)}, as {said.where} says",
        )
    if low == high:  # of unsigned numbers, and of those from 0 to 1, the scale is known; of others nothing is
        black, white = full or ((0.0, 1.0) if is_float and 0 <= low <= 1 else (low, low))
        return black, white, f"{what} of one value, {said_as(low)}"
    white = min(1.0, 2 * high) if is_float and 0 < high < 1 else high
    black = low if low < 0 else max(0.0, low - (white - low))  # what is far from zero still fills half of the levels
    if (black, white) == full or (is_float and (black, white) == (0, 1)):
        return black, white, f"{what} {'from 0 to 1 ' * is_float}scaled to 8 bits"
    return black, white, f"{what} stretched from {said_as(black)}..{said_as(white)}"


def _warning(sample: NDArray[np.float64], survey: _Survey, low: float, high: float) -> list[str]:
    """A note where the range is so wide that nearly all of the picture has one level."""
    if sample.size < 100 or survey.low == survey.high:
        return []
    first, last = (float(end) for end in np.quantile(np.clip(sample, low, high) / 2, (0.01, 0.99)))
    if last - first >= (high / 2 - low / 2) * _NARROW:
        return []
    return [
        f"{round_percent(0.98)} of its values lie in {said_as(2 * first)}..{said_as(2 * last)}: most of it looks alike"
    ]


def _is_value(values: NDArray[Any], gap: float | None) -> NDArray[np.bool_]:
    good = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, bool)
    if gap is None or not math.isfinite(gap):
        return good
    if values.dtype.kind in "ui":
        limits = np.iinfo(values.dtype)
        return good & (values != int(gap)) if gap == int(gap) and limits.min <= gap <= limits.max else good
    with np.errstate(over="ignore"):
        return good & (values != values.dtype.type(gap))
