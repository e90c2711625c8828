"""Does the evidence follow what moves, and which layers do not care?"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..drawing.picture import enlarge
from ..trace import FloatArray, Trace
from .changes import CHANGES, Matrix
from .sweep import Sweep

_SIDE = 64  # of the maps that are compared: finer than any CAM layer's own cells


@dataclass(frozen=True)
class Similarity:
    """How alike a stage's values are for two pictures, as cosines from -1 to 1: cell by cell, and of the channels'
    means, which do not know where anything is. None where all values of one are 0."""

    stage: str
    in_place: float | None
    pooled: float | None


def followed(trace: Trace, found: Sweep) -> list[float | None] | None:
    """Per strength, the correlation of the map with that of the unchanged picture, after it was moved back as the
    picture was moved: 1 where the evidence went along with what it lies on.

    Over the pixels of the received picture that both show. None for a strength at which there are none, or one of the
    maps is of one value; None for a change that moves nothing, and without maps.
    """
    matrix = CHANGES[found.change].matrix
    if matrix is None or found.maps is None:
        return None
    still = CHANGES[found.change].still
    if still not in found.strengths:
        return None
    height, width, _ = trace.image.pixels.shape
    to_received = _to_received(trace)
    before = enlarge(found.maps[found.strengths.index(still)], _SIDE, _SIDE)
    result = []
    for strength, values in zip(found.strengths, found.maps, strict=True):
        there = to_received @ matrix(height, width, strength) @ np.linalg.inv(to_received)
        after, seen = _moved_back(enlarge(values, _SIDE, _SIDE), there)
        result.append(correlation(before[seen], after[seen]))
    return result


def similarity(first: Trace, second: Trace) -> list[Similarity]:
    """How alike two passes of one network are, at each of its stages, from the picture to the answer."""
    network = first.network
    found = []
    for stage in network.stages:
        a, b = first[stage], second[stage]
        pooled = [x.mean(axis=(1, 2)) if x.ndim == 3 else x for x in (a, b)]
        found.append(Similarity(stage, _cosine(a, b), _cosine(*pooled)))
    return found


def _to_received(trace: Trace) -> Matrix:
    """From the pixels of the picture to those of the maps, of which the same part is seen. Pixels lie at whole numbers,
    so their edges half a pixel beside them."""
    top, left, bottom, right = trace.prepared.box
    across, down = _SIDE / (right - left), _SIDE / (bottom - top)
    return np.array(
        [[across, 0, (0.5 - left) * across - 0.5], [0, down, (0.5 - top) * down - 0.5], [0, 0, 1]], np.float64
    )


def _moved_back(values: FloatArray, there: Matrix) -> tuple[FloatArray, np.ndarray]:
    """A map (H, W) whose every point comes from where `there` took it, and which of its pixels were still seen."""
    size, flags = (_SIDE, _SIDE), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    back = cv2.warpPerspective(values, there, size, flags=flags)
    seen = cv2.warpPerspective(np.ones_like(values), there, size, flags=flags)
    return np.asarray(back, np.float32), np.asarray(seen) > 0.999


def correlation(a: FloatArray, b: FloatArray) -> float | None:
    """Of two rows of as many values, from -1 to 1; None where one of them is of one value, or has what is no number."""
    if len(a) < 2 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    return _cosine(a - a.mean(dtype=np.float64), b - b.mean(dtype=np.float64))


def _cosine(a: np.ndarray, b: np.ndarray) -> float | None:
    a, b = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b / size) if np.isfinite(size) and size > 1e-12 else None
