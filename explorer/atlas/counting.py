"""What is counted of one layer over the pictures of a shard.

Everything is added up in the order of the pictures, in integers or float64, or is the largest of several with ties to
the first: shards that are put together in their order give the same bits, whoever worked on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from .rows import Floats

_ROW = 512  # numbers in a row that the lowest of is taken of at once: short rows cost the most
_AT_ONCE = 1 << 18  # numbers that stay near the processor while they are counted

NO_LOT = 1 << 52  # above all that are drawn, which float64 holds exactly
Places: TypeAlias = "NDArray[np.int64]"
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

    def add(
        self, maps: torch.Tensor, pooled: torch.Tensor, pictures: Sequence[int], digests: Sequence[str | None]
    ) -> Floats:
        """Count a batch of maps (B, C, H, W), whose means are `pooled`, (B, C): the means of their positive parts.

        `pictures` are their numbers in the shard; a digest of None is that of a picture that was there before, which
        is counted, and gives no patch again.
        """
        values = maps.permute(0, 2, 3, 1).flatten(1, 2)  # (B, P, C)
        together = max(1, _AT_ONCE // values[0].numel())
        found = [
            self._count(maps[i : i + together], values[i : i + together], pooled[i : i + together])
            for i in range(0, len(maps), together)
        ]
        highest, places, positive = (np.concatenate(parts) for parts in zip(*found, strict=True))
        is_new = [digest is not None for digest in digests]
        self._keep_largest(np.where(is_new, highest.T, -np.inf), pictures, places.T)
        for one, picture, digest in zip(values, pictures, digests, strict=True):
            if digest is not None:
                self._draw(one, picture, digest)
        return positive

    def _count(self, maps: torch.Tensor, values: torch.Tensor, pooled: torch.Tensor) -> tuple[Floats, Places, Floats]:
        """The largest value of each channel, its place, and the mean of positive parts, (B, C) each."""
        # the first place of those as large, as everywhere here; to look for it later takes longer
        highest, places = (one.flatten(1).numpy() for one in F.max_pool2d(maps, maps.shape[2:], return_indices=True))
        np.maximum(self.maximum, highest.max(0), out=self.maximum)
        lowest = _lowest(values)
        np.minimum(self.minimum, lowest.amin(0).numpy(), out=self.minimum)
        beside = torch.square(values)
        for squares in beside.sum(1).numpy():
            self.squares += squares
        is_positive = bool(lowest.min() >= 0)
        positive = pooled if is_positive else torch.clamp_min(values, 0, out=beside).mean(1)
        bins = torch.mul(values, self._scale, out=beside)
        bins.ceil_().clamp_(self._low, self._high).add_(self._first)  # whole, and exact
        found = torch.bincount(bins.view(-1).to(torch.int32), minlength=self.histogram.size)
        self.histogram += found.numpy().reshape(self.histogram.shape)
        return highest, places, positive.numpy()

    def _keep_largest(self, highest: Floats, pictures: Sequence[int], places: Places) -> None:
        """Of what is kept and of a batch, `highest` at `places` (C, B), the k largest of each channel, as large ones in
        the order of the pictures. Only channels where there is a larger one are looked at."""
        channels = np.flatnonzero((highest > self.top[:, -1:]).any(axis=1))
        if not len(channels):
            return
        numbers = np.broadcast_to(np.array(pictures, np.int32), highest.shape)
        both = np.concatenate([self.top[channels], highest[channels]], axis=1)
        order = np.argsort(-both, axis=1, kind="stable")[:, : self.top.shape[1]]
        kept = np.take_along_axis(both, order, axis=1)
        self.top[channels] = kept
        for array, given in ((self.top_picture, numbers), (self.top_place, places)):
            both = np.concatenate([array[channels], given[channels]], axis=1)
            array[channels] = np.where(np.isneginf(kept), NOWHERE, np.take_along_axis(both, order, axis=1))

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


def _lowest(values: torch.Tensor) -> torch.Tensor:
    """The lowest over places, (B, C) of (B, P, C): over rows of many numbers first, then over what is left."""
    n_batch, n_places, n_channels = values.shape
    together = 1
    while n_places % (2 * together) == 0 and together * n_channels < _ROW:
        together *= 2
    rows = values.reshape(n_batch, n_places // together, together * n_channels)
    return rows.amin(1).reshape(n_batch, together, n_channels).amin(1)
