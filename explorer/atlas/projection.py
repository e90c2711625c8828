"""Pictures as points: pooled values in two dimensions, layer by layer, so that a point moves as little as it can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..running.progress import Progress
from .reading import Atlas
from .rows import Floats, Integers

MOST = 20_000  # points of a map, and pictures that are compared with each other: of more, some at even steps
_ROWS = 8192  # that are read at a time

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Depth:
    """The map of the pictures at each layer: `rows` (n,) are those of the atlas, `places` (n, 2) for each layer, whose
    mean square distance from the middle is 1, and `explained` the share of the variance that two dimensions have."""

    layers: tuple[str, ...]
    rows: Integers
    places: tuple[Doubles, ...]
    explained: tuple[float, ...]

    @property
    def n_bytes(self) -> int:
        """What it takes in memory."""
        return self.rows.nbytes + sum(one.nbytes for one in self.places)


def shown_rows(n_pictures: int, most: int = MOST) -> Integers:
    """The pictures of a map: all of them, or 20,000 at even steps."""
    n = min(n_pictures, most)
    return np.arange(n, dtype=np.int64) * n_pictures // max(1, n)


def through_depth(atlas: Atlas, progress: Progress | None = None) -> Depth:
    """The principal components of the pooled values at every layer (Pearson 1901), each turned and mirrored to lie as
    near as it can on the layer before (orthogonal Procrustes, Schönemann 1966): what is left of the movement is the
    network's. What `progress` raises cancels. Raises AtlasError in an atlas without pictures."""
    rows = shown_rows(atlas.n_pictures)
    places, explained = list[Doubles](), list[float]()
    for i, layer in enumerate(atlas.layers):
        if progress is not None:
            progress(i, len(atlas.layers))
        found, share = principal(atlas.features(layer)[rows])
        size = np.sqrt((found**2).sum(axis=1).mean())
        found = found / size if size > 0 else found
        places.append(turned_onto(found, places[-1]) if places else found)
        explained.append(share)
    return Depth(atlas.layers, rows, tuple(places), tuple(explained))


def principal(features: Floats, n: int = 2) -> tuple[Doubles, float]:
    """The places along the n directions of largest variance, or as many as there are channels, and the share of the
    variance that they have. The sign of each is such that its largest weight is positive. A layer of one channel has
    nothing but 0 across."""
    mean = features.mean(axis=0, dtype=np.float64)
    square = np.zeros((features.shape[1],) * 2)
    for part in _parts(features):
        centred = part - mean
        square += centred.T @ centred
    values, vectors = np.linalg.eigh(square)
    axes = vectors[:, ::-1][:, :n]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1, 1)
    found = np.concatenate([(part - mean) @ axes for part in _parts(features)])
    if found.shape[1] < 2:
        found = np.pad(found, ((0, 0), (0, 1)))
    total = float(values.sum())
    return found, float(values[::-1][:n].sum()) / total if total > 0 else 0.0


def turned_onto(places: Doubles, before: Doubles) -> Doubles:
    """Places turned, and mirrored where that is nearer, so that the sum of squared distances to others is least."""
    left, _, right = np.linalg.svd(places.T @ before)
    return np.asarray(places @ (left @ right))


def laid_onto(places: Doubles, before: Doubles) -> Doubles:
    """Places around their middle, as large as others are and turned onto them: all distances between them change by one
    factor alone."""
    centred = places - places.mean(axis=0)
    size, wanted = (float(np.sqrt((one**2).sum(axis=1).mean())) for one in (centred, before))
    return turned_onto(centred * (wanted / size) if size > 0 else centred, before)


def _parts(features: Floats) -> Sequence[Doubles]:
    return [features[i : i + _ROWS].astype(np.float64) for i in range(0, len(features), _ROWS)]
