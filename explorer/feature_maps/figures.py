"""A layer's channels in one mosaic, one channel large, and all values of a layer at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..drawing.color import Scale, palette, scales_for
from ..drawing.picture import countable, heat_map, mosaic
from ..drawing.series import Axis, Bars, Bins, Part, Series, percent_axis, round_high, shortened, signed_axis
from ..drawing.traces import BARS
from ..trace import FloatArray, Trace, as_maps
from ..wording import percent
from .channels import Histogram, channel_order, channel_ranges

N_PER_PAGE = 64
_FEW, _COLUMNS = 32, (8, 13)  # up to how many channels the tiles are large: a page fits a projector


@dataclass(frozen=True, eq=False)
class LayerView:
    """One page of a layer's channels."""

    png: bytes
    channels: tuple[int, ...]  # of this page, in the order of the tiles
    columns: int
    shared_scale: Scale | None  # None where each channel has its own
    factor: float  # a value is this many pixels wide; below 1 where maps were reduced

    @property
    def n_bytes(self) -> int:
        """Memory that it holds, nearly all of it the picture."""
        return len(self.png)


def page_of(trace: Trace, layer: str, order: str, channel: int) -> int:
    """The page of the mosaic that has the channel on it, for one of feature_maps.ORDERS."""
    return channel_order(trace, layer, order).index(channel) // N_PER_PAGE


def layer_view(trace: Trace, layer: str, order: str, scale: str, page: int) -> LayerView:
    """One page of a layer's channels, for one of feature_maps.ORDERS and one of its SCALES."""
    ranked = channel_order(trace, layer, order)
    chosen = ranked[page * N_PER_PAGE : (page + 1) * N_PER_PAGE]
    scales = channel_scales(trace, layer, chosen, scale)
    maps = as_maps(trace[layer])
    columns = min(_COLUMNS[len(chosen) > _FEW], len(chosen))
    png, factor = mosaic([maps[c] for c in chosen], scales, columns)
    return LayerView(
        png=png,
        channels=tuple(chosen),
        columns=columns,
        shared_scale=None if scale == "channel" else scales[0],
        factor=factor,
    )


def channel_scales(trace: Trace, layer: str, channels: Sequence[int], scale: str) -> list[Scale]:
    """The scale that each channel is drawn on, for one of feature_maps.SCALES. The whole layer decides whether the
    palette is the diverging one: the same for every page, and for a channel alone."""
    whole_layer = channel_ranges(trace, layer, channels[:1], "layer")
    return [scales_for([own, *whole_layer])[0] for own in channel_ranges(trace, layer, channels, scale)]


@dataclass(frozen=True, eq=False)
class ChannelView:
    """One channel's map and the scale that its tile has in the mosaic."""

    values: FloatArray
    scale: Scale


def channel_view(trace: Trace, layer: str, scale: str, channel: int) -> ChannelView:
    """The channel on the same scale as in `layer_view`."""
    return ChannelView(as_maps(trace[layer])[channel], channel_scales(trace, layer, [channel], scale)[0])


CORRELATION = Scale(-1, 1, "signed")
_MATRIX = 560  # pixels of the picture of a matrix


def histogram_bars(histogram: Histogram) -> Bins:
    """How often which value occurs. A band shows the shares of negative, zero and positive values; below it, the bars
    leave out the exact zeros, which would dwarf them."""
    blue, red = ("#" + bytes(palette("signed")[i]).hex() for i in (40, 214))
    parts = (("negative", blue, histogram.n_negative), ("zero", "#ffffff", histogram.n_zero),
             ("positive", red, histogram.n_positive), ("no number", "#000000", histogram.n_missing))  # fmt: skip
    n, low, high = histogram.n_values, float(histogram.edges[0]), float(histogram.edges[-1])
    pad = 0.01 * (high - low)
    return Bins(
        "How often which value occurs",
        histogram.counts,
        histogram.edges,
        [Part(f"{name} {percent(count / n)}", count / n, color) for name, color, count in parts if count],
        Axis("value, in the layer’s own units", low - pad, high + pad),
        Axis("how many values", 0, math.ceil(round_high(max(1, int(histogram.counts.max())))), is_whole=True),
    )


def change_bars(names: Sequence[str], before: FloatArray, after: FloatArray) -> Bars:
    """Probabilities of classes before and after something was changed, in percent, with the difference."""
    texts = [_difference(*both) for both in zip(before.tolist(), after.tolist(), strict=True)]
    highest = max(1e-5, *(float(np.nan_to_num(values).max()) for values in (before, after)))
    return Bars(
        "The likeliest classes, before and after",
        "class",
        names,
        (
            Series("before", 100 * before, (BARS,), is_hollow=True),
            Series("after", 100 * after, (BARS,), texts),
        ),
        percent_axis("probability in percent", highest),
    )


def _difference(before: float, after: float) -> str:
    text = f"{percent(before)} → {percent(after)}"
    return f"{text} ({round(100 * (after - before), 1) + 0.0:+.1f})" if math.isfinite(after - before) else text


def loss_bars(channels: Sequence[int], changes: FloatArray, category: str) -> Bars:
    """By how much a class's logit changes with each of these channels off; blue where it falls, red where it rises."""
    values = changes[list(channels)]
    blue, red = ("#" + bytes(palette("signed")[i]).hex() for i in (40, 214))
    return Bars(
        f"Change of “{shortened(category)}” with a channel off",
        "channel",
        [f"channel {c}" for c in channels],
        (Series("change of the logit", values, tuple(blue if value < 0 else red for value in values.tolist())),),
        signed_axis("change of the logit", values),
    )


def correlation_png(matrix: FloatArray) -> bytes:
    """A matrix of correlations, one square a pair, from -1 (blue) over 0 (white) to 1 (red); holes where there is
    none."""
    return heat_map(countable(matrix, _MATRIX), CORRELATION)
