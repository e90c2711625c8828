"""Handwritten digits that code draws, so that a class without internet has something to read.

A digit is one of several ways to write it, as strokes of a pen: arcs and lines through a few points. What a hand varies
is drawn anew for each: the points, slant, width, turn, the pen's thickness and pressure. It is then cut out and centred
as the digits of MNIST are (networks/digits.py), so a network trained on these can be shown others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..networks.digits import centred

Split = Literal["train", "test"]
Stroke = Sequence[tuple[float, float]]  # points (x, y) that the pen passes, from 0 to 1, y down; a curve runs through

N_TRAIN, N_TEST = 5000, 1000
_SIDE = 84  # of the sheet that is drawn on: four times the twenty pixels of a digit, and a little
_FIELD = 56  # of the digit on it, before it is slanted and turned
_SMOOTH = 8  # points of a curve between two that are written down

# A corner is a point that stands twice: there the pen turns at once.
_WAYS: Mapping[int, tuple[tuple[Stroke, ...], ...]] = MappingProxyType({
    0: (
        (((0.55, 0.0), (0.15, 0.2), (0.08, 0.6), (0.4, 1.0), (0.85, 0.75), (0.9, 0.3), (0.55, 0.0)),),
        (((0.7, 0.08), (0.35, 0.02), (0.05, 0.45), (0.25, 0.95), (0.7, 0.95), (0.95, 0.5), (0.75, 0.1), (0.5, 0.05)),),
        (((0.5, 0.0), (0.25, 0.3), (0.25, 0.75), (0.5, 1.0), (0.75, 0.7), (0.75, 0.25), (0.5, 0.0)),),
    ),
    1: (
        (((0.5, 0.0), (0.5, 1.0)),),
        (((0.3, 0.22), (0.52, 0.0), (0.52, 0.0), (0.5, 1.0)),),
        (((0.25, 0.25), (0.52, 0.0), (0.52, 0.0), (0.52, 1.0)), ((0.25, 1.0), (0.8, 1.0))),
        (((0.6, 0.0), (0.42, 1.0)),),
    ),
    2: (
        (((0.1, 0.25), (0.45, 0.0), (0.85, 0.25), (0.55, 0.65), (0.1, 1.0), (0.1, 1.0), (0.9, 0.98)),),
        (((0.15, 0.2), (0.5, 0.0), (0.8, 0.3), (0.5, 0.7), (0.2, 0.95), (0.15, 0.78), (0.4, 0.82), (0.95, 1.0)),),
        (((0.1, 0.1), (0.55, 0.02), (0.8, 0.3), (0.05, 1.0), (0.05, 1.0), (0.55, 0.88), (0.95, 0.95)),),
    ),
    3: (
        (((0.12, 0.12), (0.5, 0.0), (0.82, 0.22), (0.4, 0.46), (0.4, 0.46), (0.88, 0.7), (0.55, 1.0), (0.08, 0.9)),),
        (((0.1, 0.0), (0.85, 0.02), (0.85, 0.02), (0.4, 0.4), (0.4, 0.4), (0.85, 0.6), (0.7, 0.95), (0.1, 0.95)),),
        (((0.15, 0.2), (0.5, 0.02), (0.75, 0.25), (0.5, 0.45), (0.8, 0.65), (0.55, 0.98), (0.1, 0.82)),),
    ),
    4: (
        (((0.3, 0.0), (0.1, 0.55), (0.1, 0.55), (0.9, 0.5)), ((0.7, 0.1), (0.65, 1.0))),
        (((0.65, 0.0), (0.05, 0.65), (0.05, 0.65), (0.95, 0.62)), ((0.65, 0.0), (0.65, 1.0))),
        (((0.15, 0.05), (0.15, 0.45), (0.45, 0.55), (0.8, 0.45)), ((0.82, 0.0), (0.78, 1.0))),
    ),
    5: (
        (((0.2, 0.02), (0.15, 0.45), (0.15, 0.45), (0.55, 0.38), (0.88, 0.65), (0.6, 1.0), (0.1, 0.92)),
         ((0.2, 0.02), (0.85, 0.0))),
        (((0.9, 0.0), (0.3, 0.05), (0.3, 0.05), (0.2, 0.42), (0.2, 0.42), (0.7, 0.5), (0.65, 0.92), (0.1, 0.95)),),
        (((0.95, 0.05), (0.45, 0.02), (0.25, 0.3), (0.6, 0.5), (0.7, 0.8), (0.35, 1.0), (0.05, 0.85)),),
    ),
    6: (
        (((0.7, 0.0), (0.25, 0.35), (0.15, 0.8), (0.5, 1.0), (0.85, 0.75), (0.55, 0.52), (0.2, 0.72)),),
        (((0.5, 0.0), (0.2, 0.5), (0.25, 0.92), (0.6, 0.98), (0.75, 0.7), (0.5, 0.55), (0.25, 0.75)),),
        (((0.85, 0.05), (0.4, 0.15), (0.12, 0.6), (0.35, 1.0), (0.8, 0.85), (0.7, 0.55), (0.2, 0.65)),),
    ),
    7: (
        (((0.08, 0.02), (0.9, 0.0), (0.9, 0.0), (0.55, 0.45), (0.4, 1.0)),),
        (((0.1, 0.15), (0.12, 0.0), (0.12, 0.0), (0.85, 0.05), (0.85, 0.05), (0.45, 1.0)),),
        (((0.05, 0.05), (0.9, 0.02), (0.9, 0.02), (0.4, 1.0)), ((0.35, 0.5), (0.85, 0.48))),
    ),
    8: (
        (((0.78, 0.15), (0.5, 0.0), (0.22, 0.2), (0.5, 0.48), (0.82, 0.75), (0.5, 1.0), (0.18, 0.76), (0.5, 0.48),
          (0.78, 0.15)),),
        (((0.5, 0.45), (0.2, 0.22), (0.5, 0.0), (0.8, 0.22), (0.5, 0.45), (0.15, 0.75), (0.5, 1.0), (0.85, 0.75),
          (0.5, 0.45)),),
        (((0.85, 0.05), (0.3, 0.1), (0.4, 0.42), (0.75, 0.75), (0.4, 1.0), (0.2, 0.75), (0.6, 0.4), (0.88, 0.08)),),
    ),
    9: (
        (((0.8, 0.2), (0.45, 0.0), (0.18, 0.28), (0.45, 0.5), (0.8, 0.2), (0.8, 0.2), (0.7, 1.0)),),
        (((0.82, 0.15), (0.4, 0.02), (0.15, 0.3), (0.5, 0.48), (0.85, 0.18), (0.8, 0.65), (0.3, 1.0)),),
        (((0.75, 0.1), (0.35, 0.05), (0.25, 0.42), (0.7, 0.4), (0.8, 0.05), (0.8, 0.05), (0.6, 0.55), (0.5, 1.0)),),
    ),
})  # fmt: skip


def drawn_digits(split: Split, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All digits of a part, (N, 1, 32, 32) light on dark, and which they are, (N,): 0 to 9 in turn.

    The same seed gives the same pixels; no digit of one part is drawn like one of the other.
    """
    n = N_TRAIN if split == "train" else N_TEST
    rng = np.random.default_rng([seed, ("train", "test").index(split)])
    labels = np.arange(n) % 10
    return np.stack([_drawn(int(label), rng) for label in labels])[:, None], labels


def _drawn(digit: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One digit, (32, 32)."""
    ways = _curves(digit)
    strokes = ways[int(rng.integers(len(ways)))]
    turn, slant = rng.normal(0, 0.12), rng.normal(0.12, 0.2)  # radians; cells to the right per cell up
    width, height = rng.uniform(0.55, 1.05), rng.uniform(0.85, 1.1)
    cos, sin = np.cos(turn), np.sin(turn)
    map_ = np.array([[cos, -sin], [sin, cos]]) @ np.array([[width, -slant], [0, height]])
    wobble = rng.normal(0, 0.035, (4, 2))
    sheet = np.zeros((_SIDE, _SIDE), np.uint8)
    thickness = int(rng.integers(4, 11))
    for points in strokes:
        bent = points + _bend(points, wobble) - 0.5
        at = _SIDE / 2 + _FIELD * bent @ map_.T
        cv2.polylines(sheet, [np.rint(at * 16).astype(np.int32)], False, 255, thickness, cv2.LINE_AA, 4)
    return centred(sheet.astype(np.float32))


def _bend(points: NDArray[np.float64], wobble: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a hand strays from each point: two slow waves down the sheet and across it."""
    x, y = points.T * np.pi
    waves = np.stack([np.sin(x), np.sin(2 * y), np.cos(y), np.cos(2 * x + y)])
    return np.asarray(waves.T @ wobble)


@cache
def _curves(digit: int) -> tuple[tuple[NDArray[np.float64], ...], ...]:
    """The strokes of each way to write a digit, each as points (n, 2) close to each other."""
    return tuple(tuple(_through(np.array(stroke)) for stroke in way) for way in _WAYS[digit])


def _through(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smooth curve through points: Catmull and Rom's spline, which a point that stands twice breaks into two."""
    breaks = [0, *(i for i in range(1, len(points)) if (points[i] == points[i - 1]).all()), len(points)]
    return np.concatenate([_spline(points[a:b]) for a, b in pairwise(breaks)])


def _spline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, _SMOOTH, endpoint=False)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    found = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([found.swapaxes(0, 1).reshape(-1, 2), points[-1:]])
