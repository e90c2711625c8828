"""How long passes of a network take, and how many go at once, before any is made."""

from __future__ import annotations

import math

from ..running.budget import batch_size
from .network import Network

_AT_ONCE = 3.5e10  # multiply-adds: what takes fewer is there within about a second
_SHORT = 1e9  # multiply-adds: those of what takes fewer are not there sooner on several cores
_MOST_AT_ONCE = 8  # more are no faster a picture, and whoever waits sees and cancels less often


def is_quick(network: Network, n_passes: int) -> bool:
    """Whether so many passes forward are there within about a second; a single one is not waited for."""
    return n_passes == 1 or n_passes * _n_multiply_adds(network) <= _AT_ONCE


def is_short(network: Network) -> bool:
    """Whether a pass of one picture does so little that one core has it as soon as several."""
    return _n_multiply_adds(network) <= _SHORT


def _n_multiply_adds(network: Network) -> int:
    return sum(layer.n_multiply_adds for layer in network.layers.values())


def n_held(network: Network) -> int:
    """How many numbers a pass of one picture holds at once, at the most, where nothing is kept for a way back."""
    sizes = {name: math.prod(layer.shape) for name, layer in network.layers.items()}
    return network.graph.rest([next(iter(network.layers))], network.layers).n_held(sizes)


def pictures_at_once(network: Network, what: str, n_kept: int = 0) -> int:
    """How many pictures a batch has, where each keeps `n_kept` numbers besides for a way back. Raises TooLarge, which
    says `what` it is of."""
    return min(_MOST_AT_ONCE, batch_size(4 * (n_held(network) + n_kept), what))
