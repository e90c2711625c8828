"""A layer as files for a browser that draws its maps itself: exact where they are few, in as many levels as there are
colours where they are many; and what ranks its channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..drawing.packing import packed
from ..drawing.picture import reduced
from ..trace import FloatArray, Trace, as_maps, contribution, contributions, read_by
from .channels import channel_ranges, channel_statistics
from .figures import N_PER_PAGE, channel_scales

MOST_EXACT = 1 << 18  # values: a mebibyte of float32

What = Literal["gives", "reads", "weights"]  # what of a layer


@dataclass(frozen=True, eq=False)
class LayerFiles:
    """All maps (C, H, W) of a layer as float32, row by row; None where they are more than MOST_EXACT.

    `tiles` are the maps as the mosaic shows them, (h, w), where that is not as they are: a byte a value, N_PER_PAGE
    channels of consecutive numbers a file; a byte is a colour on the `scale` of SCALES, and stands for the value in its
    middle. All files are packed by gzip.
    """

    maps: bytes | None
    tiles: tuple[bytes, ...]
    tile_shape: tuple[int, int]
    scale: str


def layer_files(trace: Trace, layer: str, by_channel: bool) -> LayerFiles:
    """What a browser needs to draw a layer. The levels of a large one are counted on the whole layer's scale or
    `by_channel`; never on the whole network's, which would leave a layer of small values few."""
    scale = "channel" if by_channel else "layer"
    maps = as_maps(trace[layer])
    first = reduced(maps[0])
    exact = maps.size <= MOST_EXACT
    return LayerFiles(
        maps=packed(maps) if exact else None,
        tiles=() if exact and first.shape == maps[0].shape else tuple(_tiles(trace, layer, maps, scale)),
        tile_shape=(first.shape[0], first.shape[1]),
        scale=scale,
    )


def _tiles(trace: Trace, layer: str, maps: FloatArray, scale: str) -> Iterator[bytes]:
    for start in range(0, len(maps), N_PER_PAGE):
        part = maps[start : start + N_PER_PAGE]
        scales = channel_scales(trace, layer, range(start, start + len(part)), scale)
        yield packed(np.stack([on.indices(reduced(one)) for one, on in zip(part, scales, strict=True)]))


@dataclass(frozen=True, eq=False)
class Part:
    """Exact maps (n, H, W) of consecutive channels, or filters (n, n_in, kH, kW), `first` the number of the first of
    them: float32, row by row, packed by gzip."""

    first: int
    n: int
    packed: bytes


def parts_near(trace: Trace, layer: str, channel: int, what: What = "gives") -> tuple[Part, ...]:
    """All maps that a layer gives, or that it reads, or its filters, in one part where they are no more than MOST_EXACT
    values; else the part of about so many that the channel is in, and those before and behind it."""
    values = _exact(trace, layer, what)
    n = max(1, MOST_EXACT // max(1, values[0].size))
    near = (i for i in (channel // n, channel // n + 1, channel // n - 1) if 0 <= i < -(-len(values) // n))
    return tuple(trace.view(_part, layer, what, i * n, n) for i in near)


def whole_part(trace: Trace, layer: str, what: What) -> Part:
    """All maps that a layer gives, or that it reads, or its filters, in one part."""
    values = _exact(trace, layer, what)
    return Part(0, len(values), packed(values))


def _part(trace: Trace, layer: str, what: What, first: int, n: int) -> Part:
    values = _exact(trace, layer, what)[first : first + n]
    return Part(first, len(values), packed(values))


def _exact(trace: Trace, layer: str, what: What) -> FloatArray:
    if what == "weights":
        return trace.network.weights(layer)["weight"]
    return read_by(trace, layer) if what == "reads" else as_maps(trace[layer])


def channel_ranks(trace: Trace, layer: str) -> bytes:
    """Per channel its lowest and highest value, its mean, its share of exact zeros, and, of a pass with a target, its
    gradient × activation: float32 (4 or 5, C), packed by gzip."""
    has_target = trace.target is not None and trace.has_gradient(layer)
    adds = [_adds(trace, trace.network.resolve(layer))] if has_target else []  # first: its pass has the values as well
    found = trace.view(channel_statistics, layer)
    lows, highs = np.array(channel_ranges(trace, layer, range(len(found.mean)), "channel"), np.float32).T
    return packed(np.stack([lows, highs, found.mean, found.zeros, *adds]))


def _adds(trace: Trace, layer: str) -> FloatArray:
    """Of a stage by itself, whose gradient is there; of another layer along with all, which takes another pass."""
    if layer in map(trace.network.resolve, trace.network.stages):
        return trace.view(contribution, layer)
    return trace.view(contributions)[layer]
