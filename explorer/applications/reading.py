"""A number of several digits, read by a network that knows one at a time.

The ink is cut into pieces that do not touch, pieces that lie over each other are one digit, and each digit's ink alone
is prepared just as the picture of a single one is (`networks.digits`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NotFinite, Unsuited
from ..faithfulness.scores import Box
from ..networks.digits import DigitPreparation, has_one_colour, ink_on, is_on_paper, strokes
from ..networks.network import Network
from ..pictures.image import ImageInput, changed_image
from ..trace import Trace, run

MOST_DIGITS = 20
_TALL = 0.4  # of the tallest piece: what is lower, and lies over no digit, is no digit
_FULL = 0.6  # of it: what is surely a digit, and no stroke of one
_GRAIN = 0.1  # of it: what is smaller in height and width is grain of the paper
_MOST_PIECES = 200
_OVER = 0.5  # of the narrower piece's width: from there on one lies over the other
_MARGIN = 2  # pixels of paper around a digit
_WIDE = 1.3  # times its height: what is wider may be two digits that touch


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit of a picture: `box` is (top, left, bottom, right) in its pixels, `image` the digit's ink alone, white
    on black."""

    box: Box
    image: ImageInput

    @property
    def is_wide(self) -> bool:
        """Whether it may be several that touch."""
        top, left, bottom, right = self.box
        return right - left > _WIDE * (bottom - top)


@dataclass(frozen=True, eq=False)
class Cut:
    """The digits of a picture from left to right, and how many smaller marks beside them are left out."""

    digits: tuple[Digit, ...]
    n_marks: int


@dataclass(frozen=True, eq=False)
class Reading:
    """A number as it was read: a pass for each digit of the cut, from left to right."""

    cut: Cut
    traces: tuple[Trace, ...]

    @property
    def text(self) -> str:
        """The likeliest class of each digit."""
        return "".join(trace.top(1)[0].category for trace in self.traces)

    @property
    def weakest(self) -> int:
        """Which digit's class is the least certain."""
        return int(np.argmin([trace.top(1)[0].probability for trace in self.traces]))


def read_number(network: Network, image: ImageInput) -> Reading:
    """Cut the picture into digits and have the network read each. Raises Unsuited for a network that does not read
    digits and for a picture in which no number is found, NotFinite where scores are no numbers."""
    check_reads_digits(network)
    found = cut(image)
    return reading(found, [run(network, digit.image, "top") for digit in found.digits])


def reading(found: Cut, traces: Sequence[Trace]) -> Reading:
    """The same of passes that are there, one for each digit."""
    if not all(trace.is_finite for trace in traces):
        raise NotFinite(
            "The network scores a digit with values that are no numbers, so it reads nothing. Its weights may be "
            "damaged: choose others."
        )
    return Reading(found, tuple(traces))


def check_reads_digits(network: Network) -> None:
    """Raises Unsuited for a network that is not given digits."""
    if network.preprocessing.inputs != DigitPreparation.inputs:
        raise Unsuited(f"{network.title} does not read digits. Choose LeNet-5, which was trained on nothing else.")


def cut(image: ImageInput) -> Cut:
    """The digits of a picture. Raises Unsuited where there are none, too many, or several lines of them."""
    ink = ink_on(image.pixels)
    strong = strokes(ink)
    if not strong.any():
        raise Unsuited(
            "No digit found: nothing in the picture stands out from its border. Write dark on light paper, or light on "
            "dark, and leave a margin around the number."
        )
    if not is_on_paper(strong):
        raise Unsuited(
            "No digit found: what stands out covers too much of the picture or of its border for ink on even paper. "
            "Choose a picture of a number with an even margin around it."
        )
    if not has_one_colour(image.pixels, strong):
        raise Unsuited(
            "No digit found: what stands out has several colours, as things in a photograph have and ink has not. "
            "Choose a picture of a number written in one colour."
        )
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(strong.astype(np.uint8), connectivity=8)
    pieces = [_Piece((i,), *(int(n) for n in row[:4])) for i, row in enumerate(statistics) if i]
    groups, n_marks = _grouped(pieces)
    ink, owner = np.pad(ink, _MARGIN), np.pad(_owners(strong, np.asarray(labels, np.int32)), _MARGIN)
    return Cut(tuple(_digit(image, ink, owner, group) for group in groups), n_marks)


@dataclass(frozen=True)
class _Piece:
    """Ink that hangs together: which labels it has, and where it lies."""

    labels: tuple[int, ...]
    x: int
    y: int
    width: int
    height: int

    def __add__(self, other: _Piece) -> _Piece:
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return _Piece(self.labels + other.labels, x, y, right - x, bottom - y)

    def is_over(self, other: _Piece) -> bool:
        """Whether both are strokes of one digit: side by side they do not stand, or the one is small."""
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        low, high = sorted((self.height, other.height))
        return self._shares_columns(other) and (down < _OVER * low or low < _OVER * high)

    def is_below(self, other: _Piece) -> bool:
        """Whether it stands under the other, and beside no part of it."""
        return self._shares_columns(other) and self.y >= other.y + other.height

    def _shares_columns(self, other: _Piece) -> bool:
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        return across >= _OVER * min(self.width, other.width)


def _grouped(pieces: Sequence[_Piece]) -> tuple[list[_Piece], int]:
    """Digits from left to right, and how many marks are none."""
    tallest = max(piece.height for piece in pieces)
    inked = [piece for piece in pieces if max(piece.height, piece.width) >= _GRAIN * tallest]
    tall = [piece for piece in inked if piece.height >= _FULL * tallest]
    if len(inked) > _MOST_PIECES or len(tall) > MOST_DIGITS:
        raise Unsuited(
            f"No number found: {len(inked)} separate pieces stand out, and at most {MOST_DIGITS} digits are read. "
            "Choose a picture with one number on even paper."
        )
    if any(one.is_below(other) for one in tall for other in tall):
        raise Unsuited("The digits stand in several lines, and one is read at a time. Choose a picture of one line.")
    groups: list[_Piece] = []
    for piece in sorted(inked, key=lambda piece: -piece.height):
        over = next((i for i, group in enumerate(groups) if piece.is_over(group)), None)
        if over is None:
            groups.append(piece)
        else:
            groups[over] += piece
    digits = [group for group in groups if group.height >= _TALL * tallest]
    return sorted(digits, key=lambda group: group.x + group.width / 2), len(groups) - len(digits)


def _owners(strong: NDArray[np.bool_], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """(H, W) the label of the nearest piece: what is faint around a stroke belongs to it."""
    _, nearest = cv2.distanceTransformWithLabels(
        (~strong).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_CCOMP
    )
    table = np.zeros(int(np.asarray(nearest).max()) + 1, np.int32)
    table[np.asarray(nearest)[strong]] = labels[strong]
    return np.asarray(table[nearest], np.int32)


def _digit(image: ImageInput, ink: NDArray[np.float32], owner: NDArray[np.int32], piece: _Piece) -> Digit:
    """The piece with a margin, for the faint edge of its strokes; ink and owners have one all around as well."""
    there = np.s_[piece.y : piece.y + piece.height + 2 * _MARGIN, piece.x : piece.x + piece.width + 2 * _MARGIN]
    alone = np.pad(np.where(np.isin(owner[there], piece.labels), ink[there], 0), 1)  # a border that is paper
    pixels = np.repeat(np.rint(alone).astype(np.uint8)[..., None], 3, axis=2)
    box = piece.y, piece.x, piece.y + piece.height, piece.x + piece.width
    return Digit(box, changed_image(image, pixels, f"{image.name}, digit at {piece.x}, {piece.y}"))
