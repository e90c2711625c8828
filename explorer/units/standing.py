"""Where this picture's number lies among those of many pictures."""

from __future__ import annotations

import numpy as np

from ..atlas import Atlas
from ..atlas.rows import Histogram
from ..trace import FloatArray, Trace, as_maps


def pooled(trace: Trace, layer: str, channel: int) -> float:
    """The mean of a channel's map: its one number on the picture."""
    return float(as_maps(trace[layer])[channel].mean(dtype=np.float64))


def highest(trace: Trace, layer: str, channel: int) -> float:
    """The highest value of a channel's map."""
    return float(as_maps(trace[layer])[channel].max())


def share_below(values: FloatArray, number: float) -> float:
    """Which share of the values is lower, of equal ones half: 0.97 is higher than 97 %. NaN of none."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return float("nan")
    return float((finite < number).mean() + (finite == number).mean() / 2)


def share_of_places_below(histogram: Histogram, number: float) -> float:
    """The same by how often values occur, (n,) counts between (n + 1,) edges: within a bin they count as lying evenly.
    NaN where nothing was counted."""
    counts, edges = histogram.counts.astype(np.float64), histogram.edges
    if not counts.sum():
        return float("nan")
    width = np.diff(edges)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(width > 0, np.clip((number - edges[:-1]) / width, 0, 1), number > edges[:-1])
    return float((counts * part).sum() / counts.sum())


def of_pictures(atlas: Atlas, layer: str, channel: int, n_bins: int = 40) -> Histogram:
    """How often a channel's number, the mean of its map, lay where, over the pictures of an atlas that has them."""
    values = np.asarray(atlas.features(layer)[:, channel])
    counts, edges = np.histogram(values[np.isfinite(values)], n_bins)
    return Histogram(counts.astype(np.int64), edges.astype(np.float64))
