"""How large the maps of a layer are in a file, which is known before anything is run; and which layers go into it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..errors import TooLarge
from ..networks.network import Network
from ..wording import count, megabytes

MOST_BYTES = 64_000_000  # of all maps in a file: what a browser of a phone still opens
N_LAYERS = 5
_MOST_BY_ITSELF = 6_000_000  # of one layer that nobody asked for


def file_bytes(network: Network, layer: str) -> int:
    """The most bytes that all maps of a layer take in a file: float32 as text, four letters for three bytes. Zeros
    take less."""
    return math.ceil(math.prod(network.layer(layer).shape) * 4 / 3) * 4


def choices(network: Network) -> tuple[str, ...]:
    """The layers that a file may hold, as people name them: the first that adds up, then the stages."""
    return tuple(dict.fromkeys([network.first_layer, *network.stages]))


def default_layers(network: Network) -> tuple[str, ...]:
    """The first layer that adds up, and the last stages with maps, as far as they are not large; of a network without
    maps the stages."""
    named = [name for name in choices(network) if network.layer(name).is_spatial] or list(choices(network))
    small = [name for name in named if file_bytes(network, name) <= _MOST_BY_ITSELF]
    first, rest = small[:1], small[1:]
    return (*first, *rest[-(N_LAYERS - 1) :])


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
