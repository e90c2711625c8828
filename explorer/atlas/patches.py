"""The best few of many, kept while shards are put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .counting import NOWHERE
from .rows import Integers

_AT_ONCE = 4096  # rows that are put in order at once
_COLUMNS = ("order", "picture", "place", "digest")


@dataclass
class Best:
    """The best k of pictures for each of R rows, (R, k) each: `order`, the smaller the better, the picture, the place
    in its map, and the picture's digest. A picture of the same digest is the same, and is kept once. Of what is as good
    the earlier picture comes first. NOWHERE stands where there are fewer, with an order of infinity."""

    order: NDArray[np.float64]
    picture: Integers
    place: Integers
    digest: Integers

    @classmethod
    def none(cls, n: int, k: int) -> Best:
        """Nothing yet."""
        return cls(np.full((n, k), np.inf), *(np.full((n, k), NOWHERE, np.int64) for _ in range(3)))

    def merge(self, other: Best) -> None:
        """Take in what is better."""
        k = self.order.shape[1]
        for start in range(0, len(self.order), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            both = {
                name: np.concatenate([getattr(self, name)[rows], getattr(other, name)[rows]], 1) for name in _COLUMNS
            }
            both = _taken(both, np.lexsort((both["picture"], both["order"]), axis=1))
            digest = both["digest"]
            repeated = np.tril(digest[:, :, None] == digest[:, None, :], -1).any(axis=2)
            for name in _COLUMNS:
                both[name][repeated] = np.inf if name == "order" else NOWHERE
            both = _taken(both, np.argsort(both["order"], axis=1, kind="stable")[:, :k])
            for name in _COLUMNS:
                getattr(self, name)[rows] = both[name]


def _taken(columns: dict[str, NDArray[np.generic]], by: NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
    return {name: np.take_along_axis(column, by, axis=1) for name, column in columns.items()}
