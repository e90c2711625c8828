"""Pictures of more than eight bits: TIFF and PNG, whole numbers and others."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .levels import Levels, Said, find_levels
from .profiles import conversion
from .refusal import Refused
from .strips import STRIP_PIXELS, Raster
from .tiff import Directory
from .tiff_values import read_values

Band = Callable[[int, int], NDArray[Any]]

_MOST_CHANNELS = 32  # that a network may read
_MOST_BYTES = 180e6  # of a TIFF's values, and what unpacking a piece of them takes


def deep_raster(
    colours: Band,
    alpha: Band | None,
    size: tuple[int, int],
    *,
    profile: Any = None,
    said: Said | None = None,
    depth: int = 0,
    gap: float | None = None,
    negative: bool = False,
) -> Raster:
    """A picture of which `colours` gives the values (H, W, 1 or 3) between two rows, and `alpha` what lies behind them.

    A colour profile is of the whole range of its numbers, so it says what black and white are. `negative`: the least
    value is white. Raises Refused.
    """
    width, height = size
    step = max(1, STRIP_PIXELS // width)
    sample = colours(0, 1)
    is_grey, depth = sample.shape[-1] == 1, depth or 8 * sample.dtype.itemsize
    full = (0, 2**depth - 1) if sample.dtype.kind == "u" else None
    found, notes = conversion(profile, "L" if is_grey else "RGB")
    if full and profile and (found or not notes):
        said = Said(*full, "its colour profile")

    def bands() -> Iterator[NDArray[Any]]:
        for top in range(0, height, step):
            yield colours(top, min(top + step, height))

    number = {"u": f"{depth}-bit", "i": f"signed {depth}-bit", "f": "floating-point"}[sample.dtype.kind]
    levels, told = find_levels(bands, f"{number} {'grey' if is_grey else 'colours'}", full=full, said=said, gap=gap)
    if negative:
        levels = Levels(levels.white, levels.black, levels.gap)

    def rows(top: int, bottom: int) -> tuple[NDArray[Any], NDArray[Any] | None]:
        shown = levels.shown(colours(top, bottom))
        behind = None if alpha is None else _opacity(alpha(top, bottom), depth)
        return np.repeat(shown, 3, axis=2) if is_grey else shown, behind

    return Raster(size, rows, told + notes, conversion=found)


def _opacity(values: NDArray[Any], depth: int) -> NDArray[np.floating]:
    """Values (H, W, 1) to opacity (H, W) from 0 to 255: unsigned ones are of the whole range, others from 0 to 1."""
    if values.dtype.kind == "u":
        return values[..., 0] * np.float32(255 / (2**depth - 1))
    return Levels(0, 1).shown(values)[..., 0]


def read_deep_tiff(data: bytes, directory: Directory, deadline: float) -> Raster:
    """A TIFF that Pillow would not show as it is. Raises as `read_values` does."""
    n, bits, gap = directory.n_colours, max(directory.bits), _gap(directory)
    n_shown = n + bool(directory.alpha)
    try:
        values = read_values(data, directory, max(n_shown, _n_channels(directory)), _MOST_BYTES, deadline)
    except Refused:
        if _n_channels(directory) <= n_shown:
            raise
        values = read_values(data, directory, n_shown, _MOST_BYTES, deadline)
    if not directory.is_deep and bits == 8 and gap is None:
        raster = _of_eight_bits(values, directory)
    else:
        raster = _of_other_bits(values, directory, gap)
    if directory.alpha == 1:
        raster.rows = _divided(raster.rows)
    left = directory.channels - n_shown
    if left:
        shown = "the first channel is" if n == 1 else "red, green and blue are"
        others = "a second one is" if directory.channels == 2 else f"{left} more {'is' if left == 1 else 'are'}"
        if values.shape[2] == directory.channels:
            raster.channels = _all_channels(values)
            others += " there for networks"
        else:
            others += " left out"
        raster.notes += [f"{shown} shown; {others}"]
    orientation = directory.get(274, 1)
    raster.orientation = orientation if orientation in range(1, 9) else 1
    return raster


def _n_channels(directory: Directory) -> int:
    """How many channels are kept for a network: all, but those of opacity, and of a file with very many none."""
    return directory.channels if not directory.alpha and directory.channels <= _MOST_CHANNELS else 0


def _all_channels(values: NDArray[Any]) -> Callable[[int, int], NDArray[np.float32]]:
    """Whole numbers without a sign as a part of the largest that they can hold, others as they stand."""
    largest = float(np.iinfo(values.dtype).max) if values.dtype.kind == "u" else 1.0
    return lambda top, bottom: values[top:bottom].astype(np.float32) / np.float32(largest)


def _of_eight_bits(values: NDArray[Any], directory: Directory) -> Raster:
    """Levels as they are."""
    n = directory.n_colours

    def rows(top: int, bottom: int) -> tuple[NDArray[Any], NDArray[Any] | None]:
        shown = values[top:bottom, :, :n]
        if directory.photometric == 0:
            shown = 255 - shown
        behind = values[top:bottom, :, n] if directory.alpha else None
        return np.repeat(shown, 3, axis=2) if n == 1 else shown, behind

    found, notes = conversion(directory.tags.get(34675), "L" if n == 1 else "RGB")
    return Raster(directory.size, rows, notes, conversion=found)


def _of_other_bits(values: NDArray[Any], directory: Directory, gap: float | None) -> Raster:
    n = directory.n_colours
    raster = deep_raster(
        lambda top, bottom: values[top:bottom, :, :n],
        (lambda top, bottom: values[top:bottom, :, n : n + 1]) if directory.alpha else None,
        directory.size,
        profile=directory.tags.get(34675),
        said=_said(directory),
        depth=max(directory.bits),
        gap=gap,
        negative=directory.photometric == 0,
    )
    if not directory.is_deep:
        raster.notes.pop(0)
    return raster


def decode_deep_png(data: bytes) -> tuple[Band, Band | None, tuple[int, int]]:
    """The values of a PNG of 16-bit colours, those of its opacity, and (width, height). Pillow keeps eight bits."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16 or found.ndim != 3:
        raise ValueError("16-bit colours that cannot be decoded")
    grey = data[25:26] == b"\4"
    size = found.shape[1], found.shape[0]
    alpha = (lambda top, bottom: found[top:bottom, :, 3:]) if found.shape[2] == 4 else None
    return (lambda top, bottom: found[top:bottom, :, 0:1] if grey else found[top:bottom, :, 2::-1]), alpha, size


def _said(directory: Directory) -> Said | None:
    """The range that the file states: by its depth, as ImageJ displays it, by its largest value."""
    bits = max(directory.bits)
    full = 2**bits - 1
    if not directory.is_deep:
        return Said(0, full, "")
    text = directory.text(270)
    if text.startswith("ImageJ="):
        ends = [re.search(rf"^{end}=([-+.\deE]+)\s*$", text, re.MULTILINE) for end in ("min", "max")]
        with contextlib.suppress(ValueError, TypeError):
            low, high = (float(end[1]) for end in ends)  # type: ignore[index]
            if low < high and math.isfinite(high - low):
                return Said(low, high, "its ImageJ display range")
    for least, largest in ((280, 281), (340, 341)):
        if directory.tags.get(largest):
            low, high = float(directory.get(least, 0)), float(directory.get(largest))
            if low < high and math.isfinite(high - low) and (directory.kind != 1 or high < full):
                return Said(low, high, "its largest sample value", within=True)
    if directory.kind == 1 and bits not in (16, 32, 64):
        return Said(0, full, "")
    return None


def _gap(directory: Directory) -> float | None:
    """The value that stands for none, as GDAL writes it."""
    with contextlib.suppress(ValueError):
        return float(directory.text(42113).strip() or "x")
    return None


def _divided(rows: Any) -> Any:
    """Colours that were multiplied by their opacity, without it."""

    def divided(top: int, bottom: int) -> tuple[NDArray[Any], NDArray[Any]]:
        shown, alpha = rows(top, bottom)
        factors = np.float32(255) / np.maximum(alpha, np.float32(1e-3))
        return np.clip(shown * factors[..., None], 0, 255), alpha

    return divided
