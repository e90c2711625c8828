"""A clip that this program makes itself, of photographs that come along: something to look at before one's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

import cv2
import numpy as np

from .frames import Clip
from .samples import SAMPLES, Pixels, load_sample
from .strips import Raster

ON_THE_WAY = ("chelsea", "coffee", "raccoon")
_SIDE = 288  # pixels of a frame
_N_FRAMES = 40
_RATE = 10  # frames a second
_CLOSEST = 0.75  # of the height of what is seen, halfway between two photographs


@dataclass(frozen=True, eq=False)
class _Tour:
    """A camera that goes along photographs side by side: it stops in the middle of each, and between two comes
    closer."""

    wall: Pixels
    stops: tuple[float, ...]  # where along the wall the middles of the photographs are
    size: tuple[int, int] = (_SIDE, _SIDE)
    n_frames: int = _N_FRAMES
    is_cut: bool = False

    def walk(self) -> Iterator[tuple[float, Callable[[], Raster]]]:
        for index in range(self.n_frames):
            yield index / _RATE, partial(self._seen, index / (self.n_frames - 1))

    def _seen(self, way: float) -> Raster:
        part = way * (len(self.stops) - 1)
        leg = min(int(part), len(self.stops) - 2)
        eased = 0.5 - 0.5 * np.cos(np.pi * (part - leg))
        middle = self.stops[leg] + eased * (self.stops[leg + 1] - self.stops[leg])
        side = _SIDE * (1 - (1 - _CLOSEST) * np.sin(np.pi * eased))
        scale = side / _SIDE
        there = np.array(
            [[scale, 0, middle - side / 2 + scale / 2 - 0.5], [0, scale, (_SIDE - side) / 2 + scale / 2 - 0.5]]
        )
        pixels = np.asarray(
            cv2.warpAffine(self.wall, there, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        )
        return Raster((_SIDE, _SIDE), lambda top, bottom: (pixels[top:bottom], None), [])


@cache
def tour() -> Clip:
    """A walk past a cat, an espresso and a raccoon, 4 seconds long, made of the photographs anew each time."""
    photos = [load_sample(name).pixels for name in ON_THE_WAY]
    widths = [round(_SIDE * pixels.shape[1] / pixels.shape[0]) for pixels in photos]
    equal = [
        np.asarray(cv2.resize(pixels, (width, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)
        for pixels, width in zip(photos, widths, strict=True)
    ]
    ends = np.cumsum([0, *widths])
    wall = np.concatenate(equal, axis=1)
    titles = ", ".join(SAMPLES[name].title for name in ON_THE_WAY)
    return Clip(
        f"A walk past {titles}, made by this program",
        hashlib.sha256(wall.tobytes()).hexdigest(),
        _Tour(wall, tuple(((ends[:-1] + ends[1:]) / 2).tolist())),
        wall.nbytes,
        "tour()",
    )
