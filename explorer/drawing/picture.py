"""From arrays to PNG: mosaics of feature maps, heat maps, overlays, thumbnails."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..geometry import Places
from ..trace import Trace
from .color import MISSING, FloatArray, Scale, palette
from .placing import placed

Pixels = NDArray[np.uint8]

_GAP = 2  # pixels between the tiles of a mosaic
_SLIDE = 448
_SIGNS = str.maketrans({"\u00a0": " ", "−": "-", "×": "x", "→": "to", "√": "root of ", "–": "-", "—": "-"})
_TILE = 112  # pixels of a tile's longer side: with 64 tiles on a page, as many as a projector can show


def png_of_pixels(pixels: Pixels) -> bytes:
    """(H, W, 3) RGB, or (H, W, 4) with opacity, as PNG."""
    order = [2, 1, 0, 3][: pixels.shape[2]]
    done, encoded = cv2.imencode(".png", pixels[:, :, order], [cv2.IMWRITE_PNG_COMPRESSION, 2])
    assert done  # PNG holds every uint8 array
    return encoded.tobytes()


def png_of_image(image: Image.Image) -> bytes:
    """What Pillow has drawn, as PNG."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def photo(trace: Trace) -> bytes:
    """The picture as the network received it, as PNG."""
    return png_of_pixels(visible(trace.prepared.pixels))


def visible(pixels: Pixels) -> Pixels:
    """A picture of a few pixels, such as a digit, enlarged by a whole factor: each stays a countable square."""
    factor = max(1, _TILE // max(pixels.shape[:2]))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def heat_map(values: FloatArray, scale: Scale, fades: bool = False) -> bytes:
    """A map (H, W) in its scale's colours, one pixel a value, as PNG with a palette. Where it `fades`, the nearer a
    value is to the scale's low end (signed: to zero), the more of what lies under it is seen."""
    return _png_of_indices(scale.indices(values), scale, fades)


def enlarge(values: FloatArray, height: int, width: int, places: Places | None = None) -> FloatArray:
    """Bilinear up-sampling of a map to a picture's size; it adds no values beyond the map's own range.

    Stretched over the picture, or, given their places, with each cell's value at its own: between two cells it goes
    from the one to the other, and beyond the outermost cells nothing is made up: there each pixel has the value of the
    nearest cell, as at the border of a stretched map.
    """
    if places is not None:
        return placed(values, height, width, places)
    return cast(FloatArray, cv2.resize(np.ascontiguousarray(values), (width, height), interpolation=cv2.INTER_LINEAR))


def slide(values: FloatArray, scale: Scale) -> bytes:
    """A map with its cells as squares, as PNG that is large enough for a slide, at most 448 pixels; a larger one as it
    is."""
    return heat_map(countable(values, _SLIDE) if max(values.shape) < _SLIDE else values, scale)


def countable(values: FloatArray, side: int) -> FloatArray:
    """A map enlarged by a whole factor to at most `side`, each value a square; or reduced to it by area."""
    height, width = values.shape
    longest = max(height, width)
    if longest > side:
        size = max(1, side * width // longest), max(1, side * height // longest)
        return cast(FloatArray, cv2.resize(np.ascontiguousarray(values), size, interpolation=cv2.INTER_AREA))
    return values.repeat(side // longest, axis=0).repeat(side // longest, axis=1)


def fold(values: FloatArray) -> FloatArray:
    """(K,) numbers in rows of a near-square, row by row; what is left of the last row is NaN."""
    columns = math.ceil(math.sqrt(len(values)))
    folded = np.full(columns * math.ceil(len(values) / columns), np.nan, np.float32)
    folded[: len(values)] = values
    return folded.reshape(-1, columns)


def mosaic(maps: Sequence[FloatArray], scales: Sequence[Scale], columns: int) -> tuple[bytes, float]:
    """All maps (each (H, W)) in rows of `columns`, as one PNG with a palette, and the factor of enlargement.

    Small maps are enlarged by a whole factor, so that each value stays a countable square; maps larger than a tile are
    reduced by area, and the factor is below one. The scales must share one palette.
    """
    side = max(maps[0].shape)
    tiles = [_tile(values, scale) for values, scale in zip(maps, scales, strict=True)]
    height, width = tiles[0].shape
    rows = math.ceil(len(tiles) / columns)
    sheet = np.full((rows * (height + _GAP), columns * (width + _GAP)), MISSING, np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (height + _GAP), i % columns * (width + _GAP)
        sheet[top : top + height, left : left + width] = tile
    return _png_of_indices(sheet, scales[0]), max(tiles[0].shape) / side


def reduced(values: FloatArray) -> FloatArray:
    """A map as large as the tile of a mosaic can show it: by area where it is larger."""
    return countable(values, _TILE) if max(values.shape) > _TILE else values


def _tile(values: FloatArray, scale: Scale) -> NDArray[np.uint8]:
    factor = max(1, _TILE // max(values.shape))
    values = reduced(values)
    # the same as colouring the enlarged map, but with fewer numbers to colour
    return scale.indices(values).repeat(factor, axis=0).repeat(factor, axis=1)


def _png_of_indices(indices: NDArray[np.uint8], scale: Scale, fades: bool = False) -> bytes:
    """One byte a pixel and the palette once: a third of the size, and much faster, than RGB."""
    image = Image.fromarray(indices)
    image.putpalette(palette(scale.palette).tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1, transparency=scale.opacities.tobytes() if fades else MISSING)
    return buffer.getvalue()


def overlay(
    pixels: Pixels, values: FloatArray, scale: Scale, opacity: float = 0.5, fades: bool = False,
    places: Places | None = None,
) -> Pixels:  # fmt: skip
    """A map laid over the picture, enlarged to it: (H, W, 3), each pixel the mean of both, weighed by `opacity`; where
    it `fades`, by the strength of the value as well. Its cells lie at their `places`, or are stretched over it."""
    indices = scale.indices(enlarge(values, pixels.shape[0], pixels.shape[1], places))
    heat = palette(scale.palette)[indices]
    if not fades:
        return cast(Pixels, cv2.addWeighted(pixels, 1 - opacity, heat, opacity, 0))
    weight = opacity * scale.opacities[indices, None] / np.float32(255)
    return cast(Pixels, (pixels + weight * (heat.astype(np.float32) - pixels)).round().astype(np.uint8))


def thumbnail(pixels: Pixels, side: int, frame: tuple[float, float, float, float] | None = None) -> Pixels:
    """The picture reduced to at most `side` pixels, with a white frame on black around (top, left, bottom, right)."""
    height, width = pixels.shape[:2]
    factor = min(1.0, side / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = cast(Pixels, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    if frame is not None:
        top, left, bottom, right = (max(0, round(edge * factor)) for edge in frame)
        outside = np.ones(small.shape[:2], bool)
        outside[top:bottom, left:right] = False
        small[outside] = small[outside] // 3
        cv2.rectangle(small, (left, top), (min(right, size[0]) - 1, min(bottom, size[1]) - 1), (255, 255, 255), 1)
    return small


def contact_sheet(pictures: Sequence[Pixels], columns: int, side: int) -> Pixels:
    """Pictures cut to squares and set in rows, for a gallery: (rows * side, columns * side, 4).

    What is left of the last row is transparent.
    """
    rows = math.ceil(len(pictures) / columns)
    sheet = np.zeros((rows * side, columns * side, 4), np.uint8)
    for i, pixels in enumerate(pictures):
        height, width = pixels.shape[:2]
        short = min(height, width)
        top, left = (height - short) // 2, (width - short) // 2
        square = cv2.resize(pixels[top : top + short, left : left + short], (side, side), interpolation=cv2.INTER_AREA)
        y, x = i // columns * side, i % columns * side
        sheet[y : y + side, x : x + side, :3] = square
        sheet[y : y + side, x : x + side, 3] = 255
    return sheet
