"""Pictures that show a concept, and pictures of nothing in particular: crops of the photographs that come along.

A concept that is drawn is laid over such crops, and not over an empty ground: else what is told apart from the random
pictures would be that it is drawn. Each picture follows from its number and a seed: the same give the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, nearest
from ..pictures.image import ImageInput, read_image
from ..pictures.samples import SAMPLES, load_sample

SIDE = 224
Pixels = NDArray[np.uint8]
Lay = Callable[[Pixels, np.random.Generator], Pixels]  # over pixels (SIDE, SIDE, 3)

_PHOTOGRAPHS = tuple(name for name, one in SAMPLES.items() if one.draw is None)
_OF_SIDE = 0.25, 0.6  # of a photograph's shorter side: what a crop has
_OF_SUBJECT = 0.6, 0.95  # the same where the crop is to show what the picture shows
_COVER = 0.7  # of the colour that is laid on, against what is below it


@dataclass(frozen=True)
class Drawn:
    """A concept that code lays over crops of photographs: what it is, and how."""

    says: str
    lay: Lay


def random_pictures(n: int, seed: int = 0) -> list[ImageInput]:
    """So many crops of the sample photographs, each a quarter to three fifths of the shorter side wide, anywhere, one
    in two mirrored: random pictures in the sense of TCAV, with no concept in common."""
    return [read_image(_random_crop(np.random.default_rng([seed, 0, i])), f"random {i}") for i in range(n)]


def drawn_concept(name: str, n: int, seed: int = 0) -> list[ImageInput]:
    """So many other such crops with a concept laid over them. Raises BadOption for one that there is not."""
    if name not in DRAWN:
        raise BadOption(f"There is no concept '{name}'.{nearest(name, DRAWN)} Choose one of: {', '.join(DRAWN)}.")
    found = []
    for i in range(n):
        rng = np.random.default_rng([seed, 1 + [*DRAWN].index(name), i])
        found.append(read_image(DRAWN[name].lay(_random_crop(rng), rng), f"{name} {i}"))
    return found


def crops(image: ImageInput, n: int, seed: int = 0) -> list[ImageInput]:
    """A picture whole, and n - 1 crops of it of three fifths of the shorter side or more, one in two mirrored: to ask
    about a class where there is a single picture of it."""
    rng = np.random.default_rng([seed, len(DRAWN) + 1])
    return [image, *(read_image(_crop(image.pixels, rng, _OF_SUBJECT), f"crop {i + 1}") for i in range(n - 1))]


def sets_of(pictures: Sequence[ImageInput], n_sets: int) -> list[list[ImageInput]]:
    """Pictures dealt out into sets of the same size; what is left over is left out."""
    size = len(pictures) // n_sets
    return [list(pictures[i * size : (i + 1) * size]) for i in range(n_sets)]


def _random_crop(rng: np.random.Generator) -> Pixels:
    photograph = load_sample(_PHOTOGRAPHS[int(rng.integers(len(_PHOTOGRAPHS)))])
    return _crop(photograph.pixels, rng, _OF_SIDE)


def _crop(pixels: Pixels, rng: np.random.Generator, of_side: tuple[float, float]) -> Pixels:
    height, width = pixels.shape[:2]
    side = max(1, round(rng.uniform(*of_side) * min(height, width)))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    how = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    found = cv2.resize(pixels[top : top + side, left : left + side], (SIDE, SIDE), interpolation=how)
    return np.ascontiguousarray(found[:, ::-1] if rng.random() < 0.5 else found)


def _contrasting(pixels: Pixels, rng: np.random.Generator) -> NDArray[np.float32]:
    """A colour that stands out from the mean of what is there."""
    mean = np.array(cv2.mean(pixels)[:3])
    while True:
        colour = rng.integers(0, 256, 3)
        if np.abs(colour - mean).max() > 90:
            return colour.astype(np.float32)


def _bands(rng: np.random.Generator) -> NDArray[np.float64]:
    """(2, SIDE, SIDE): how far along two directions at right angles, in periods."""
    period, angle = rng.uniform(0.06, 0.16) * SIDE, rng.uniform(0, np.pi)
    y, x = np.indices((SIDE, SIDE), dtype=np.float64)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.stack([along, across]) / period


def _pattern(covers: Callable[[NDArray[np.float64]], NDArray[np.bool_]]) -> Lay:
    def lay(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        laid = pixels.astype(np.float32)
        mask = covers(_bands(rng))
        laid[mask] += _COVER * (_contrasting(pixels, rng) - laid[mask])
        return np.rint(laid).astype(np.uint8)

    return lay


def _dye(hue: int) -> Lay:
    """The lightness of the photograph in one colour; `hue` in OpenCV's half degrees."""

    def lay(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hue + int(rng.integers(-6, 7))) % 180
        hsv[..., 1] = int(rng.integers(150, 230))
        return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)

    return lay


DRAWN: Mapping[str, Drawn] = MappingProxyType({
    "stripes": Drawn("stripes of any colour, width and turn", _pattern(lambda bands: bands[0] % 1 < 0.5)),
    "dots": Drawn("dots in rows, of any colour, size and turn", _pattern(lambda b: np.hypot(*(b % 1 - 0.5)) < 0.3)),
    "checks": Drawn("a chequerboard of any colour, size and turn", _pattern(lambda b: np.floor(b).sum(axis=0) % 2 < 1)),
    "red": Drawn("all in red", _dye(0)),
    "yellow": Drawn("all in yellow", _dye(28)),
    "green": Drawn("all in green", _dye(60)),
    "blue": Drawn("all in blue", _dye(112)),
})  # fmt: skip
