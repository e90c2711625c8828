"""Where a channel comes from and where it goes: through normalisations, activations, concatenations and whatever only
rearranges channels, along the network's graph."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from ..filters.weights import kernels
from ..networks.layers import Layer
from ..networks.network import Network
from ..running.lock import work

Unit = tuple[str, int]  # a layer's full name and a channel of it


def sources(network: Network, unit: Unit) -> tuple[Unit, ...] | None:
    """The channels of which a layer that has no kernel makes one of its own: one of each layer that it adds up or
    multiplies, else one alone; none where it reads the picture. None where it makes it of many, or of none that is
    known."""
    layer, channel = network.layers[unit[0]], unit[1]
    if layer.kind == "concatenation":
        return _part_of(network, layer, channel)
    found = []
    for name in layer.inputs:
        order = route(network, name, layer.name)
        if order is None or order[channel] < 0:
            return None
        found.append((name, int(order[channel])))
    return tuple(found)


def targets(network: Network, unit: Unit, reader: str) -> tuple[int, ...] | None:
    """The channels that such a layer makes of the one that it reads; none where that is in no part that it reads. None
    where it mixes it with others."""
    layer = network.layers[reader]
    if layer.kind == "concatenation":
        sizes = [network.layers[name].n_channels for name in layer.inputs]
        if sum(sizes) != layer.n_channels:
            return None
        return (sum(sizes[: layer.inputs.index(unit[0])]) + unit[1],)
    order = route(network, unit[0], reader)
    return None if order is None else tuple(np.flatnonzero(order == unit[1]).tolist())


def maps_read(network: Network, layer: str) -> str | None:
    """The layer whose channels are the inputs of a convolution's or a dense layer's kernels: behind a flattening the
    maps that were flattened. None where it reads the picture, or numbers that are no layer's channels."""
    n_inputs = kernels(network, layer).shape[1] * (network.layers[layer].groups or 1)
    name = next(iter(network.layers[layer].inputs), None)
    while name is not None and network.layers[name].n_channels != n_inputs:
        of = network.layers[name]
        passes = of.kind == "flatten" or of.is_idle
        name = next(iter(of.inputs), None) if passes else None
    return name


@lru_cache(maxsize=4096)
def route(network: Network, source: str, layer: str) -> NDArray[np.int64] | None:
    """Of which channel of `source` a layer that reads it makes each of its own, (C,), -1 where of none of them; None
    where it mixes several.

    A layer that only rearranges (ShuffleNet's groups, a split, a flattening) is given maps whose values are their own
    channels' numbers: what comes out says where each has come from.
    """
    before, after = network.layers[source], network.layers[layer]
    kind = after.traits
    if kind.is_weighted or (kind.group == "joining" and kind.mixes_places):
        return None
    if kind.group in ("normalisation", "activation", "pooling", "joining") or after.is_idle:
        return _alike(before, after)
    if kind.mixes_places:
        return None
    return _by_numbers(network, before, after)


def _alike(before: Layer, after: Layer) -> NDArray[np.int64] | None:
    """The same channels in the same order, or one for all of them, as a gate of one map is."""
    if before.n_channels == after.n_channels:
        return np.arange(after.n_channels)
    return np.zeros(after.n_channels, np.int64) if before.n_channels == 1 else None


def _by_numbers(network: Network, before: Layer, after: Layer) -> NDArray[np.int64] | None:
    shape = before.shape[:-2] if len(before.shape) > 1 else before.shape
    numbers = torch.arange(1, before.n_channels + 1, dtype=torch.float32, device=network.device)  # 0 is padding's
    value = numbers.reshape(1, *shape, *(1 for _ in before.shape[len(shape) :])).expand(1, *before.shape)
    value = value.movedim(1, -1) if before.channels_last else value
    nothing = torch.zeros((), device=network.device)
    others = {name: nothing.expand(1, *_stored(layer)) for name, layer in network.layers.items()}
    side = network.preprocessing.size
    picture = nothing.expand(1, network.preprocessing.n_channels, side, side)
    rest = network.graph.rest([before.name], network.layers, after.name)
    try:
        with work(f"Following the channels of {before.name} of {network.title}"), torch.inference_mode():
            made = after.as_maps(rest.output({before.name: value.contiguous()}, picture, others))[0]
    except RuntimeError:  # it is no rearrangement of these values
        return None
    cells = made.reshape(len(made), -1).cpu().numpy()
    low, high = cells.min(axis=1), cells.max(axis=1)
    is_border = low == 0  # a cell that it has set itself
    low = np.where(is_border, high, low)
    if len(cells) != after.n_channels or (low != high).any() or (high != np.round(high)).any():
        return None
    found: NDArray[np.int64] = high.astype(np.int64) - 1
    return found if found.max(initial=-1) < before.n_channels else None


def _stored(layer: Layer) -> tuple[int, ...]:
    """The shape in which the network itself keeps what a layer gives."""
    return (*layer.shape[1:], layer.shape[0]) if layer.channels_last else layer.shape


def _part_of(network: Network, layer: Layer, channel: int) -> tuple[Unit, ...] | None:
    sizes = [network.layers[name].n_channels for name in layer.inputs]
    if sum(sizes) != layer.n_channels:
        return None
    part = int(np.searchsorted(np.cumsum(sizes), channel, side="right"))
    return ((layer.inputs[part], channel - sum(sizes[:part])),)
