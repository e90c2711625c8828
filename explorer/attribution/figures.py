"""Maps of evidence in pictures: their scales, the map over the photograph, and several of them in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np

from ..drawing.color import Scale
from ..drawing.picture import Pixels, contact_sheet, enlarge, overlay, png_of_pixels, visible
from ..drawing.placing import placed, placed_cells
from ..feature_maps.film import photos
from ..geometry import Places
from ..trace import FloatArray, Trace
from . import METHODS, Attribution
from .seen import Seen

PHOTOGRAPHS = ("in colour", "grey")
BLENDS = ("evenly", "by strength")
# told apart also by colour-blind eyes, the first ones best (Okabe and Ito); the last is for a picture with eight
CONCEPT_COLORS = ("#e69f00", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#8a5a2b")
_MOST_OPAQUE, _NOTHING = 0.85, 1e-12
_PERCENTILE = 99  # of a map of pixels: a few of them would leave all others dark


@dataclass(frozen=True)
class Drawing:
    """How maps lie over a photograph: each of their `cells` a rectangle, or smooth; one of BLENDS: the map at half its
    strength everywhere, or the stronger a value, the less of the photograph."""

    cells: bool = False
    blend: str = BLENDS[0]

    @property
    def fades(self) -> bool:
        """Whether the photograph shows through where a map is weak."""
        return self.blend == BLENDS[1]

    @property
    def opacity(self) -> float:
        """Of the map, where it is strongest."""
        return 0.9 if self.fades else 0.5


def map_scale(values: FloatArray, sequential: str, signed: bool, of_pixels: bool, is_level: bool = False) -> Scale:
    """The scale of one map: from 0 to its maximum, or symmetric about 0 where it is signed.

    Of a map of pixels the limit is the 99th percentile, unless that is 0. Of a level, of which only differences tell,
    the scale begins at the minimum. What is no finite number does not count.
    """
    finite = values[np.isfinite(values)]
    if is_level and not signed and finite.size:
        return Scale(float(finite.min()), float(finite.max()), sequential)
    size = np.abs(finite)
    limit = float(np.percentile(size, _PERCENTILE)) if of_pixels and size.size else 0.0
    limit = limit or float(size.max(initial=0))
    return Scale(-limit, limit, "signed") if signed else Scale(0.0, limit, sequential)


def own_scale(attribution: Attribution, colors: str) -> Scale:
    """The scale of a map by itself; that of pixels by gradients ends at a percentile."""
    of_pixels, card = attribution.pixels is not None, METHODS[attribution.method]
    return map_scale(attribution.values, colors, attribution.signed, of_pixels, card.is_level)


def one_scale(scales: Sequence[Scale]) -> Scale:
    """The widest of several scales of the same kind, for all of them."""
    widest = max(scales, key=lambda scale: scale.high)
    return replace(widest, low=min(scale.low for scale in scales))


def clipped_share(values: FloatArray, scale: Scale) -> float:
    """The share of a map's values that lie beyond its colours, 0 to 1."""
    return float(np.count_nonzero(np.abs(values) > scale.high) / values.size)


def enlarged(values: FloatArray, size: tuple[int, int], cells: bool, places: Places | None = None) -> FloatArray:
    """A map at a picture's size: bilinear, or with each of its cells a rectangle; stretched, or at their places."""
    if not cells:
        return enlarge(values, *size, places)
    if places is not None:
        return placed_cells(values, *size, places)
    return cast(FloatArray, cv2.resize(np.ascontiguousarray(values), size[::-1], interpolation=cv2.INTER_NEAREST_EXACT))


def photograph(trace: Trace, kind: str) -> Pixels:
    """The picture as the network received it, large enough to look at; one of PHOTOGRAPHS."""
    pixels = visible(trace.prepared.pixels)
    if kind == "in colour":
        return pixels
    return np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)


def laid_over(
    pixels: Pixels, values: FloatArray, scale: Scale, drawing: Drawing, places: Places | None = None
) -> Pixels:
    """A map over the photograph, stretched or with its cells at their places."""
    shown = enlarged(values, pixels.shape[:2], drawing.cells, places)
    return overlay(pixels, shown, scale, drawing.opacity, drawing.fades)


def laid_over_png(
    pixels: Pixels, values: FloatArray, scale: Scale, drawing: Drawing, places: Places | None = None
) -> bytes:
    """The same as PNG."""
    return png_of_pixels(laid_over(pixels, values, scale, drawing, places))


def in_one_color(
    pixels: Pixels, values: FloatArray, color: str, cells: bool = False, places: Places | None = None
) -> Pixels:
    """A map, none of it negative, over a grey photograph: clear at 0, and at its maximum almost nothing but `color`."""
    return in_their_colors(pixels, values[None], [color], cells, places)


def in_their_colors(
    pixels: Pixels, maps: FloatArray, colors: Sequence[str], cells: bool = False, places: Places | None = None
) -> Pixels:
    """Several maps, (n, h, w), over a grey photograph at once: each pixel has the colours of all that lie there, mixed
    by how strong each is of its own maximum, as opaque as the strongest."""
    size = pixels.shape[:2]
    strengths = [enlarged(one, size, cells, places) / max(float(one.max()), _NOTHING) for one in maps]
    strength = np.stack(strengths).clip(0, 1)
    inks = np.array([tuple(bytes.fromhex(color[1:])) for color in colors], np.float32)
    mixed = np.tensordot(strength, inks, axes=(0, 0)) / np.maximum(strength.sum(axis=0), _NOTHING)[:, :, None]
    opacity = _MOST_OPAQUE * strength.max(axis=0)[:, :, None]
    found: Pixels = (pixels * (1 - opacity) + mixed * opacity).round().astype(np.uint8)
    return found


def concept_sheet(
    pixels: Pixels, maps: FloatArray, columns: int, cells: bool = False, places: Places | None = None, side: int = 224
) -> bytes:
    """Each of several maps in its own of CONCEPT_COLORS over the grey photograph, in rows of `columns`, as PNG."""
    each = [in_one_color(pixels, one, color, cells, places) for one, color in zip(maps, CONCEPT_COLORS, strict=False)]
    return png_of_pixels(contact_sheet(each, columns, side))


def concepts_png(pixels: Pixels, maps: FloatArray, cells: bool = False, places: Places | None = None) -> bytes:
    """All of them over the grey photograph at once, as PNG."""
    return png_of_pixels(in_their_colors(pixels, maps, CONCEPT_COLORS[: len(maps)], cells, places))


def over_the_whole(
    seen: Seen, values: FloatArray, scale: Scale, opacity: float = 0.5, places: Places | None = None
) -> Pixels:
    """A map over the whole photograph, (H, W, 3): mapped back through what was resized and cut off, with a frame around
    what the network received where that is not all. Outside the frame the photograph is as it was."""
    pixels = visible(seen.image.pixels)
    height, width = pixels.shape[:2]
    factor = height / seen.image.pixels.shape[0]
    box = [factor * edge for edge in seen.box]
    at = _in_the_photograph(places, values.shape, seen.received.shape, box, (height, width))
    drawn = overlay(pixels, placed(values, height, width, at), scale, opacity)
    rows, columns = (
        (np.arange(n) + 0.5 >= box[axis]) & (np.arange(n) + 0.5 <= box[axis + 2])
        for axis, n in ((0, height), (1, width))
    )
    inside = rows[:, None] & columns
    if inside.all():
        return drawn
    drawn[~inside] = pixels[~inside]
    frame = inside & ~cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0).astype(bool)
    drawn[frame] = 255
    return drawn


def _in_the_photograph(
    places: Places | None, cells: Sequence[int], received: Sequence[int], box: Sequence[float], size: tuple[int, int]
) -> Places:
    """Where a map's cells lie in the photograph, of which the network received `box`, at the size `received`."""
    first, step = [], []
    for axis in (0, 1):
        spacing = received[axis] / cells[axis] if places is None else places.step[axis]
        middle = spacing / 2 - 0.5 if places is None else places.first[axis]
        per_pixel = (box[axis + 2] - box[axis]) / received[axis]
        first.append(box[axis] + (middle + 0.5) * per_pixel - 0.5)
        step.append(spacing * per_pixel)
    return Places((first[0], first[1]), (step[0], step[1]), size)


def _all_laid_over(
    pixels: Pixels, maps: Sequence[FloatArray], scales: Sequence[Scale], drawing: Drawing,
    places: Sequence[Places | None] | None,
) -> list[Pixels]:  # fmt: skip
    each = places or [None] * len(maps)
    return [laid_over(pixels, one, scale, drawing, at) for one, scale, at in zip(maps, scales, each, strict=True)]


def row_of_maps(
    pixels: Pixels, maps: Sequence[FloatArray], scales: Sequence[Scale], drawing: Drawing,
    places: Sequence[Places | None] | None = None, side: int = 224,
) -> bytes:  # fmt: skip
    """Several maps of one photograph side by side, each in a square of `side` pixels, as PNG; stretched over it, or
    each at its places."""
    return photos(_all_laid_over(pixels, maps, scales, drawing, places), side)


def sheet_of_maps(
    pixels: Pixels, maps: Sequence[FloatArray], scales: Sequence[Scale], drawing: Drawing, columns: int,
    places: Sequence[Places | None] | None = None, side: int = 224,
) -> bytes:  # fmt: skip
    """The same in rows of `columns`, without gaps, as PNG; what is left of the last row is transparent."""
    return png_of_pixels(contact_sheet(_all_laid_over(pixels, maps, scales, drawing, places), columns, side))
