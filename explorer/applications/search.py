"""Which pictures are alike, as a network sees them: by how strongly each channel of a layer answers, wherever it does.

Babenko et al. 2014 (arXiv:1404.1777) search by what a trained network computes; Babenko and Lempitsky 2015
(arXiv:1510.07493) by sums over the places of a layer's maps, of which the mean here is one. Pictures are compared by
the cosine of the angle between two such vectors: 1 where all channels answer in the same proportions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import BadArgument, NotSpatial, Unsuited
from ..trace import FloatArray, Trace, as_maps

N_NEAREST = 5
_ROWS = 4096  # vectors that are multiplied at once: of 2,048 numbers that is 64 MiB


def features(trace: Trace, layer: str) -> FloatArray:
    """(C,) the mean of each channel of a layer, read-only."""
    found: FloatArray = as_maps(trace[layer]).mean(axis=(1, 2))
    found.flags.writeable = False
    return found


def nearest(
    vectors: NDArray[np.floating], query: NDArray[np.floating], n: int = N_NEAREST
) -> tuple[NDArray[np.int64], FloatArray]:
    """Which of the vectors (N, C) make the smallest angle with the query (C,): at most n rows, the nearest first, of
    equal ones the first; and their cosines, -1 to 1.

    All are looked at, a few thousand at a time. A row without a direction (all 0, or no numbers) is near to nothing.
    Raises BadArgument where the shapes do not fit, Unsuited where the query has no direction, no row has, or
    all have the same, as single numbers do.
    """
    if vectors.ndim != 2 or query.shape != vectors.shape[1:]:
        raise BadArgument(
            f"A search takes vectors (N, C) and a query (C,), not {vectors.shape} and {query.shape}. Take them all "
            "from the same layer of the same network."
        )
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise BadArgument(f"How many to find is a whole number from 1 on, not {n!r}.")
    if len(query) == 1:
        raise Unsuited(
            "This layer has a single channel: a mixture of one is the same in every picture, so none is nearer than "
            "another. Choose another layer."
        )
    direction = query.astype(np.float64)
    size = np.linalg.norm(direction)
    if not (np.isfinite(size) and size > 0):
        raise Unsuited(
            "All channels of this layer have a mean of 0 for the picture, or are no numbers, so nothing is like it. "
            "Choose another layer or picture."
        )
    if not len(vectors):
        raise Unsuited("There is no other picture to search in. Upload some more, or search in the samples.")
    direction /= size
    cosines = np.concatenate([_cosines(vectors[i : i + _ROWS], direction) for i in range(0, len(vectors), _ROWS)])
    if not np.isfinite(cosines).any():
        raise Unsuited(
            "All channels of this layer have a mean of 0 for the other pictures, or are no numbers, so none is like "
            "this one. Choose another layer."
        )
    order = np.lexsort((np.arange(len(cosines)), -cosines))[:n].astype(np.int64)
    order = order[np.isfinite(cosines[order])]
    return order, cosines[order].astype(np.float32)


def _cosines(rows: NDArray[np.floating], direction: NDArray[np.float64]) -> NDArray[np.float64]:
    wide = rows.astype(np.float64)
    sizes = np.sqrt(np.einsum("nc,nc->n", wide, wide))
    usable = np.isfinite(sizes) & (sizes > 0)
    found = np.full(len(rows), -np.inf)
    found[usable] = np.clip(wide[usable] @ direction / sizes[usable], -1, 1)
    return found


def alike(trace: Trace, layer: str, other: FloatArray) -> FloatArray:
    """What each cell of the layer's maps, (h, w), adds to the cosine with another picture's features (C,): all of them
    add up to it. Raises NotSpatial for a layer without maps."""
    if not trace.network.layer(layer).is_spatial:
        raise NotSpatial(f"{layer} has no maps, so nothing in it knows where. Choose an earlier layer.")
    maps = as_maps(trace[layer]).astype(np.float64)
    own = maps.mean(axis=(1, 2))
    size = np.linalg.norm(own) * np.linalg.norm(other.astype(np.float64))
    found = np.einsum("chw,c->hw", maps, other) / (maps[0].size * size)
    return np.asarray(found, np.float32)
