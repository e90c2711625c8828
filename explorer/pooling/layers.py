"""Which layers pool."""

from __future__ import annotations

from ..errors import NoPooling
from ..networks.network import Network
from ..networks.pooling import Pooling
from ..trace import FloatArray, Trace


def pooling_layers(network: Network) -> tuple[str, ...]:
    """The layers that pool maps, by module or by function, in the order of execution: first those that leave maps, then
    those that end them (averages over the whole map)."""
    found = [name for name, layer in network.layers.items() if layer.pooling is not None]
    return tuple(sorted(found, key=lambda name: not network.layers[name].is_spatial))


def first_pooling(network: Network) -> str | None:
    """The first pooling layer whose window slides, else the first of all; None where nothing pools."""
    return next(iter(pooling_layers(network)), None)


def nearest_pooling(network: Network, layer: str) -> str:
    """The layer itself where it pools; else the next one behind it that does, else the last before it. Raises
    UnknownLayer, NoPooling where nothing pools."""
    names, found = list(network.layers), pooling_layers(network)
    at = names.index(network.resolve(layer))
    behind = [name for name in names[at:] if name in found]
    before = [name for name in names[:at] if name in found]
    if not found:
        raise NoPooling(f"{network.name} has no pooling layer.")
    return [*behind, *before[-1:]][0]


def pooling_of(network: Network, layer: str) -> Pooling:
    """What a pooling layer is; raises UnknownLayer, NoPooling."""
    described = network.layer(layer)
    if described.pooling is None:
        others = ", ".join(f"'{name}'" for name in pooling_layers(network)[:6])
        remedy = f"It pools in {others}." if others else "It has no pooling layer."
        raise NoPooling(f"'{described.name}' of {network.name} is {described.kind}, which pools nothing. {remedy}")
    return described.pooling


def maps_after(trace: Trace, pooling: Pooling) -> FloatArray:
    """What the layer gives, (C, H, W); a layer that ends the maps gives maps of one cell."""
    return trace[pooling.layer].reshape(pooling.n_channels, *pooling.after)
