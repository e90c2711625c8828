"""What is counted of one layer over the pictures of a shard.

Everything is added up in the order of the pictures, in integers or float64, or is the largest of several with ties to
the first: shards that are put together in their order give the same bits, whoever worked on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from .rows import Floats

_ROW = 512  # numbers in a row that the largest of is taken of at once: short rows cost the most

NO_LOT = 1 << 52  # above all that are drawn, which float64 holds exactly
NOWHERE = -1  # in the place of a picture that there is not


@dataclass(frozen=True, eq=False)
class Bins:
    """How a layer's values fall into bins, all of a width for each channel: bin j holds those above (j - 1 - below) *
    width up to (j - below) * width, the first and the last all beyond. 0 is an edge, so that what is 0 or less fills
    the first `below` + 1."""

    width: Floats  # (C,)
    below: NDArray[np.int32]  # (C,): bins of this width below 0
    n: int

    @classmethod
    def of_range(cls, lowest: Floats, highest: Floats, n: int) -> Bins:
        """Such that values from the lowest to the highest of each channel, and 0, have bins of one width."""
        low, high = np.minimum(lowest, 0).astype(np.float64), np.maximum(highest, 0).astype(np.float64)
        span = np.where(high > low, high - low, 1)
        share = -low / span
        below = np.clip(np.ceil(share * (n - 2)), 0, n - 2)
        below = np.where((share > 0) & (share < 1), np.clip(below, 1, n - 3), below)
        with np.errstate(divide="ignore", invalid="ignore"):
            width = np.fmax(np.where(below > 0, -low / below, 0), np.where(below < n - 2, high / (n - 2 - below), 0))
        return cls(np.where(width > 0, width, 1 / n).astype(np.float32), below.astype(np.int32), n)

    @property
    def ends(self) -> tuple[Floats, Floats]:
        """The edge above the first bin and the edge below the last, (C,) each."""
        lowest = -self.below * self.width
        return lowest.astype(np.float32), ((self.n - 2 - self.below) * self.width).astype(np.float32)


class LayerCounts:
    """The counts of a layer with C channels over the pictures that it was shown, `pooled` (N, C) among them."""

    def __init__(self, name: str, bins: Bins, n_patches: int) -> None:
        self.name, self.bins = name, bins
        n, k = len(bins.width), n_patches
        self.squares = np.zeros(n)
        self.minimum, self.maximum = np.full(n, np.inf, np.float32), np.full(n, -np.inf, np.float32)
        self.histogram = np.zeros((n, bins.n), np.int64)
        self.top = np.full((n, k), -np.inf, np.float32)  # the largest values of different pictures, the largest first
        self.top_picture, self.top_place = np.full((n, k), NOWHERE, np.int32), np.full((n, k), NOWHERE, np.int32)
        self.lot = np.full(k, NO_LOT, np.int64)  # the smallest numbers that pictures have drawn
        self.lot_picture, self.lot_place = np.full(k, NOWHERE, np.int32), np.full(k, NOWHERE, np.int32)
        self.lot_values = np.full((n, k), np.nan, np.float32)
        self._scale = torch.from_numpy(1 / bins.width)
        below = torch.from_numpy(bins.below).float()
        self._low, self._high = -below, bins.n - 1 - below
        self._first = torch.arange(n) * float(bins.n) + below

    def add(self, maps: torch.Tensor, pictures: Sequence[int], digests: Sequence[str | None]) -> tuple[Floats, Floats]:
        """Count a batch of maps (B, C, H, W): the pooled values, (B, C), and those of the positive parts.

        `pictures` are their numbers in the shard; a digest of None is that of a picture that was there before, which
        is counted, and gives no patch again.
        """
        values = maps.permute(0, 2, 3, 1).reshape(len(maps), -1, maps.shape[1])  # (B, P, C)
        lowest, highest = _over_places(values, torch.Tensor.amin), _over_places(values, torch.Tensor.amax)
        np.minimum(self.minimum, lowest.amin(0).numpy(), out=self.minimum)
        np.maximum(self.maximum, highest.amax(0).numpy(), out=self.maximum)
        pooled = values.mean(1)
        positive = pooled if bool(lowest.min() >= 0) else values.clamp_min(0).mean(1)
        for one in values:  # what is worked on stays near the processor
            self.squares += one.square().sum(0).numpy()
            self._count(one)
        is_new = [digest is not None for digest in digests]
        self._keep_largest(values, np.where(is_new, highest.numpy().T, -np.inf), pictures)
        for one, picture, digest in zip(values, pictures, digests, strict=True):
            if digest is not None:
                self._draw(one, picture, digest)
        return pooled.numpy(), positive.numpy()

    def _count(self, values: torch.Tensor) -> None:
        bins = (values * self._scale).ceil_().clamp_(self._low, self._high).add_(self._first)  # whole, and exact
        found = torch.bincount(bins.view(-1).to(torch.int32), minlength=self.histogram.size)
        self.histogram += found.numpy().reshape(self.histogram.shape)

    def _keep_largest(self, values: torch.Tensor, highest: Floats, pictures: Sequence[int]) -> None:
        """Of what is kept and of a batch, `highest` (C, B), the k largest of each channel, as large ones in the order
        of the pictures. Only those that are kept have their places looked up."""
        n, k = self.top.shape
        both = np.concatenate([self.top, highest], axis=1)
        order = np.argsort(-both, axis=1, kind="stable")[:, :k]
        numbers = np.concatenate([self.top_picture, np.broadcast_to(np.array(pictures, np.int32), highest.shape)], 1)
        places = np.concatenate([self.top_place, np.full(highest.shape, NOWHERE, np.int32)], axis=1)
        for i, one in enumerate(values):
            channels = np.flatnonzero((order == k + i).any(axis=1))
            if len(channels):
                chosen = one if len(channels) == n else one[:, torch.from_numpy(channels)]
                places[channels, k + i] = chosen.numpy().argmax(axis=0)  # the first of those that are as large
        self.top = np.take_along_axis(both, order, axis=1).astype(np.float32)
        is_none = np.isneginf(self.top)
        self.top_picture = np.where(is_none, NOWHERE, np.take_along_axis(numbers, order, axis=1)).astype(np.int32)
        self.top_place = np.where(is_none, NOWHERE, np.take_along_axis(places, order, axis=1)).astype(np.int32)

    def _draw(self, values: torch.Tensor, picture: int, digest: str) -> None:
        """A number and a place by lot, from the picture and the layer alone; the smallest numbers are kept."""
        drawn = hashlib.sha256(f"{digest} {self.name}".encode()).digest()
        lot, place = int.from_bytes(drawn[:8], "big") >> 12, int.from_bytes(drawn[8:16], "big") % len(values)
        if lot >= self.lot[-1]:
            return
        rank = int((self.lot < lot).sum())
        for array, given in ((self.lot, lot), (self.lot_picture, picture), (self.lot_place, place)):
            array[rank + 1 :] = array[rank:-1].copy()
            array[rank] = given
        self.lot_values[:, rank + 1 :] = self.lot_values[:, rank:-1].copy()
        self.lot_values[:, rank] = values[place].numpy()


def _over_places(values: torch.Tensor, reduce: Callable[[torch.Tensor, int], torch.Tensor]) -> torch.Tensor:
    """(B, C) of (B, P, C): over rows of many numbers first, then over what is left."""
    n_batch, n_places, n_channels = values.shape
    together = 1
    while n_places % (2 * together) == 0 and together * n_channels < _ROW:
        together *= 2
    rows = values.reshape(n_batch, n_places // together, together * n_channels)
    return reduce(reduce(rows, 1).reshape(n_batch, together, n_channels), 1)
