"""What a network is best compared with, where nobody has said."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..networks.network import Network
from .catalog import CATALOG, SMALL_NETWORK


class Partner(NamedTuple):
    """A network of the catalogue, None for the same one, "Trained" or "Untrained"; `said` is what to call it."""

    network: str | None
    weights: str
    said: str


def partner(network: Network, is_here: Callable[[str], bool]) -> Partner:
    """The same network before it was trained; of an untrained one, the trained one; where weights are missing for that,
    or nobody knows how it began, its neighbour in the family, else the smallest network that is there for everybody.

    `is_here` says of a network of the catalogue whether its trained weights are on this machine.
    """
    info = network.info
    if info is not None and not network.is_random:
        return Partner(None, "Untrained", "the same network before it was trained")
    if info is not None and is_here(info.name):
        return Partner(None, "Trained", "the same network after it was trained")
    family = [] if info is None else [name for name, one in CATALOG.items() if one.family == info.family]
    others = [name for name in family if info is not None and name != info.name]
    if trained := [name for name in others if is_here(name)]:
        return Partner(trained[0], "Trained", CATALOG[trained[0]].title)
    if others and info is not None:
        # in the catalogue they stand by size
        nearest = min(others, key=lambda name: abs(family.index(name) - family.index(info.name)))
        return Partner(nearest, "Untrained", f"{CATALOG[nearest].title}, untrained")
    return Partner(SMALL_NETWORK, "Trained", CATALOG[SMALL_NETWORK].title)
