"""The scores of a concept as a chart, and the pictures that it is shown by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..drawing.picture import contact_sheet, png_of_pixels
from ..drawing.series import Axis, Bars, Series
from ..drawing.traces import BARS, COLORS
from ..pictures.image import ImageInput
from ..wording import PERCENT
from .tcav import Tcav

_SIDE = 64


def score_bars(found: Tcav, concept: str, category: str) -> Bars:
    """At each layer the mean score of the concept and of random pictures, with the standard deviation over the random
    sets."""
    return Bars(
        f"A step towards “{concept}” raises “{category}”", "layer", found.layers,
        [_series(concept, found.scores, COLORS[1]), _series("random pictures", found.random, BARS, is_hollow=True)],
        Axis("pictures of the class", 0, 100, PERCENT),
    )  # fmt: skip


def _series(name: str, scores: np.ndarray, color: str, is_hollow: bool = False) -> Series:
    means = 100 * scores.mean(axis=1).astype(np.float32)
    spread = 100 * scores.std(axis=1, ddof=1).astype(np.float32)
    return Series(name, means, (color,), is_hollow=is_hollow, spread=spread)


def picture_row(images: Sequence[ImageInput]) -> bytes:
    """Pictures cut to squares, in one row, as PNG."""
    return png_of_pixels(contact_sheet([one.pixels for one in images], len(images), _SIDE))
