"""What a layer's channels are like on one picture: their ranges, their order, the range to draw them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..networks.network import Network
from ..trace import FloatArray, Trace, as_maps, contribution


@dataclass(frozen=True, eq=False)
class ChannelStatistics:
    """Per channel of a layer, each (C,)."""

    minimum: FloatArray
    maximum: FloatArray
    mean: FloatArray
    zeros: FloatArray  # share of cells that are exactly zero, 0 to 1

    @property
    def n_dead(self) -> int:
        """Channels that are zero everywhere on this picture."""
        return len(self.dead)

    @property
    def dead(self) -> list[int]:
        """The numbers of these channels."""
        found: list[int] = np.flatnonzero(self.zeros == 1).tolist()
        return found


def channel_statistics(trace: Trace, layer: str) -> ChannelStatistics:
    """The statistics of each channel of a layer; a layer without maps counts as channels of one cell."""
    maps = as_maps(trace[layer])
    cells = maps.reshape(len(maps), -1)  # (C, H * W)
    return ChannelStatistics(
        minimum=cells.min(axis=1),
        maximum=cells.max(axis=1),
        mean=cells.mean(axis=1),
        zeros=(cells == 0).mean(axis=1, dtype=np.float32),
    )


ORDERS = ("number", "mean", "maximum", "zeros", "gradient × activation")  # all but the first from high to low


def channel_order(trace: Trace, layer: str, order: str) -> list[int]:
    """All channels of a layer in one of the ORDERS; equal ones by number. The last needs a target (NoTarget)."""
    if order == "number":
        return list(range(len(as_maps(trace[layer]))))
    if order == "gradient × activation":
        values = trace.view(contribution, layer)
    else:
        values = getattr(trace.view(channel_statistics, layer), order)
    ranked: list[int] = np.argsort(-values, kind="stable").tolist()
    return ranked


SCALES = ("layer", "channel", "network")  # what shares one range of colours


def channel_ranges(trace: Trace, layer: str, channels: Sequence[int], scale: str) -> list[tuple[float, float]]:
    """The lowest and the highest value that each channel's colours must span, for one of the SCALES."""
    if scale == "network":
        return [trace.view(network_range)] * len(channels)
    statistics = trace.view(channel_statistics, layer)
    if scale == "layer":
        return [(_finite(statistics.minimum.min()), _finite(statistics.maximum.max()))] * len(channels)
    return [(_finite(statistics.minimum[c]), _finite(statistics.maximum[c])) for c in channels]


def network_range(trace: Trace) -> tuple[float, float]:
    """The lowest and the highest value in the maps of all layers."""
    spatial = [trace[name] for name, layer in trace.network.layers.items() if layer.is_spatial]
    return min(_finite(a.min()) for a in spatial), max(_finite(a.max()) for a in spatial)


# What a whole layer is like


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often which value occurs in a layer. What is exactly zero, or no finite number, is counted apart."""

    counts: NDArray[np.int64]  # (n_bins,), without zeros
    edges: FloatArray  # (n_bins + 1,), from the lowest to the highest finite value
    n_negative: int
    n_zero: int
    n_positive: int
    n_missing: int  # NaN and infinities

    @property
    def n_values(self) -> int:
        """All values of the layer."""
        return self.n_negative + self.n_zero + self.n_positive + self.n_missing


def layer_histogram(trace: Trace, layer: str, n_bins: int = 60) -> Histogram:
    """All values of a layer in `n_bins` equal bins; the last one includes its upper edge."""
    values = trace[layer].ravel()
    finite = values[np.isfinite(values)]
    others = finite[finite != 0]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    # one value alone has no width to cut into bins: they span a little around it
    spread = 0.0 if high > low else max(abs(high), 1.0) / 2
    counts, edges = np.histogram(others, n_bins, (low - spread, high + spread))
    n_positive = int((others > 0).sum())
    return Histogram(
        counts=counts,
        edges=edges.astype(np.float32),
        n_negative=len(others) - n_positive,
        n_zero=len(finite) - len(others),
        n_positive=n_positive,
        n_missing=len(values) - len(finite),
    )


MOST_CORRELATED = 512  # channels: a matrix of more cells than that a screen cannot show


@dataclass(frozen=True, eq=False)
class Correlations:
    """How alike the maps of a layer's channels are on one picture.

    `matrix` is (n, n) float32 from -1 to 1 for the `channels`, by number; NaN in the rows and columns of those that
    are the same everywhere (`n_flat` of them) or hold values that are no numbers (`n_missing`): these have no
    correlation.
    """

    channels: tuple[int, ...]
    matrix: FloatArray
    n_flat: int
    n_missing: int
    n_channels: int  # of the layer


def correlations(trace: Trace, layer: str, most: int = MOST_CORRELATED) -> Correlations:
    """Pearson's r between every two maps of a layer, over their cells: the mean product of their standard scores.

    Of a layer with more than `most` channels those with the largest variance.
    """
    cells = as_maps(trace[layer])
    cells = cells.reshape(len(cells), -1)
    n_channels = len(cells)
    if n_channels > most:
        with np.errstate(invalid="ignore"):  # of infinities
            variance = np.nan_to_num(cells.var(axis=1, dtype=np.float64), nan=-1.0)
        chosen = np.sort(np.argsort(-variance, kind="stable")[:most])
        cells = cells[chosen]
    else:
        chosen = np.arange(n_channels)
    is_missing = ~np.isfinite(cells).all(axis=1)
    is_flat = ~is_missing & (cells.min(axis=1) == cells.max(axis=1))
    usable = ~(is_missing | is_flat)
    score = cells[usable].astype(np.float64)
    score -= score.mean(axis=1, keepdims=True)
    score /= np.sqrt((score**2).sum(axis=1, keepdims=True))
    matrix = np.full((len(chosen), len(chosen)), np.nan, np.float32)
    matrix[np.ix_(usable, usable)] = np.clip(score @ score.T, -1, 1)
    return Correlations(tuple(chosen.tolist()), matrix, int(is_flat.sum()), int(is_missing.sum()), n_channels)


def strongest_pairs(found: Correlations, n: int = 5) -> list[tuple[int, int, float]]:
    """The n pairs of different channels with the strongest correlation, of either sign: (channel, channel, r)."""
    strength = np.abs(np.triu(found.matrix, k=1))
    strength[np.isnan(strength)] = 0
    order = np.argsort(-strength, axis=None, kind="stable")[:n]
    rows, columns = np.unravel_index(order, strength.shape)
    return [
        (found.channels[a], found.channels[b], float(found.matrix[a, b]))
        for a, b in zip(rows.tolist(), columns.tolist(), strict=True)
        if strength[a, b] > 0
    ]


# From one layer to the next


def is_pointwise(network: Network, layer: str) -> bool:
    """Whether it is an activation or a batch norm: each value is made of the one at its own place alone."""
    described = network.layer(layer)
    return described.traits.is_activation or described.kind == "batch norm"


def steps_at(network: Network, layer: str) -> list[tuple[str, str]]:
    """Pairs (before, after) of a layer: from each layer that it reads to it, and from it to what follows where that
    is an activation or a batch norm. Steps through one of these come first."""
    name = network.resolve(layer)
    into = [(before, name) for before in network.layers[name].inputs]
    out = [(name, after) for after, of in network.layers.items() if name in of.inputs and is_pointwise(network, after)]
    return sorted([*into, *out], key=lambda step: not is_pointwise(network, step[1]))


def counterpart(network: Network, before: str, after: str, channel: int) -> int | None:
    """The channel of `before` from which one of `after` is made; None where there is no such one.

    A convolution or a dense layer makes it from many: then it is the one with the strongest kernel, by the sum of its
    weights' sizes.
    """
    source, result = network.layer(before), network.layer(after)
    if result.traits.is_weighted:
        weight = network.weights(after).get("weight")
        if weight is None or weight.shape[0] != result.n_channels or source.n_channels % weight.shape[1]:
            return None
        n_groups = source.n_channels // weight.shape[1]
        first = channel // (weight.shape[0] // n_groups) * weight.shape[1]
        return first + int(np.abs(weight[channel].reshape(weight.shape[1], -1)).sum(axis=1).argmax())
    if result.kind == "concatenation":
        sizes = [network.layer(name).n_channels for name in result.inputs]
        first = sum(sizes[: result.inputs.index(source.name)])
        is_whole = sum(sizes) == result.n_channels
        return channel - first if is_whole and 0 <= channel - first < source.n_channels else None
    if result.kind == "flatten":
        return channel // max(1, result.n_channels // source.n_channels)
    is_shuffled = result.kind == "transpose" or source.n_channels != result.n_channels
    return None if is_shuffled else channel


def has_mixed(network: Network, after: str) -> bool:
    """Whether a layer makes each of its channels from many: a convolution across channels, a dense layer."""
    weight = network.weights(after).get("weight") if network.layer(after).traits.is_weighted else None
    return weight is not None and weight.shape[1] > 1


def cut_share(before: FloatArray, after: FloatArray) -> float:
    """The share of cells that are exactly zero after a step and were not before; arrays of one shape."""
    return float(((after == 0) & (before != 0)).mean())


def _finite(value: np.floating) -> float:
    return float(value) if np.isfinite(value) else 0.0
