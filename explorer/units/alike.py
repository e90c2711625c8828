"""The channels of a layer whose maps are most like one channel's."""

from __future__ import annotations

import numpy as np

from ..trace import FloatArray, Trace, as_maps


def correlations_with(trace: Trace, layer: str, channel: int) -> FloatArray:
    """Pearson's r between a channel's map and that of every channel of its layer, over their cells, (C,): NaN where
    either is the same everywhere or holds what is no number, and for the channel itself."""
    cells = as_maps(trace[layer])
    cells = cells.reshape(len(cells), -1)
    found = np.full(len(cells), np.nan, np.float32)
    usable = np.isfinite(cells).all(axis=1) & (cells.min(axis=1) != cells.max(axis=1))
    if not usable[channel]:
        return found
    score = cells[usable].astype(np.float64)
    score -= score.mean(axis=1, keepdims=True)
    own = cells[channel].astype(np.float64) - cells[channel].mean(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = score @ own / (np.sqrt((score**2).sum(axis=1)) * np.sqrt((own**2).sum()))
    found[usable] = np.clip(r, -1, 1)
    found[channel] = np.nan
    return found


def most_alike(trace: Trace, layer: str, channel: int, most: int = 6) -> list[tuple[int, float]]:
    """The channels with the highest correlation, (channel, r), highest first."""
    found = correlations_with(trace, layer, channel)
    order = np.argsort(np.where(np.isnan(found), np.inf, -found), kind="stable")[:most]
    return [(int(c), float(found[c])) for c in order if not np.isnan(found[c])]
