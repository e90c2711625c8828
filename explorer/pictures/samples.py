"""The pictures that come with the program: photographs, and test cards it draws itself.

Who took each photograph, and under which licence it is here, is written in assets/samples/LICENSES.md. A test card is
a pure function of nothing: what a layer should answer to it can be worked out on paper.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from ..errors import UnknownSample, nearest
from ..places import assets
from .image import ImageInput, read_image

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE = 320
_FOLDER = assets() / "samples"
_FINE = 3  # points per pixel and axis: the mean of nine points is one anti-aliased pixel


@dataclass(frozen=True)
class Subject:
    """What a picture shows, as a phrase, and the words by any of which a class can mean it."""

    phrase: str
    words: frozenset[str]

    def is_among(self, categories: Iterable[str]) -> bool:
        """Whether any of the classes has one of the words in its name."""
        return any(self.words & {*re.findall(r"\w+", category.lower())} for category in categories)


@dataclass(frozen=True)
class Sample:
    """One picture to choose: `title` and `credit` are for the reader; `draw` is there for a test card only, `subject`
    where the picture is one of something."""

    name: str
    title: str
    credit: str
    draw: Callable[[], Pixels] | None = None
    subject: Subject | None = None


def subject_of(image: ImageInput) -> Subject | None:
    """What a picture shows, where it is a sample of something; None of any other."""
    sample = SAMPLES.get(image.name)
    return sample.subject if sample is not None and load_sample(sample.name).digest == image.digest else None


def first_known(categories: Iterable[str]) -> Sample | None:
    """The first sample of something for which one of the classes has a word."""
    names = [*categories]
    return next((one for one in SAMPLES.values() if one.subject is not None and one.subject.is_among(names)), None)


def load_sample(name: str) -> ImageInput:
    """The sample called `name`, read like any other picture. Raises UnknownSample."""
    if name not in SAMPLES:
        raise UnknownSample(f"There is no sample '{name}'.{nearest(name, SAMPLES)} There are: {', '.join(SAMPLES)}.")
    return _load(name)


@lru_cache(maxsize=32)
def _load(name: str) -> ImageInput:
    if (draw := SAMPLES[name].draw) is None:
        return read_image(_FOLDER / f"{name}.jpg", name)
    file = io.BytesIO()
    Image.fromarray(draw()).save(file, "PNG")
    return read_image(file, name)


def bars() -> Pixels:
    """Television colour bars at 75 %, below them the bars with blue in reverse, then white and shades of black."""
    y, x = _plane()
    seven = np.minimum(x[0] * 7, 6.999).astype(int)  # the same in every row
    green, red, blue = (np.arange(7) & 4) < 4, (np.arange(7) & 2) < 2, (np.arange(7) & 1) < 1
    full = np.float32(191) * np.stack([red, green, blue], axis=-1)  # grey, yellow, cyan, green, magenta, red, blue
    swapped = np.where(blue[:, None], full[::-1], np.float32(19))
    dark = np.array(
        [(0, 33, 76), (255, 255, 255), (50, 0, 106), (19, 19, 19), (0, 0, 0), (19, 19, 19), (38, 38, 38)], np.float32
    )
    upper, lower = y[..., None] < 2 / 3, y[..., None] >= 3 / 4
    return _picture(np.where(upper, full[seven], np.where(lower, dark[seven], swapped[seven])))


def rings() -> Pixels:
    """A zone plate: from the centre out the rings get finer evenly, up to one pixel dark, one bright at the edge."""
    offset = np.arange(SIDE) - (SIDE - 1) / 2
    square = offset[:, None] ** 2 + offset**2
    fade = np.clip((SIDE / 2 - np.sqrt(square)) / 16, 0, 1)  # finer than pixels would be a false pattern: grey there
    return _grey(127.5 + 127.5 * fade * np.cos(np.pi * square / SIDE))


def checkerboard() -> Pixels:
    """Four boards with squares of 40, 20, 10 and 5 pixels: the same corners at four scales."""
    y, x = np.indices((SIDE, SIDE))
    half = SIDE // 2
    size = 40 >> ((x >= half) + 2 * (y >= half))
    return _grey(np.where((y // size + x // size) % 2, 20, 240))


def gradients() -> Pixels:
    """Ramps from dark to bright, smooth and in eleven steps: grey, red, green, blue."""
    y, x = np.indices((SIDE, SIDE))
    smooth = x / (SIDE - 1)
    steps = (x * 11 // SIDE) / 10
    band = y * 8 // SIDE
    level = np.where(band % 2, steps, smooth)
    colour = np.array([(1, 1, 1), (1, 0.15, 0.15), (0.1, 0.85, 0.25), (0.2, 0.4, 1)])[band // 2]
    return _round(255 * level[..., None] * colour)


def colour_wheel() -> Pixels:
    """Every hue around the centre, paler towards it, on grey."""
    y, x = _plane()
    radius, angle = np.hypot(y - 0.5, x - 0.5) / 0.46, np.arctan2(0.5 - y, x - 0.5) / (2 * np.pi)
    turn = angle[..., None] + np.array([0, 4 / 6, 2 / 6], np.float32)
    hue = np.clip(np.abs((turn - np.floor(turn)) * 6 - 3) - 1, 0, 1)
    return _picture(np.where(radius[..., None] < 1, 255 * (1 - np.minimum(radius, 1)[..., None] * (1 - hue)), 64))


def digit() -> Pixels:
    """A three in dark ink on light paper, off the middle and leaning: all that preparing a digit has to put right."""
    path: list[tuple[float, float]] = []
    for x0, y0, radius, start, end in ((112, 118, 40, -165, 75), (108, 206, 52, -80, 150)):  # two bows, in degrees
        angle = np.radians(np.linspace(start, end, 24))
        down = y0 + radius * np.sin(angle)
        path += zip(x0 + 0.9 * radius * np.cos(angle) + 0.2 * (160 - down), down, strict=True)
    y, x = np.indices((SIDE, SIDE), np.float32)
    ink = np.zeros((SIDE, SIDE), np.float32)
    for i, ((x1, y1), (x2, y2)) in enumerate(pairwise(path)):
        along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)
        along = np.clip(along, 0, 1)
        distance = np.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))
        pressed = 9 + 2 * np.sin(i / 5)  # a hand does not press evenly
        ink = np.maximum(ink, np.clip(pressed - distance + 0.5, 0, 1))  # the edge is one pixel wide
    paper, pen = np.array([250, 248, 241], np.float32), np.array([38, 48, 78], np.float32)
    return _round(paper + ink[..., None] * (pen - paper))


def _plane() -> tuple[Floats, Floats]:
    """(y, x) from 0 to 1 at _FINE points per pixel and axis."""
    at = ((np.arange(SIDE * _FINE) + 0.5) / (SIDE * _FINE)).astype(np.float32)
    y, x = np.meshgrid(at, at, indexing="ij")
    return y, x


def _picture(fine: ArrayLike) -> Pixels:
    """Points of _plane() to pixels: the mean over each pixel."""
    return _round(np.asarray(fine).reshape(SIDE, _FINE, SIDE, _FINE, 3).mean(axis=(1, 3)))


def _grey(values: ArrayLike) -> Pixels:
    return np.repeat(_round(values)[..., None], 3, axis=2)


def _round(values: ArrayLike) -> Pixels:
    return np.rint(values).astype(np.uint8)


_DRAWN = "drawn by this program"


def _of(phrase: str, words: str) -> Subject:
    return Subject(phrase, frozenset(words.split()))


_PERSON = " person persons people human man woman"

SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        sample.name: sample
        for sample in (
            Sample(
                "chelsea", "Chelsea the cat", "Stéfan van der Walt, CC0", subject=_of("a cat", "cat cats tabby kitten")
            ),
            Sample(
                "coffee", "Espresso", "Rachel Michetti, CC0", subject=_of("a cup of coffee", "espresso coffee cup mug")
            ),
            Sample(
                "raccoon",
                "Raccoon",
                "public-domain-image.com, public domain",
                subject=_of("a raccoon", "raccoon racoon coon"),
            ),
            Sample(
                "astronaut",
                "Eileen Collins, astronaut",
                "NASA, public domain",
                subject=_of("an astronaut", f"astronaut{_PERSON}"),
            ),
            Sample(
                "rocket",
                "Falcon 9 before its launch",
                "SpaceX, public domain",
                subject=_of("a rocket", "rocket missile projectile"),
            ),
            Sample(
                "photographer",
                "Photographer",
                "Lav Varshney, CC0",
                subject=_of("a photographer", f"photographer cameraman{_PERSON}"),
            ),
            Sample(
                "galaxies",
                "Hubble eXtreme Deep Field",
                "NASA and ESA, public domain",
                subject=_of("galaxies", "galaxy galaxies nebula"),
            ),
            Sample("bars", "Colour bars", _DRAWN, bars),
            Sample("rings", "Rings, finer and finer", _DRAWN, rings),
            Sample("checkerboard", "Checkerboard at four scales", _DRAWN, checkerboard),
            Sample("gradients", "Gradients", _DRAWN, gradients),
            Sample("colour_wheel", "Colour wheel", _DRAWN, colour_wheel),
            Sample("digit", "A handwritten three", _DRAWN, digit, _of("a written three", "3 three digit")),
        )
    }
)
