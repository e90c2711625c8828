"""What an atlas holds, as plain data: a channel's statistics, a patch, the pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"
Integers: TypeAlias = "NDArray[np.int64]"
Box: TypeAlias = "tuple[int, int, int, int]"  # (top, left, bottom, right), half open


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often a channel's values lay between one edge and the next: `counts` (B,), `edges` (B + 1,).

    All places of all pictures are counted. The bins are equally wide but for the first and the last, which reach to the
    smallest and the largest value that there was: the widths were laid down by the first pictures alone, so that one
    pass is enough.
    """

    counts: Integers
    edges: NDArray[np.float64]

    @property
    def n_positive(self) -> int:
        """How many values are above 0, exactly: 0 is an edge, and what is equal to one lies in the bin below it."""
        return int(self.counts[self.edges[1:] > 0].sum())


@dataclass(frozen=True, eq=False)
class ChannelRow:
    """One channel of a layer over all pictures.

    `count` values were seen: places x pictures. `sparsity` is the share of them that is 0 or below. `pooled` values are
    means over a picture's places: `by_class` are their means over the pictures of each class of the folder, NaN for a
    class of which nothing could be read. `use_by_class` are the means of gradient x activation, summed over the places,
    towards the logit of what the network answered; None where nobody asked for it.

    `selectivity` is the class selectivity index (Morcos et al. 2018, arXiv:1803.06959), (a - b) / (a + b): of the mean
    of the positive part of the values, a is the largest over the classes, at `best_class`, and b the mean over all
    others; 0 is the same for all, 1 is for one class alone. NaN where there are fewer than two classes, or nothing is
    ever positive; `best_class` is -1 then.

    `neighbours` are the channels of the same layer whose pooled values go up and down with this one's over the
    pictures: each with its correlation (Pearson's r), the highest first. A channel that never changes has none.
    """

    layer: str
    channel: int
    count: int
    mean: float
    std: float
    minimum: float
    maximum: float
    sparsity: float
    histogram: Histogram
    by_class: Floats
    use_by_class: Floats | None
    selectivity: float
    best_class: int
    neighbours: tuple[tuple[int, float], ...]


@dataclass(frozen=True, eq=False)
class Patch:
    """What a unit saw: of `picture`, a row of the atlas's pictures, the `box` of the prepared picture that the unit at
    (y, x) of the map can see, as far as it lies in the picture; `value` is what it gave. `crop` is that box as a PNG or
    JPEG, reduced where it is large."""

    rank: int
    value: float
    picture: int
    digest: str
    name: str
    y: int
    x: int
    box: Box
    crop: bytes = field(repr=False)


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures of an atlas, column by column, in its order: (N,) each.

    `digest` is that of the pixels: two of the same digest are the same picture. `label` is a row of the atlas's
    `classes`, -1 where the picture lay in no folder; `answer` is the network's class and `probability` that class's;
    `of_label` is the probability of the label, NaN where the network has no such class. `thumbnail` gives a JPEG of
    the prepared picture by its row.
    """

    digest: NDArray[np.object_]
    name: NDArray[np.object_]
    label: Integers
    answer: Integers
    probability: Floats
    of_label: Floats
    thumbnail: Callable[[int], bytes] = field(repr=False)

    def __len__(self) -> int:
        return len(self.label)
