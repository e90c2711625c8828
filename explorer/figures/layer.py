"""A layer's channels in one mosaic, and one channel large."""

from __future__ import annotations

from dataclasses import dataclass

from ..feature_maps import as_maps, channel_order, channel_ranges
from ..trace import FloatArray, Trace
from .color import Scale, scales_for
from .picture import mosaic

N_PER_PAGE = 64
COLUMNS = 8


@dataclass(frozen=True, eq=False)
class LayerView:
    """One page of a layer's channels."""

    png: bytes
    channels: tuple[int, ...]  # of this page, in the order of the tiles
    columns: int
    shared_scale: Scale | None  # None where each channel has its own
    factor: float  # a value is this many pixels wide; below 1 where maps were reduced
    page: int
    previous: int | None  # the first channel of the page before, if there is one
    following: int | None
    n_channels: int

    @property
    def n_bytes(self) -> int:
        """Memory that it holds, nearly all of it the picture."""
        return len(self.png)

    @property
    def caption(self) -> str:
        """Which channels these are, and what became of their pixels."""
        first = self.page * N_PER_PAGE + 1
        text = f"{first} to {first + len(self.channels) - 1} of {self.n_channels} channels"
        if self.shared_scale is None:
            text += ", each on its own scale"
        return text if self.factor >= 1 else f"{text}, reduced to {self.factor:.0%}"


def page_of(trace: Trace, layer: str, order: str, channel: int) -> int:
    """The page of the mosaic that has the channel on it, for one of feature_maps.ORDERS."""
    return channel_order(trace, layer, order).index(channel) // N_PER_PAGE


def layer_view(trace: Trace, layer: str, order: str, scale: str, page: int) -> LayerView:
    """One page of a layer's channels, for one of feature_maps.ORDERS and one of its SCALES."""
    ranked = channel_order(trace, layer, order)
    chosen = ranked[page * N_PER_PAGE : (page + 1) * N_PER_PAGE]
    # the whole layer decides whether the palette is the diverging one: the same on every page
    whole_layer = channel_ranges(trace, layer, chosen[:1], "layer")
    scales = scales_for([*channel_ranges(trace, layer, chosen, scale), *whole_layer])[:-1]
    maps = as_maps(trace[layer])
    columns = min(COLUMNS, len(chosen))
    png, factor = mosaic([maps[c] for c in chosen], scales, columns)
    return LayerView(
        png=png,
        channels=tuple(chosen),
        columns=columns,
        shared_scale=None if scale == "channel" else scales[0],
        factor=factor,
        page=page,
        previous=ranked[(page - 1) * N_PER_PAGE] if page else None,
        following=ranked[(page + 1) * N_PER_PAGE] if (page + 1) * N_PER_PAGE < len(ranked) else None,
        n_channels=len(ranked),
    )


@dataclass(frozen=True, eq=False)
class ChannelView:
    """One channel's map and the scale that its tile has in the mosaic."""

    values: FloatArray
    scale: Scale


def channel_view(trace: Trace, layer: str, scale: str, channel: int) -> ChannelView:
    """The channel on the same scale as in `layer_view`."""
    whole_layer = channel_ranges(trace, layer, [channel], "layer")[0]
    own = channel_ranges(trace, layer, [channel], scale)[0]
    # the layer's range decides whether the palette is the diverging one, as it does in the mosaic
    return ChannelView(as_maps(trace[layer])[channel], scales_for([own, whole_layer])[0])
