"""Whether two passes look at the same things: their maps of evidence, and the regions that look alike to a network."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..attribution import class_activation_map
from ..challenges.evidence import correlation
from ..drawing.picture import enlarge
from ..trace import FloatArray, Trace

_SIDE = 64  # of the maps that are compared: finer than any CAM layer's own cells

Cell = tuple[int, int]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Regions:
    """Which cells of a layer look alike for two pictures: for each of the first's, (H, W), and of the second's, the
    highest cosine with any of the other's, over the channels; and the `pairs` of cells of which each is the other's
    best, the most alike first."""

    layer: str
    first: FloatArray
    second: FloatArray
    pairs: tuple[tuple[Cell, Cell, float], ...]


def cam_agreement(first: Trace, second: Trace) -> float | None:
    """The correlation of two passes' Grad-CAMs, each at its network's own layer for its own target, from -1 to 1.

    At one resolution, 64 x 64: of one picture over the part that both networks receive, of two over what each does.
    None where one of them has no map, or one of one value, or where they receive nothing in common.
    """
    if not all(has_map(trace) for trace in (first, second)):
        return None
    boxes = [trace.prepared.box for trace in (first, second)]
    is_one = first.image.pixels.shape == second.image.pixels.shape
    shared = _shared(*boxes)
    if is_one and shared is None:
        return None
    parts = [shared if is_one and shared is not None else box for box in boxes]
    maps = [_part(class_activation_map(t), t.prepared.box, p) for t, p in zip((first, second), parts, strict=True)]
    return correlation(maps[0].ravel(), maps[1].ravel())


def has_map(trace: Trace) -> bool:
    """Whether a class activation map can be read off the pass."""
    return trace.network.has_maps and trace.explained is not None and trace.is_finite


def matching_regions(first: Trace, second: Trace, layer: str | None = None) -> Regions:
    """The cells of two passes of one network that look alike to it, at the layer of its class activation map unless
    another is given. A cell whose channels are all 0 is like none. Raises UnknownLayer, NotSpatial."""
    network = first.network
    name = network.cam_layer if layer is None else layer
    network.spatial_layer(name)
    a, b = (_directions(trace[name]) for trace in (first, second))
    cosines = a @ b.T  # (cells of the first, cells of the second)
    there, back = cosines.argmax(axis=1), cosines.argmax(axis=0)
    width = first[name].shape[2]
    mutual = [i for i in range(len(a)) if back[there[i]] == i and cosines[i, there[i]] > 0]
    mutual.sort(key=lambda i: -cosines[i, there[i]])
    pairs = tuple((divmod(i, width), divmod(int(there[i]), width), float(cosines[i, there[i]])) for i in mutual)
    shape = first[name].shape[1:]
    return Regions(name, cosines.max(axis=1).reshape(shape), cosines.max(axis=0).reshape(shape), pairs)


def _directions(activation: FloatArray) -> FloatArray:
    """(C, H, W) as a unit vector for each cell, (H * W, C)."""
    cells = activation.reshape(len(activation), -1).T
    length = np.linalg.norm(cells, axis=1, keepdims=True)
    found: FloatArray = np.divide(cells, length, out=np.zeros_like(cells), where=length > 0)
    return found


def _shared(first: Box, second: Box) -> Box | None:
    """What two boxes (top, left, bottom, right) have in common."""
    found = (*np.maximum(first[:2], second[:2]), *np.minimum(first[2:], second[2:]))
    top, left, bottom, right = (float(edge) for edge in found)
    return (top, left, bottom, right) if bottom > top and right > left else None


def _part(values: FloatArray, box: Box, part: Box) -> FloatArray:
    """A part of a map that covers the box, (64, 64), bilinear. Pixels lie at whole numbers, so their edges half a pixel
    beside them."""
    (top, left, bottom, right), (y0, x0, y1, x1) = box, part
    down, across = _SIDE / (bottom - top), _SIDE / (right - left)
    step_y, step_x = (y1 - y0) / _SIDE * down, (x1 - x0) / _SIDE * across
    matrix = np.array(
        [
            [step_x, 0, (x0 - left) * across + 0.5 * step_x - 0.5],
            [0, step_y, (y0 - top) * down + 0.5 * step_y - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large = enlarge(values, _SIDE, _SIDE)
    found = cv2.warpAffine(large, matrix, (_SIDE, _SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)
