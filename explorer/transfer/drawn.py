"""Small sets of pictures that code draws, so that a class without internet has something to train on.

Each picture is drawn from its set, class, number and a seed: the same four give the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BadData, nearest
from ..pictures.image import ImageInput, read_image

SIDE = 160
Pixels = NDArray[np.uint8]
Draw = Callable[[Pixels, np.random.Generator], None]  # onto pixels (SIDE, SIDE, 3)


@dataclass(frozen=True)
class DrawnSet:
    """What a set shows, in words, and how each of its classes is drawn."""

    title: str
    says: str
    classes: Mapping[str, Draw]


@dataclass(frozen=True)
class Drawn:
    """One picture of a set, drawn whenever it is read."""

    set_name: str
    category: str
    number: int
    seed: int = 0

    @property
    def name(self) -> str:
        """Its class and number."""
        return f"{self.category} {self.number}"

    def read(self) -> ImageInput:
        """The picture, 160 x 160."""
        return read_image(self.drawn(), self.name)

    def drawn(self) -> Pixels:
        """Its pixels alone, for who reads hundreds."""
        found = SETS[self.set_name]
        place = [*found.classes].index(self.category)
        rng = np.random.default_rng([self.seed, [*SETS].index(self.set_name), place, self.number])
        pixels = _ground(rng)
        found.classes[self.category](pixels, rng)
        noise = 6 * rng.standard_normal(pixels.shape, np.float32)
        return np.asarray(cv2.add(pixels, noise, dtype=cv2.CV_8U))


def drawn_set(name: str, n_each: int, seed: int = 0) -> dict[str, list[Drawn]]:
    """So many pictures of each class of a set. Raises BadData for a set that there is not."""
    if name not in SETS:
        raise BadData(f"There is no set '{name}'.{nearest(name, SETS)} Choose one of: {', '.join(SETS)}.")
    return {category: [Drawn(name, category, i, seed) for i in range(n_each)] for category in SETS[name].classes}


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = rng.integers(0, 256, 3).tolist()
    return red, green, blue


def _contrasting(pixels: Pixels, rng: np.random.Generator) -> tuple[int, int, int]:
    """A colour that stands out from the mean of what is there."""
    mean = np.array(cv2.mean(pixels)[:3])
    while True:
        colour = _colour(rng)
        if np.abs(np.array(colour) - mean).max() > 90:
            return colour


def _ground(rng: np.random.Generator) -> Pixels:
    """From one colour to another, in any direction."""
    first, second = (np.array(_colour(rng), np.float32) for _ in range(2))
    angle = rng.uniform(0, 2 * np.pi)
    x = np.arange(SIDE, dtype=np.float32) / SIDE - 0.5
    along = np.clip(0.5 + x * np.float32(np.cos(angle)) + x[:, None] * np.float32(np.sin(angle)), 0, 1)
    return np.rint(first + along[..., None] * np.float32(0.6) * (second - first)).astype(np.uint8)


def _corners(rng: np.random.Generator, n: int) -> NDArray[np.int32]:
    """Of a regular polygon of any size and turn, somewhere in the picture."""
    radius = rng.uniform(0.18, 0.36) * SIDE
    centre = rng.uniform(radius, SIDE - radius, 2)
    angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(n) / n
    return np.rint(centre + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.int32)


def _polygon(n: int) -> Draw:
    def draw(pixels: Pixels, rng: np.random.Generator) -> None:
        cv2.fillPoly(pixels, [_corners(rng, n)], _contrasting(pixels, rng), cv2.LINE_AA)

    return draw


def _bands(pixels: Pixels, rng: np.random.Generator) -> NDArray[np.float64]:
    """(2, SIDE, SIDE): how far along two directions at right angles, in periods."""
    period, angle = rng.uniform(0.07, 0.16) * SIDE, rng.uniform(0, np.pi)
    y, x = np.indices((SIDE, SIDE), dtype=np.float64)
    found: NDArray[np.float64] = (
        np.stack([x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)]) / period
    )
    return found


def _stripes(pixels: Pixels, rng: np.random.Generator) -> None:
    pixels[_bands(pixels, rng)[0] % 1 < 0.5] = _contrasting(pixels, rng)


def _dots(pixels: Pixels, rng: np.random.Generator) -> None:
    away = _bands(pixels, rng) % 1 - 0.5
    pixels[np.hypot(*away) < 0.3] = _contrasting(pixels, rng)


def _checks(pixels: Pixels, rng: np.random.Generator) -> None:
    first, second = np.floor(_bands(pixels, rng)).astype(int) % 2
    pixels[first == second] = _contrasting(pixels, rng)


def _part(pixels: Pixels, rng: np.random.Generator) -> None:
    """A metal disc with a hole, in grey."""
    radius = int(rng.uniform(0.3, 0.42) * SIDE)
    at = [int(v) for v in rng.uniform(radius, SIDE - radius, 2)]
    grey = int(rng.integers(130, 220))
    cv2.circle(pixels, at, radius, (grey, grey, grey), -1, cv2.LINE_AA)
    cv2.circle(pixels, at, radius, (grey - 60, grey - 60, grey - 60), 3, cv2.LINE_AA)
    cv2.circle(pixels, at, radius // 3, (grey - 90, grey - 90, grey - 90), -1, cv2.LINE_AA)


def _scratched(pixels: Pixels, rng: np.random.Generator) -> None:
    before = pixels.copy()
    _part(pixels, rng)
    rows, columns = np.nonzero((pixels != before).any(axis=2))
    for _ in range(int(rng.integers(2, 5))):
        first, second = rng.integers(0, len(rows), 2)
        ends = [(int(columns[i]), int(rows[i])) for i in (first, second)]
        cv2.line(pixels, ends[0], ends[1], (40, 30, 30), int(rng.integers(1, 4)), cv2.LINE_AA)


def _any_shape(pixels: Pixels, rng: np.random.Generator) -> None:
    _polygon(int(rng.choice([3, 4, 40])))(pixels, rng)


def _framed(is_upright: bool) -> Draw:
    """A framed picture of a hill under a sky, hung a little askew, that is higher than wide or wider than high."""

    def draw(pixels: Pixels, rng: np.random.Generator) -> None:
        long = rng.uniform(0.5, 0.8) * SIDE
        sides = long, long / rng.uniform(1.25, 1.8)
        width, height = sides[::-1] if is_upright else sides
        centre = rng.uniform(0.55 * long, SIDE - 0.55 * long, 2)
        turn = rng.normal(0, 0.05)
        along, down = (
            np.array([np.cos(turn), np.sin(turn)]) * width / 2,
            np.array([-np.sin(turn), np.cos(turn)]) * height / 2,
        )

        def at(*places: tuple[float, float]) -> NDArray[np.int32]:
            """Places in the frame, from -1 to 1 across and down, in pixels."""
            return np.rint([centre + x * along + y * down for x, y in places]).astype(np.int32)

        corners = at((-1, -1), (1, -1), (1, 1), (-1, 1))
        cv2.fillPoly(pixels, [corners], _contrasting(pixels, rng), cv2.LINE_AA)
        left, middle, right = rng.uniform(-0.3, 0.7, 3).tolist()
        hill = at((-1, left), (rng.uniform(-0.5, 0.5), middle), (1, right), (1, 1), (-1, 1))
        cv2.fillPoly(pixels, [hill], _colour(rng), cv2.LINE_AA)
        cv2.polylines(pixels, [corners], True, _colour(rng), int(rng.integers(2, 7)), cv2.LINE_AA)

    return draw


SETS: Mapping[str, DrawnSet] = MappingProxyType({
    "shapes": DrawnSet(
        "Shapes", "triangles, squares and discs of any colour, size and turn",
        {"triangle": _polygon(3), "square": _polygon(4), "disc": _polygon(40)},
    ),
    "textures": DrawnSet(
        "Textures", "stripes, dots and checks of any colour, width and turn",
        {"stripes": _stripes, "dots": _dots, "checks": _checks},
    ),
    "lots": DrawnSet(
        "Lots", "shapes that were put into two heaps by lot, so that nothing tells them apart",
        {"heap one": _any_shape, "heap two": _any_shape},
    ),
    "parts": DrawnSet("Parts", "metal rings, good or scratched", {"good": _part, "scratched": _scratched}),
    "orientation": DrawnSet(
        "Orientation", "framed pictures, portrait or landscape",
        {"portrait": _framed(is_upright=True), "landscape": _framed(is_upright=False)},
    ),
})  # fmt: skip
