"""What a layer's channels are like on one picture: their ranges, their order, the range to draw them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .trace import FloatArray, Trace


def as_maps(array: FloatArray) -> FloatArray:
    """Any layer's array as (C, H, W): K numbers become K maps of one cell; operations that only rearrange channels
    (ShuffleNet's groups, GoogLeNet's single colours) fall back into maps."""
    if array.ndim == 1:
        return array[:, None, None]
    return array.reshape(-1, *array.shape[-2:])


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
        return int((self.zeros == 1).sum())


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


def contribution(trace: Trace, layer: str) -> FloatArray:
    """Per channel, the sum over its cells of gradient x activation: what it adds to the target's logit, to first order
    (the terms of the sum in Grad-CAM's weights times activation). (C,), in units of the logit."""
    product = as_maps(trace.gradient(layer) * trace[layer])
    total: FloatArray = product.reshape(len(product), -1).sum(axis=1)
    return total


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


def representative(trace: Trace, layer: str) -> int:
    """The channel to show for a layer: the one that supports the target most."""
    return channel_order(trace, layer, "gradient × activation")[0]


def _finite(value: np.floating) -> float:
    return float(value) if np.isfinite(value) else 0.0
