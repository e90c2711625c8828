"""How large the maps of a layer are in a file, which is known before anything is run; and which layers go into it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..elements.sliding import slides
from ..errors import TooLarge
from ..feature_maps.files import MOST_EXACT
from ..filters.weights import layers_with_kernels
from ..networks.network import Network
from ..networks.pooling import Pooling
from ..pooling.layers import first_pooling, pooling_of
from ..wording import count, megabytes
from .letters import n_letters

MOST_BYTES = 64_000_000  # of all maps in a file: what a browser of a phone still opens
N_LAYERS = 5
_MOST_POOLED = 1 << 20  # numbers that a pooling reads
_ALL_ELSE = 1_800_000  # the way to the answer, evidence, ledger, scripts
_MOST_BY_ITSELF = 6_000_000  # of one layer that nobody asked for


def file_bytes(network: Network, layer: str) -> int:
    """The most bytes that all maps of a layer take in a file: float32 as letters. Zeros take less."""
    return as_text(network.layer(layer).shape)


def summed(network: Network, layer: str) -> str | None:
    """The layer that adds up what a layer gives: itself, or the one before it where only norms and activations stand
    between, so that its channels are the same. None where there is none."""
    known, name = layers_with_kernels(network), network.resolve(layer)
    while name not in known:
        found = network.layers[name]
        if len(found.inputs) != 1 or found.traits.is_weighted or found.pooling is not None:
            return None
        before = network.layers[found.inputs[0]]
        if before.shape != found.shape:
            return None
        name = before.name
    return name


def window_shapes(network: Network, layer: str) -> list[tuple[int, ...]]:
    """What the window of what a layer gives needs besides the layer's own maps: what it reads, its filters, and its
    sums where these are another layer's. Nothing where there is no window."""
    name = summed(network, layer)
    if name is None or not network.layer(name).is_spatial:
        return []
    sums, prepared = network.layer(name), network.preprocessing
    read = network.layers[sums.inputs[0]].shape if sums.inputs else (prepared.n_channels, prepared.size, prepared.size)
    given = [] if name == network.resolve(layer) else [sums.shape]
    return [read, network.weights(name)["weight"].shape, *given]


def has_window(network: Network, layer: str) -> bool:
    """Whether what that needs is few enough numbers."""
    shapes = window_shapes(network, layer)
    return bool(shapes) and max(map(math.prod, shapes)) <= MOST_EXACT


def watched_pooling(network: Network) -> Pooling | None:
    """The first pooling, where its window slides and it does not read too much."""
    name = first_pooling(network)
    pooling = None if name is None else pooling_of(network, name)
    is_small = pooling is not None and pooling.n_channels * math.prod(pooling.before) <= _MOST_POOLED
    return pooling if pooling is not None and is_small and slides(pooling) else None


def total_bytes(network: Network, layers: Sequence[str]) -> int:
    """The most that a file with these layers takes, their windows and all else with them."""
    shapes = [shape for layer in layers if has_window(network, layer) for shape in window_shapes(network, layer)]
    if (pooling := watched_pooling(network)) is not None:
        shapes += [(pooling.n_channels, *pooling.before), (pooling.n_channels, *pooling.after)]
    return _ALL_ELSE + sum(file_bytes(network, layer) for layer in layers) + sum(map(as_text, shapes))


def as_text(shape: Sequence[int]) -> int:
    """The most bytes that numbers take in a file, as float32."""
    return n_letters(4 * math.prod(shape))


def choices(network: Network) -> tuple[str, ...]:
    """The layers that a file may hold, as people name them: the first that adds up, then the stages."""
    return tuple(dict.fromkeys([network.first_layer, *network.stages]))


def default_layers(network: Network) -> tuple[str, ...]:
    """The first layer that adds up and the last stages with maps, as far as they are not large; where there are none,
    the last stages."""
    small = [name for name in choices(network) if file_bytes(network, name) <= _MOST_BY_ITSELF]
    named = [name for name in small if network.layer(name).is_spatial] or small
    return (*named[:1], *named[1:][-(N_LAYERS - 1) :])


def checked_layers(network: Network, layers: Sequence[str] | None) -> tuple[str, ...]:
    """The layers that were asked for, each once. Raises UnknownLayer, and TooLarge where their maps are more than a
    file should hold."""
    if layers is None:
        return default_layers(network)
    found = tuple(dict.fromkeys(layers))
    for name in found:
        network.layer(name)  # raises UnknownLayer
    total = sum(file_bytes(network, name) for name in found)
    if total > MOST_BYTES:
        largest = max(found, key=lambda name: file_bytes(network, name))
        raise TooLarge(
            f"The maps of {', '.join(found)} would take {megabytes(total)} in a file, and {megabytes(MOST_BYTES)} are "
            f"the most; {largest} alone holds {count(math.prod(network.layer(largest).shape))} numbers. "
            f"Leave it out, or choose among {', '.join(_offered(network))}."
        )
    return found


def _offered(network: Network) -> Iterator[str]:
    for name in default_layers(network):
        yield f"{name} ({megabytes(file_bytes(network, name))})"
