"""ROAD: what becomes of the answer when pixels are not blackened but guessed from those around them, so that nothing of
the picture's shape tells which were taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import BadOption
from ..networks.preparation import as_pixels
from ..running.progress import Progress
from ..trace import FloatArray, Trace
from .curves import Pixels, as_input, probabilities_on
from .scores import MapLike, pixel_ranks

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
_NEIGHBOURS = np.array([[1 / 12, 1 / 6, 1 / 12], [1 / 6, 0, 1 / 6], [1 / 12, 1 / 6, 1 / 12]], np.float32)
_CLOSE = 1e-5  # of the right side, by which a solution may miss: a tenth of the noise at most
_MOST_ROUNDS, _SMALLEST, _NOTHING = 100, 4, 1e-30


@dataclass(frozen=True, eq=False)
class Road:
    """The target's probability with shares of the pixels guessed, from those that the map ranks highest on, and from
    those that it ranks lowest on.

    `shares` is (n,), each of exactly so many pixels, to the nearest one; `highest_first` and `lowest_first` are (n,).
    """

    shares: FloatArray
    highest_first: FloatArray
    lowest_first: FloatArray
    pixels: tuple[Pixels, ...]  # (H, W, 3) each: the pictures of `highest_first`

    @property
    def score(self) -> float:
        """How much more of the probability is left without the lowest pixels than without the highest, on average: -1
        to 1, high for a map that tells what the network used."""
        return float(np.mean(self.lowest_first - self.highest_first, dtype=np.float64))


def road(
    trace: Trace, given: MapLike, target: int | None = None, shares: Sequence[float] = SHARES, noise: float = 0.01,
    seed: int = 0, progress: Progress | None = None,
) -> Road:  # fmt: skip
    """Score a map of evidence for `target` (the trace's, or its top class, unless given) by removing and debiasing
    (Rong et al. 2022, arXiv:2202.00449, section 5): each removed pixel is the weighted mean of its eight neighbours,
    removed ones among them, and normal noise of the standard deviation `noise`, in units of the normalised picture.

    Of equal values those are removed that a lot drawn from `seed` names, and no more: a map that is 0 almost everywhere
    loses the share that is asked for, not all its zeros at once. It costs 2 evaluations of the network for each share.

    What is proved: a high score says that the answer hangs on what the map ranks highest more than on the rest. What is
    not: guessed pixels still are no photograph, and what can be guessed from around counts as not removed.

    What `progress` raises cancels. Raises BadOption for shares that are not between 0 and 1 and for noise below 0,
    BadMap, BadTarget, NotFinite, TooLarge.
    """
    _check(shares, noise)
    target = trace.class_of(target)
    ranks = pixel_ranks(as_input(trace, given), seed)
    x = trace.prepared.tensor
    counts = [min(round(share * ranks.size), ranks.size - 1) for share in shares]  # one is left to guess from
    removed = [ranks < n for n in counts] + [ranks >= ranks.size - n for n in counts]
    guessed = []
    for gone in removed:  # before the passes, which hold the lock
        guessed.append(torch.from_numpy(imputed(x[0].numpy(), gone, noise, seed))[None])
        if progress is not None:
            progress(0, len(removed))
    found = probabilities_on(trace, target, len(guessed), lambda i: guessed[i].to(trace.network.device), progress)
    values = np.array(found, np.float32).reshape(2, -1)
    pixels = map(partial(as_pixels, trace.network.preprocessing), guessed[: len(counts)])
    return Road(np.array(counts, np.float32) / np.float32(ranks.size), values[0], values[1], tuple(pixels))


def imputed(picture: FloatArray, removed: NDArray[np.bool_], noise: float = 0.0, seed: int = 0) -> FloatArray:
    """A picture, (C, H, W), in which every removed pixel, (H, W), is the mean of its neighbours: those beside it count
    twice as much as those at its corners, and beyond the edge there are none. These are as many equations as pixels,
    for all colours alike. Some pixel must be left."""
    grid = _Grid(removed)
    known = np.moveaxis(picture, 0, -1) * (1 - grid.removed)
    found = np.moveaxis(known + _solved(grid, grid.removed * _of_neighbours(known)), -1, 0)
    drawn = np.random.default_rng(seed).normal(size=found.shape) * noise
    return np.where(removed, found + drawn, picture).astype(np.float32)


class _Grid:
    """The removed pixels of one resolution, (H, W, 1), and half of it below, where they are four in one that is removed
    if all of them are: what changes slowly over a large hole is found where the hole is small."""

    def __init__(self, removed: NDArray[np.bool_]) -> None:
        self.removed = removed[:, :, None].astype(np.float32)
        self.weights = _of_neighbours(np.ones((*removed.shape, 1), np.float32))  # of those within the picture
        half = _fours(self.removed).min(axis=0)[:, :, 0] > 0
        self.below = _Grid(half) if min(removed.shape) > _SMALLEST and half.any() else None

    def times(self, x: FloatArray) -> FloatArray:
        """weights x - (x's neighbours), at the removed pixels."""
        found = self.weights * x
        found -= _of_neighbours(x)
        found *= self.removed
        return found

    def nearly(self, right: FloatArray) -> FloatArray:
        """About the x with times(x) = right: smoothed here, and corrected by what is found below (one V-cycle)."""
        steps = self.removed / self.weights
        x = steps * right
        rest = right - self.times(x)
        if self.below is None:
            x += steps * rest
        else:
            height, width, _ = x.shape
            coarse = self.below.nearly(_fours(rest).sum(axis=0) * self.below.removed)
            x += self.removed * coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
        x += steps * (right - self.times(x))
        return x


def _solved(grid: _Grid, right: FloatArray) -> FloatArray:
    """x where times(x) = right, (H, W, C), by conjugate gradients for each colour: the matrix is symmetric, and
    positive definite as long as a pixel is known. Each round begins with what the grids below make of the rest, so that
    a dozen rounds are enough however large the hole."""
    x, rest = np.zeros_like(right), right
    enough = _CLOSE**2 * _dot(right, right)
    direction = near = grid.nearly(rest)
    product = _dot(rest, near)
    for _ in range(_MOST_ROUNDS):
        if (_dot(rest, rest) <= enough).all():
            break
        step = grid.times(direction)
        length = _ratio(product, _dot(direction, step))
        x, rest = x + length * direction, rest - length * step
        near = grid.nearly(rest)
        before, product = product, _dot(rest, near)
        direction = near + _ratio(product, before) * direction
    return x


def _dot(one: FloatArray, other: FloatArray) -> FloatArray:
    found: FloatArray = np.einsum("hwc,hwc->c", one, other)
    return found


def _ratio(one: FloatArray, other: FloatArray) -> FloatArray:
    found: FloatArray = (one / np.maximum(other, _NOTHING)).astype(np.float32)
    return found


def _fours(values: FloatArray) -> FloatArray:
    """(4, H / 2, W / 2, C): what becomes one in half the resolution; 0 beyond an odd edge."""
    height, width, _ = values.shape
    even = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    return np.stack([even[y::2, x::2] for y in (0, 1) for x in (0, 1)])


def _of_neighbours(values: FloatArray) -> FloatArray:
    found = cv2.filter2D(values, -1, _NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
    return cast(FloatArray, found.reshape(values.shape))  # which a single colour loses


def _check(shares: Sequence[float], noise: float) -> None:
    if not shares or not all(0 < share < 1 for share in shares):
        raise BadOption(
            f"The shares are {', '.join(map(str, shares)) or 'none'}; each must lie between 0 and 1, since pixels are "
            "guessed from those that are left."
        )
    if not noise >= 0:
        raise BadOption(f"noise is a standard deviation, 0 or more, not {noise}.")
