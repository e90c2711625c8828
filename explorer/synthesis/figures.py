"""Made pictures as PNG, and their course as a chart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..drawing.picture import Pixels, png_of_pixels, visible
from ..drawing.series import Axis, Line, Lines
from .making import Synthesis

_GAP = 4
_COUNTABLE, _LARGE = 96, 448  # pixels of a side: from when single ones are not looked at, and of a picture on a page


def shown_png(pictures: Sequence[NDArray[np.uint8]]) -> bytes:
    """The same to be looked at on a page: what is no longer countable is enlarged smoothly, as photographs are."""
    side = pictures[0].shape[0]
    if side >= _COUNTABLE:
        factor = max(1, _LARGE // side)
        pictures = [
            np.asarray(Image.fromarray(picture).resize((factor * side,) * 2, Image.Resampling.BICUBIC))
            for picture in pictures
        ]
    return made_png(pictures)


def made_png(pictures: Sequence[NDArray[np.uint8]]) -> bytes:
    """Pictures of one size beside each other, small ones enlarged by a whole factor, as PNG."""
    return png_of_pixels(beside(pictures))


def beside(pictures: Sequence[NDArray[np.uint8]]) -> Pixels:
    """The same as pixels, (H, W, 3)."""
    shown: list[Pixels] = []
    for picture in map(visible, pictures):
        if shown:
            shown.append(np.full((len(picture), _GAP, 3), 255, np.uint8))
        shown.append(picture)
    return np.concatenate(shown, axis=1)


def course_lines(found: Synthesis) -> Lines:
    """What each picture reached at each step."""
    steps = range(1, len(found.course) + 1)
    lines = [Line(_named(i, found.course.shape[1]), found.course[:, i], i) for i in range(found.course.shape[1])]
    low, high = float(found.course.min()), float(found.course.max())
    space = 0.05 * (high - low) or 1.0
    return Lines(
        "What each step reached", steps, lines, Axis("step", 1, max(2, len(found.course)), is_whole=True),
        Axis("of the picture as it was moved", low - space, high + space),
    )  # fmt: skip


def _named(i: int, n: int) -> str:
    return "the picture" if n == 1 else f"picture {i + 1}"
