"""A decoded picture to one of bounded size, strip by strip: the decoder's own copy stays the only large one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .profiles import Conversion

MAX_SIDE = 2048
STRIP_PIXELS = 500_000
_MAX_SIDE_OF_CHANNELS = 1024  # they may be many, and no network reads more of a side

Colours = NDArray[Any]  # (H, W, C) from 0 to 255
Rows = Callable[[int, int], tuple[Colours, NDArray[Any] | None]]
Channels = Callable[[int, int], NDArray[Any]]


@dataclass
class Raster:
    """A decoded picture as it lies. `rows` gives its colours between two rows, and alpha (H, W) where there is any.

    size is (width, height), orientation the one of EXIF. conversion says what to do to colours of another kind than
    sRGB; notes are what was found and done so far.
    """

    size: tuple[int, int]
    rows: Rows
    notes: list[str]
    orientation: int = 1
    turned: bool = False  # already, by the decoder
    conversion: Conversion | None = None
    channels: Channels | None = None  # all of the file's, where it has others than its colours


def upright(raster: Raster) -> tuple[NDArray[np.uint8], tuple[int, int], tuple[str, ...]]:
    """The upright pixels (H, W, 3), their size (H, W) before reduction, and what was done."""
    (width, height), orientation = raster.size, raster.orientation
    transparent = False

    def opaque(top: int, bottom: int) -> NDArray[Any]:
        nonlocal transparent
        values, alpha = raster.rows(top, bottom)
        if alpha is None or alpha.min() == 255:
            return values
        transparent = True
        return 255 + (values - np.float32(255)) * (alpha[..., None] / np.float32(255))

    pixels = _reduced(opaque, raster.size, MAX_SIDE, _whole)
    if raster.conversion is not None:
        pixels = raster.conversion.to_srgb(pixels)
    notes = raster.notes + ["transparent parts shown on white"] * transparent
    if raster.turned or orientation > 1:
        notes += ["turned as its EXIF orientation says"]
    pixels = _turn(pixels, orientation)
    h, w = original_size = (width, height) if orientation > 4 else (height, width)
    if pixels.shape[:2] != original_size:
        notes += [f"reduced from {w}x{h} to {pixels.shape[1]}x{pixels.shape[0]}"]
    return pixels, original_size, tuple(notes)


def _whole(values: NDArray[Any]) -> NDArray[np.uint8]:
    # which most are: rounding those anew takes longer than all else that is done to a small picture
    return values if values.dtype == np.uint8 else np.rint(values).astype(np.uint8)


def upright_channels(raster: Raster) -> NDArray[np.float32] | None:
    """All channels of a file that has others than its colours, (H, W, C), the long side at most 1024 px."""
    if raster.channels is None:
        return None
    found = _reduced(raster.channels, raster.size, _MAX_SIDE_OF_CHANNELS, lambda values: values.astype(np.float32))
    return np.ascontiguousarray(_turn(found, raster.orientation))


def _turn(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """The picture upright: EXIF says on which sides of it the stored first row and first column lie."""
    if orientation > 4:  # the first row is its left or right side
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _reduced(
    values_of: Channels, size: tuple[int, int], longest: int, kept: Callable[[NDArray[Any]], NDArray[Any]]
) -> NDArray[Any]:
    """What `values_of` gives, as it lies, the long side at most `longest`; `kept` says in which numbers."""
    width, height = size
    scale = max(1.0, max(width, height) / longest)
    w, h = max(1, round(width / scale)), max(1, round(height / scale))
    columns, rows = np.linspace(0, width, w + 1), np.linspace(0, height, h + 1)
    strips = []
    n = max(1, int(STRIP_PIXELS * h / (width * height)))
    for y in range(0, h, n):
        edges = rows[y : y + n + 1]
        top, bottom = int(edges[0]), min(math.ceil(edges[-1]), height)
        values = values_of(top, bottom)
        if scale > 1:
            values = _means(values, edges - top)
            values = _means(values.swapaxes(0, 1), columns).swapaxes(0, 1)
        strips.append(kept(values))
    return np.concatenate(strips)


def _means(values: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """Means of `values` (N, M, C) between successive edges along the first axis; a cut pixel counts by its part."""
    start, stop = edges[:-1], edges[1:]
    means = np.zeros((len(start), *values.shape[1:]), np.float32)
    first = start.astype(int)
    for k in range(math.ceil((stop - start).max()) + 1):
        part = np.clip(np.minimum(stop, first + k + 1) - np.maximum(start, first + k), 0, None) / (stop - start)
        means += part.astype(np.float32)[:, None, None] * values[np.minimum(first + k, len(values) - 1)]
    return means
