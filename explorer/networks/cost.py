"""How long passes of a network take, before any is made."""

from __future__ import annotations

from .network import Network

_AT_ONCE = 3.5e10  # multiply-adds: what takes fewer is there within about a second


def is_quick(network: Network, n_passes: int) -> bool:
    """Whether so many passes forward are there within about a second; a single one is not waited for."""
    return n_passes == 1 or n_passes * sum(layer.n_multiply_adds for layer in network.layers.values()) <= _AT_ONCE
