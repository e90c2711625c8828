"""What of one network is what of another: layers by depth, classes by name."""

from __future__ import annotations

import re

from ..architecture.hierarchy import stage_of
from ..networks.network import Network


def counterpart(network: Network, layer: str, other: Network) -> str | None:
    """The layer of another network that is as deep. Where both are of the same layers, the one of that name.

    Else a stage: of those that end in maps where the layer has some, of those that end in rows of numbers where it has
    none, the one that lies as far between the first and the last of its kind. None where the other has none of its
    kind. Raises UnknownLayer.
    """
    asked = network.layer(layer)
    if list(network.layers) == list(other.layers):
        return layer
    kinds = [[s for s in one.stages if one.layer(s).is_spatial == asked.is_spatial] for one in (network, other)]
    own, others = kinds
    if not others:
        return None
    at = network.stages[stage_of(network, layer)]
    if at not in own:  # the layer stands in a stage that ends in the other kind: the nearest of its own
        depth = stage_of(network, layer)
        at = min(own, key=lambda stage: abs(network.stages.index(stage) - depth), default="")
    place = own.index(at) / max(1, len(own) - 1) if at else 0.0
    return others[round(place * (len(others) - 1))]


def same_class(network: Network, index: int, other: Network) -> int | None:
    """The class of another network that means what this one does: the one of the same name, whatever its case; else the
    only one whose name is made of some of the words, or has all of them and more: "cat" for "tiger cat". None where
    there is no such class or several."""
    name = _words(network.categories[index])
    names = [_words(category) for category in other.categories]
    for is_same in (lambda one: one == name, lambda one: set(one) <= set(name) or set(name) <= set(one)):
        found = [i for i, one in enumerate(names) if one and is_same(one)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _words(category: str) -> list[str]:
    return re.findall(r"\w+", category.lower())
