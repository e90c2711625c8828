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
_NEIGHBOURS = np.array([[1 / 12, 1 / 6, 1 / 12], [1 / 6, 0, 1 / 6], [1 / 12, 1 / 6, 1 / 12]])
_CLOSE = 1e-6  # of the right side, by which a solution may miss
_MOST_ROUNDS = 5000


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
    guessed = [torch.from_numpy(imputed(x[0].numpy(), gone, noise, seed))[None] for gone in removed]
    found = probabilities_on(trace, target, len(guessed), lambda i: guessed[i].to(trace.network.device), progress)
    values = np.array(found, np.float32).reshape(2, -1)
    pixels = map(partial(as_pixels, trace.network.preprocessing), guessed[: len(counts)])
    return Road(np.array(counts, np.float32) / np.float32(ranks.size), values[0], values[1], tuple(pixels))


def imputed(picture: FloatArray, removed: NDArray[np.bool_], noise: float = 0.0, seed: int = 0) -> FloatArray:
    """A picture, (C, H, W), in which every removed pixel, (H, W), is the mean of its neighbours: those beside it count
    twice as much as those at its corners, and beyond the edge there are none. These are as many equations as pixels,
    for all colours alike. Some pixel must be left."""
    found = picture.astype(np.float64)
    weights = _of_neighbours(np.ones(removed.shape))  # of those that are within the picture
    for values in found:
        values[removed] = _solved(removed, weights, _of_neighbours(np.where(removed, 0, values)))[removed]
    drawn = np.random.default_rng(seed).normal(size=found.shape) * noise
    return np.where(removed, found + drawn, found).astype(np.float32)


def _solved(
    removed: NDArray[np.bool_], weights: NDArray[np.float64], known: NDArray[np.float64]
) -> NDArray[np.float64]:
    """x where weights x - (x's neighbours) = known, at the removed pixels, by conjugate gradients: the matrix is
    symmetric, and positive definite as long as a pixel is known."""

    def times(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(removed, weights * x - _of_neighbours(x), 0)

    right = np.where(removed, known, 0)
    x, rest = np.zeros_like(right), right
    direction, left = rest, float((rest**2).sum())
    enough = _CLOSE**2 * left
    for _ in range(_MOST_ROUNDS):
        if left <= enough:
            break
        step = times(direction)
        length = left / float((direction * step).sum())
        x, rest = x + length * direction, rest - length * step
        before, left = left, float((rest**2).sum())
        direction = rest + left / before * direction
    return x


def _of_neighbours(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return cast(NDArray[np.float64], cv2.filter2D(values, -1, _NEIGHBOURS, borderType=cv2.BORDER_CONSTANT))


def _check(shares: Sequence[float], noise: float) -> None:
    if not shares or not all(0 < share < 1 for share in shares):
        raise BadOption(
            f"The shares are {', '.join(map(str, shares)) or 'none'}; each must lie between 0 and 1, since pixels are "
            "guessed from those that are left."
        )
    if not noise >= 0:
        raise BadOption(f"noise is a standard deviation, 0 or more, not {noise}.")
