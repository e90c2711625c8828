"""What a map of evidence says by itself, without the network: where its mass lies, how concentrated it is, how far it
agrees with another one. And maps that know nothing of the picture, to compare with.

A map is (H, W) numbers, high where there is evidence: an array, or anything that has one as `.values`, as an
Attribution does. Boxes are (top, left, bottom, right) in pixels of what the network received; a pixel belongs to a box
if its middle does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..drawing.picture import enlarge
from ..errors import BadBox, BadMap, BadOption
from ..geometry import Places
from ..trace import FloatArray

Box = tuple[float, float, float, float]


class HasValues(Protocol):
    """What an Attribution is here."""

    @property
    def values(self) -> FloatArray: ...


MapLike = FloatArray | HasValues


@dataclass(frozen=True)
class Localisation:
    """How well a map finds a box.

    `energy` is the share of its positive mass inside, 0 to 1. `hit` says whether its strongest pixel, `peak`, is inside
    or at most the tolerance away. `found` is the box around its largest bright region, `iou` the overlap with the one
    given: the area of both over the area of either.
    """

    energy: float
    hit: bool
    peak: tuple[int, int]
    found: Box
    iou: float


def as_map(given: MapLike) -> FloatArray:
    """The map as (H, W) float32; raises BadMap where it is none, or holds what is no finite number."""
    values = np.asarray(getattr(given, "values", given))
    if values.dtype.kind not in "biuf":
        raise BadMap("A map holds numbers, and this does not. Give an array (H, W) or what attribute() returned.")
    if values.ndim != 2 or not values.size:
        shape = " x ".join(map(str, values.shape)) or "no"
        raise BadMap(f"A map has height and width; this array has the shape {shape}. Give one map (H, W).")
    n_broken = int(values.size - np.isfinite(values).sum())
    if n_broken:
        raise BadMap(f"{n_broken} of the map's {values.size} values are no finite numbers, so it has no score.")
    return values.astype(np.float32)


def as_ranking(given: MapLike) -> FloatArray:
    """The same, of a map that holds more than one value; raises BadMap."""
    values = as_map(given)
    if values.min() == values.max():
        raise BadMap(
            f"Every cell of the map holds {values.flat[0]:g}, so it ranks no pixel before another and has no score. "
            "Choose another layer, class or method."
        )
    return values


def as_positive(given: MapLike) -> FloatArray:
    """Its positive part alone, the other cells 0; raises BadMap where no cell is positive."""
    values = np.maximum(as_map(given), 0)
    if not values.any():
        raise BadMap("No cell of the map is positive, so it shows no evidence. Choose another layer, class or method.")
    return values


def places_in(given: MapLike) -> Places | None:
    """Where over the picture a map's cells lie, as an Attribution knows; an array is stretched over it."""
    found = getattr(given, "places", None)
    return found if isinstance(found, Places) else None


def resized(values: FloatArray, height: int, width: int, places: Places | None = None) -> FloatArray:
    """The map at another size: enlarged bilinearly, stretched or with its cells at their places; or reduced by area."""
    if places is not None:
        return enlarge(values, height, width, places)
    smaller = height < values.shape[0] or width < values.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return cast(FloatArray, cv2.resize(np.ascontiguousarray(values), (width, height), interpolation=how))


def pixel_ranks(values: FloatArray, seed: int = 0) -> NDArray[np.int64]:
    """The place of each pixel in the order from the highest value to the lowest, (H, W), from 0.

    Equal values (a map that is 0 in half of the picture has many) stand in an order drawn from `seed`: so a region
    without evidence comes as scattered pixels, not as rows from the top.
    """
    drawn = np.random.default_rng(seed).permutation(values.size)
    ranks = np.empty(values.size, np.int64)
    ranks[np.lexsort((drawn, -values.ravel()))] = np.arange(values.size)
    return ranks.reshape(values.shape)


@dataclass(frozen=True)
class Ties:
    """How many of a map's pixels it does not rank: `n` of `n_pixels` have a value that others have as well; `most` of
    them have the same one, `value`."""

    n: int
    n_pixels: int
    most: int
    value: float


def ties_of(values: FloatArray) -> Ties:
    """The pixels that `pixel_ranks` orders by chance."""
    found, counts = np.unique(values, return_counts=True)
    at = int(counts.argmax())
    return Ties(int(counts[counts > 1].sum()), values.size, int(counts[at]), float(found[at]))


# Where


def localisation(
    given: MapLike, box: Box, size: tuple[int, int], threshold: float = 0.2, tolerance: float = 15, seed: int = 0
) -> Localisation:
    """How well the map finds `box`, in a picture of `size` (H, W), to which it is enlarged.

    Energy: Wang et al. 2020 (arXiv:1910.01279). Pointing game: Zhang et al. 2016 (arXiv:1608.00507), with
    their tolerance of 15 pixels. Bright is what reaches `threshold` of the maximum, as in Zhou et al. 2016
    (arXiv:1512.04150), with 0.2. Of several strongest pixels `seed` chooses. Raises BadMap, BadBox, BadOption.
    """
    _check_box(box, size)
    if not 0 < threshold <= 1:
        raise BadOption(f"The threshold is {threshold:g}; a share of the maximum above 0, up to 1, is needed.")
    if not tolerance >= 0:
        raise BadOption(f"The tolerance is {tolerance:g} pixels; 0 or more are needed.")
    values = resized(as_positive(given), *size, places_in(given))
    top, left, bottom, right = box
    ys, xs = np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5
    inside = ((top <= ys) & (ys < bottom))[:, None] & ((left <= xs) & (xs < right))
    y, x = divmod(int(pixel_ranks(values, seed).argmin()), size[1])
    # from the pixel's middle to the nearest point of the box
    distance = math.hypot(max(top - y - 0.5, 0, y + 0.5 - bottom), max(left - x - 0.5, 0, x + 0.5 - right))
    found = bright_box(values, threshold)
    within, beyond = (float(values[part].sum(dtype=np.float64)) for part in (inside, ~inside))
    return Localisation(
        energy=within / (within + beyond),  # 1 only where nothing lies beyond
        hit=distance <= tolerance,
        peak=(y, x),
        found=found,
        iou=box_overlap(found, box),
    )


def bright_box(given: MapLike, threshold: float = 0.2) -> Box:
    """The box around the largest connected region (corners touch) of cells that reach `threshold` of the maximum."""
    values = as_positive(given)
    bright = (values >= threshold * values.max()).astype(np.uint8)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    regions = statistics[1:]  # the first is what is not bright
    left, top, width, height, _ = (int(n) for n in regions[regions[:, cv2.CC_STAT_AREA].argmax()])
    return (top, left, top + height, left + width)


def box_overlap(one: Box, other: Box) -> float:
    """The area that both boxes cover over the area that either does, 0 to 1."""
    height = min(one[2], other[2]) - max(one[0], other[0])
    width = min(one[3], other[3]) - max(one[1], other[1])
    both = max(height, 0) * max(width, 0)
    return both / (_area(one) + _area(other) - both)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _check_box(box: Box, size: tuple[int, int]) -> None:
    top, left, bottom, right = box
    if not (0 <= top < bottom <= size[0] and 0 <= left < right <= size[1]):
        raise BadBox(
            f"The box from ({top:g}, {left:g}) to ({bottom:g}, {right:g}) does not lie in the picture of {size[0]} x "
            f"{size[1]} pixels. Give (top, left, bottom, right) in these pixels, the first two less than the others."
        )


# How concentrated


def entropy(given: MapLike) -> float:
    """- sum p ln p with p = |map| / sum |map|, in nats: 0 where one cell holds all, ln(H W) where all hold the same
    (complexity: Bhatt et al. 2020, arXiv:2005.00631). Raises BadMap where all is 0."""
    p = np.sort(_shares(given))
    p = p[p > 0]
    return float(-(p * np.log(p)).sum()) + 0.0  # never -0


def gini(given: MapLike) -> float:
    """The Gini index of |map|: 0 where all cells hold the same, 1 - 1/(H W) where one holds all (sparseness: Chalasani
    et al. 2020, arXiv:1810.06583; Hurley and Rickard 2009, arXiv:0811.4706). Raises BadMap where all is 0."""
    p = np.sort(_shares(given))
    n = len(p)
    return float(1 - 2 * (p * (n - np.arange(1, n + 1) + 0.5) / n).sum())


def _shares(given: MapLike) -> NDArray[np.float64]:
    """Each cell's share of the map's mass, signs left out."""
    sizes = np.abs(as_map(given)).ravel().astype(np.float64)
    if not sizes.any():
        raise BadMap("Every cell of the map holds 0, so it has no mass to share out. Choose another layer or class.")
    return sizes / sizes.sum()


# How alike


def spearman(one: MapLike, other: MapLike) -> float:
    """The rank correlation of two maps, -1 to 1, the smaller one enlarged to the other's size; equal values share the
    mean of their ranks. Raises BadMap where one of them ranks nothing."""
    return float(agreement((one, other))[0, 1])


def agreement(maps: Sequence[MapLike]) -> NDArray[np.float64]:
    """The rank correlation of each map with each other one, (n, n), at the largest height and width among them; where
    their cells do not lie alike, at the size of the picture over which they lie."""
    values, places = [as_ranking(given) for given in maps], [places_in(given) for given in maps]
    if len(set(places)) == 1:
        places = [None] * len(values)
    sizes = [v.shape for v in values] + [found.size for found in places if found is not None]
    height, width = (max(size[axis] for size in sizes) for axis in (0, 1))
    large = (resized(v, height, width, at) for v, at in zip(values, places, strict=True))
    ranks = np.stack([_mean_ranks(v.ravel()) for v in large])
    ranks -= ranks.mean(axis=1, keepdims=True)
    ranks /= np.sqrt((ranks**2).sum(axis=1, keepdims=True))
    matrix: NDArray[np.float64] = np.clip(ranks @ ranks.T, -1, 1)
    np.fill_diagonal(matrix, 1)
    return matrix


def _mean_ranks(values: FloatArray) -> NDArray[np.float64]:
    """Ranks from 1, as float64: equal values share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_ranks: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[which]
    return mean_ranks


# Maps that know nothing of the picture


def random_map(height: int, width: int, seed: int = 0) -> FloatArray:
    """Numbers from 0 to 1 drawn from `seed`, one for each cell."""
    return np.random.default_rng(seed).random((height, width), np.float32)


def centred_map(height: int, width: int) -> FloatArray:
    """A bell over the middle of the picture, 1 at its top: what a photographer's habit knows of where things are.
    Its standard deviation is a quarter of the height, and of the width."""
    y, x = ((np.arange(n, dtype=np.float32) - (n - 1) / 2) / n for n in (height, width))
    return cast(FloatArray, np.exp(-(y[:, None] ** 2 + x**2) / (2 * 0.25**2)))
