"""Handwritten digits that code draws, so that a class without internet has something to read.

A digit is one of several ways to write it, as strokes of a pen: curves and lines through a few points. What differs
from hand to hand is drawn anew for each: the points, bends, slant, width, turn, the pen's thickness. It is then cut out
and centred as the digits of MNIST are (networks/digits.py), so a network trained on these can be shown others.
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
# how far hands differ: standard deviations of the turn (radians), the slant and its mean, the slow bends and the single
# points (of the digit's height), and from what to what its width and the pen's thickness (of sheet pixels) go
_TURN, _SLANT, _LEANING, _BENDS, _POINTS = 0.13, 0.22, 0.15, 0.038, 0.036
_WIDTHS, _PENS = (0.5, 1.12), (4, 11)
_SMOOTH = 8  # points of a curve for each that is written down

# A corner is a point that stands twice: there the pen turns at once.
_WAYS: Mapping[int, tuple[tuple[Stroke, ...], ...]] = MappingProxyType({
    0: (
        (((0.55, 0.0), (0.15, 0.2), (0.08, 0.6), (0.4, 1.0), (0.85, 0.75), (0.9, 0.3), (0.55, 0.0)),),
        (((0.7, 0.08), (0.35, 0.02), (0.05, 0.45), (0.25, 0.95), (0.7, 0.95), (0.95, 0.5), (0.75, 0.1), (0.5, 0.05)),),
        (((0.4, 0.05), (0.12, 0.4), (0.2, 0.85), (0.6, 0.98), (0.9, 0.6), (0.8, 0.15), (0.45, 0.02), (0.3, 0.2)),),
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
        (((0.1, 0.3), (0.4, 0.02), (0.72, 0.2), (0.6, 0.65), (0.25, 0.98), (0.05, 0.85), (0.25, 0.7), (0.6, 0.88),
          (0.98, 0.8)),),
        (((0.2, 0.15), (0.6, 0.0), (0.75, 0.35), (0.3, 0.98), (0.3, 0.98), (0.98, 0.9)),),
    ),
    3: (
        (((0.12, 0.12), (0.5, 0.0), (0.82, 0.22), (0.4, 0.46), (0.4, 0.46), (0.88, 0.7), (0.55, 1.0), (0.08, 0.9)),),
        (((0.1, 0.0), (0.85, 0.02), (0.85, 0.02), (0.4, 0.4), (0.4, 0.4), (0.85, 0.6), (0.7, 0.95), (0.1, 0.95)),),
        (((0.15, 0.2), (0.5, 0.02), (0.75, 0.25), (0.5, 0.45), (0.8, 0.65), (0.55, 0.98), (0.1, 0.82)),),
        (((0.1, 0.1), (0.6, 0.0), (0.75, 0.2), (0.35, 0.42), (0.35, 0.42), (0.9, 0.5), (0.75, 0.9), (0.2, 1.0)),),
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
        (((0.25, 0.1), (0.2, 0.45), (0.2, 0.45), (0.6, 0.42), (0.75, 0.7), (0.45, 0.98), (0.1, 0.9)),
         ((0.25, 0.1), (0.98, 0.0))),
        (((0.95, 0.05), (0.45, 0.02), (0.25, 0.3), (0.6, 0.5), (0.7, 0.8), (0.35, 1.0), (0.05, 0.85)),),
    ),
    6: (
        (((0.7, 0.0), (0.25, 0.35), (0.15, 0.8), (0.5, 1.0), (0.85, 0.75), (0.55, 0.52), (0.2, 0.72)),),
        (((0.5, 0.0), (0.2, 0.5), (0.25, 0.92), (0.6, 0.98), (0.75, 0.7), (0.5, 0.55), (0.25, 0.75)),),
        (((0.85, 0.05), (0.4, 0.15), (0.12, 0.6), (0.35, 1.0), (0.8, 0.85), (0.7, 0.55), (0.2, 0.65)),),
        (((0.35, 0.0), (0.12, 0.4), (0.15, 0.85), (0.6, 1.0), (0.92, 0.78), (0.7, 0.58), (0.3, 0.7), (0.2, 0.9)),),
        (((0.4, 0.0), (0.2, 0.8), (0.45, 1.0), (0.7, 0.8), (0.5, 0.65), (0.25, 0.85)),),
    ),
    7: (
        (((0.08, 0.02), (0.9, 0.0), (0.9, 0.0), (0.55, 0.45), (0.4, 1.0)),),
        (((0.1, 0.15), (0.12, 0.0), (0.12, 0.0), (0.85, 0.05), (0.85, 0.05), (0.45, 1.0)),),
        (((0.05, 0.05), (0.9, 0.02), (0.9, 0.02), (0.4, 1.0)), ((0.35, 0.5), (0.85, 0.48))),
        (((0.1, 0.3), (0.25, 0.05), (0.85, 0.05), (0.85, 0.05), (0.6, 0.5), (0.55, 1.0)),),
    ),
    8: (
        (((0.78, 0.15), (0.5, 0.0), (0.22, 0.2), (0.5, 0.48), (0.82, 0.75), (0.5, 1.0), (0.18, 0.76), (0.5, 0.48),
          (0.78, 0.15)),),
        (((0.5, 0.45), (0.2, 0.22), (0.5, 0.0), (0.8, 0.22), (0.5, 0.45), (0.15, 0.75), (0.5, 1.0), (0.85, 0.75),
          (0.5, 0.45)),),
        (((0.85, 0.05), (0.3, 0.1), (0.4, 0.42), (0.75, 0.75), (0.4, 1.0), (0.2, 0.75), (0.6, 0.4), (0.88, 0.08)),),
        (((0.9, 0.12), (0.5, 0.02), (0.25, 0.2), (0.7, 0.65), (0.6, 0.95), (0.35, 0.95), (0.35, 0.7), (0.95, 0.15)),),
        (((0.75, 0.05), (0.35, 0.05), (0.3, 0.28), (0.6, 0.5), (0.65, 0.85), (0.4, 1.0), (0.3, 0.75), (0.6, 0.45),
          (0.75, 0.05)),),
    ),
    9: (
        (((0.8, 0.2), (0.45, 0.0), (0.18, 0.28), (0.45, 0.5), (0.8, 0.2), (0.8, 0.2), (0.7, 1.0)),),
        (((0.82, 0.15), (0.4, 0.02), (0.15, 0.3), (0.5, 0.48), (0.85, 0.18), (0.8, 0.65), (0.3, 1.0)),),
        (((0.75, 0.1), (0.35, 0.05), (0.25, 0.42), (0.7, 0.4), (0.8, 0.05), (0.8, 0.05), (0.6, 0.55), (0.5, 1.0)),),
        (((0.8, 0.15), (0.5, 0.0), (0.15, 0.25), (0.3, 0.45), (0.75, 0.25), (0.75, 0.25), (0.72, 0.6), (0.7, 1.0)),),
        (((0.85, 0.05), (0.35, 0.08), (0.12, 0.35), (0.45, 0.42), (0.8, 0.15), (0.8, 0.15), (0.45, 1.0)),),
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
    turn, slant, width = rng.normal(0, _TURN), rng.normal(_LEANING, _SLANT), rng.uniform(*_WIDTHS)
    as_held = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ [[width, -slant], [0, 1]]
    bends, pen = rng.normal(0, _BENDS, (4, 2)), int(rng.integers(*_PENS))
    sheet = np.zeros((_SIDE, _SIDE), np.uint8)
    for through, points in ways[int(rng.integers(len(ways)))]:
        curve = through @ (points + rng.normal(0, _POINTS, points.shape))
        at = _SIDE / 2 + _FIELD * (curve + _bent(curve, bends) - 0.5) @ as_held.T
        cv2.polylines(sheet, [np.rint(16 * at).astype(np.int32)], False, 255, pen, cv2.LINE_AA, 4)  # 16ths of a pixel
    return centred(sheet.astype(np.float32))


def _bent(points: NDArray[np.float64], bends: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a hand strays from each point: slow waves across the sheet."""
    x, y = points.T * np.pi
    waves = np.stack([np.sin(x), np.sin(2 * y), np.cos(y), np.cos(2 * x + y)])
    return np.asarray(waves.T @ bends)


@cache
def _curves(digit: int) -> tuple[tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...], ...]:
    """For each way to write a digit its strokes: what makes a curve of points (n, 2), and these."""
    return tuple(tuple(_through(stroke) for stroke in way) for way in _WAYS[digit])


def _through(stroke: Stroke) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A smooth curve through points, as a product with them: Catmull and Rom's spline, which a point that stands twice
    breaks into two."""
    points = [*dict.fromkeys(stroke)]
    order = [points.index(point) for point in stroke]
    breaks = [0, *(i for i in range(1, len(order)) if order[i] == order[i - 1]), len(order)]
    identity = np.eye(len(points))[order]
    return np.concatenate([_spline(identity[a:b]) for a, b in pairwise(breaks)]), np.array(points)


def _spline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """One piece of it; what ends where it began has no corner there."""
    is_closed = (points[0] == points[-1]).all()
    p = np.concatenate([points[-2:-1] if is_closed else points[:1], points, points[1:2] if is_closed else points[-1:]])
    t = np.linspace(0, 1, _SMOOTH, endpoint=False)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    found = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([found.swapaxes(0, 1).reshape(-1, points.shape[1]), points[-1:]])
