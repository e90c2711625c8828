"""From a picture of one handwritten digit to what LeNet-5 receives: prepared as the digits of MNIST were.

LeCun et al. 1998 (doi:10.1109/5.726791), section III.A: each digit was brought to fit 20x20 pixels, its shape kept,
then put into a field of 28x28 with its centre of mass in the middle; LeNet-5 reads that in a field of 32x32. A digit of
MNIST itself therefore passes unchanged (but for 3 of the 10,000 test digits, which are shorter than the rule).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ..pictures.image import ImageInput
from .preparation import Prepared, Step

_BOX = 20  # the digit's longer side, in pixels
_FIELD = 28  # of MNIST
_SIDE = 32  # of what is received: two more on each side, so that c1 can look past a digit's end
_NOISE = 5  # standard deviations of the picture's border that still count as paper
_LEAST_INK = 16  # of 255: paper that differs from itself by less has nothing on it
# Of a picture of a digit: how much ink covers at most, of all and of the border; in how many pieces at least how much
# of it is; how far its colours stray. Of MNIST's 10,000 test digits none has over 0.37 and 0.04, or less than 0.95.
_MOST_COVERED, _MOST_AT_BORDER, _MOST_PIECES, _IN_PIECES, _MOST_HUES = 0.5, 0.15, 3, 0.9, 8.0
_FAINT = 0.2  # of the strongest ink: what JPEG leaves around a stroke, and the last grain, is fainter


@dataclass(frozen=True)
class DigitPreparation:
    """Light on dark, cut to the ink, 20 pixels long, centred by mass in 32x32, scaled to about mean 0, variance 1."""

    inputs: ClassVar[tuple[str, ...]] = ("brightness",)
    n_channels: ClassVar[int] = 1
    size: ClassVar[int] = _SIDE
    mean: ClassVar[float] = 0.1  # of MNIST in 32x32; black becomes -0.36, white 3.2
    std: ClassVar[float] = 0.28

    def scaled(self, values: torch.Tensor) -> torch.Tensor:
        """Values from 0 to 1 as the network reads them."""
        return (values - self.mean) / self.std

    def unscaled(self, x: torch.Tensor) -> torch.Tensor:
        """The way back."""
        return x * self.std + self.mean

    def __call__(self, image: ImageInput) -> Prepared:
        ink, steps = _ink(image.pixels)
        top, left, bottom, right = _extent(ink)
        digit = _scaled(ink[top:bottom, left:right])
        steps.append(Step(f"cut to the ink and resized to {digit.shape[1]} × {digit.shape[0]}", _bytes(digit)))
        y, x = _place(digit)
        pixels = _bytes(_field(digit, y, x))
        steps.append(Step("its centre of mass moved to the middle of 32 × 32", pixels))
        scale = max(bottom - top, right - left) / _BOX  # pixels of the picture per pixel of the field
        y0, x0 = top - y * scale, left - x * scale
        tensor = torch.from_numpy((pixels[None, None, :, :, 0] / np.float32(255) - self.mean) / self.std)
        return Prepared(pixels, (y0, x0, y0 + _SIDE * scale, x0 + _SIDE * scale), tensor.float(), tuple(steps))


def centred(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What LeNet-5 receives of ink on a sheet, (H, W) from 0 to 255 and 0 the paper, as (32, 32)."""
    top, left, bottom, right = _extent(ink)
    digit = _scaled(ink[top:bottom, left:right])
    return np.rint(_field(digit, *_place(digit))).clip(0, 255).astype(np.uint8)


def ink_on(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W) how much each pixel of a picture (H, W, 3) differs from the paper in the direction of the ink, 0 to 255;
    0 is paper. As a picture it is white on black, and prepared just as the picture itself is."""
    return _ink(pixels)[0]


def strokes(ink: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where it is more than what is faint, and than what paper differs from itself."""
    return np.asarray(ink > max(_FAINT * float(ink.max()), _LEAST_INK))


def is_on_paper(strong: NDArray[np.bool_]) -> bool:
    """Whether there is ink, on paper that it does not cover and hardly leaves at the border."""
    return bool(strong.any() and strong.mean() <= _MOST_COVERED and _border(strong).mean() <= _MOST_AT_BORDER)


def _border(values: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])


def _ink(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], list[Step]]:
    """How much brighter than the paper each pixel is, 0 to 255; a dark digit on light paper is inverted first.

    The paper is what the border shows; what differs from it no more than the border does from itself is paper too.
    """
    grey = np.asarray(Image.fromarray(pixels).convert("L")).astype(np.float32)
    border = _border(grey)
    paper = float(np.median(border))
    steps = [Step("without colour", _bytes(grey))]
    if paper > 127:
        grey, border, paper = 255 - grey, 255 - border, 255 - paper
        steps.append(Step("inverted, since its border is light: MNIST is white on black", _bytes(grey)))
    noise = _NOISE * float(np.median(np.abs(border - paper))) * 1.48  # robust: a digit may touch the border
    ink = np.maximum(grey - paper, 0)
    ink[ink <= noise] = 0
    return ink, steps


def shows_digit(pixels: NDArray[np.uint8]) -> bool:
    """Whether a picture, (H, W, 3), can be one of a written digit: ink of one colour, in a few pieces, on even paper,
    which it does not cover and hardly leaves at the border.

    All of MNIST's test digits can; of photographs of ten kinds of things (Imagenette) one in thirty, on plain ground.
    """
    strong = strokes(ink_on(pixels))
    if not is_on_paper(strong):
        return False
    sizes = sorted(cv2.connectedComponentsWithStats(strong.astype(np.uint8))[2][1:, cv2.CC_STAT_AREA])
    return bool(sum(sizes[-_MOST_PIECES:]) >= _IN_PIECES * sum(sizes)) and has_one_colour(pixels, strong)


def has_one_colour(pixels: NDArray[np.uint8], strong: NDArray[np.bool_]) -> bool:
    """Whether what stands out from the paper of a picture is of one colour, as ink is."""
    return _hues(pixels, strong) <= _MOST_HUES


def _hues(pixels: NDArray[np.uint8], strong: NDArray[np.bool_]) -> float:
    """How far the colours where there is ink lie from the one line from paper to ink on which their mixtures lie: the
    root of the mean square, in levels of 255."""
    marked = pixels[strong]
    some = marked[:: max(1, len(marked) // 10_000)].astype(np.float32) - np.median(pixels[~strong], axis=0)
    apart = np.linalg.svd(some, full_matrices=False, compute_uv=False)[1:]
    return float(np.sqrt((apart**2).sum() / len(some)))


def _extent(ink: NDArray[np.float32]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) around the ink; the whole picture where there is none.

    What is faint does not count, unless the digit with it has its 20 pixels already, as those of MNIST have.
    """
    top, left, bottom, right = _around(ink > 0)
    if max(bottom - top, right - left) == _BOX:
        return top, left, bottom, right
    return _around(ink > _FAINT * ink.max())


def _around(marked: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if not len(rows):
        return 0, 0, *marked.shape
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _scaled(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """The digit with its longer side at 20 pixels; then, since thin strokes grow faint, with its brightest at 255."""
    height, width = ink.shape
    if max(height, width) == _BOX:
        return ink
    new_height, new_width = (max(1, round(side * _BOX / max(height, width))) for side in (height, width))
    picture = Image.fromarray(ink).resize((new_width, new_height), Image.Resampling.BILINEAR)
    ink = np.asarray(picture)
    return ink * (255 / max(float(ink.max()), 1))


def _place(digit: NDArray[np.float32]) -> tuple[int, int]:
    """(y, x) of the digit's corner in the field: its centre of mass in the middle, as far as MNIST's 28x28 allow."""
    mass = float(digit.sum()) or 1.0
    margin = (_SIDE - _FIELD) // 2
    corner = []
    for side, profile in zip(digit.shape, (digit.sum(axis=1), digit.sum(axis=0)), strict=True):
        centre = float((profile * np.arange(side)).sum()) / mass
        # MNIST counts pixel 14 of 28 as the middle
        corner.append(margin + min(max(round(_FIELD / 2 - centre), 0), _FIELD - side))
    return corner[0], corner[1]


def _field(digit: NDArray[np.float32], y: int, x: int) -> NDArray[np.float32]:
    """The digit on an empty field, its corner at (y, x)."""
    field = np.zeros((_SIDE, _SIDE), np.float32)
    field[y : y + digit.shape[0], x : x + digit.shape[1]] = digit
    return field


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Grey values as a picture, (H, W, 3), read-only."""
    pixels = np.repeat(np.rint(values).clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    pixels.flags.writeable = False
    return pixels
