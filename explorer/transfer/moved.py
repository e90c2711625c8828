"""What fine-tuning has changed: how far each layer's weights moved, first-layer kernels and late maps before and
after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import Unsuited
from ..networks.network import Network
from ..networks.preparation import COLOURS
from ..pictures.image import ImageInput
from ..trace import FloatArray, as_maps, run
from ..wording import number
from .learned import Learned

_MOST_LAYERS = 16  # of which each has a row of its own
_SMALL = 1e-3


@dataclass(frozen=True, eq=False)
class Moved:
    """How far the weights of convolutions and dense layers moved: for each of `names`, layers or stages of them,
    |after - before| / |before|, the lengths of all weights and biases as one vector; 0 where none was trained."""

    names: tuple[str, ...]
    is_of_stages: bool
    shares: NDArray[np.float64]

    @property
    def unit(self) -> tuple[float, str]:
        """In what parts of a whole they are told, and what that is called: percent, or millionths where all are
        small."""
        return (100.0, "%") if self.shares.max(initial=0) >= _SMALL else (1e6, "ppm")

    def phrase(self, i: int) -> str:
        """How far the one moved, as a number with its unit."""
        parts, name = self.unit
        return f"{number(parts * float(self.shares[i]))}\u00a0{name}"


def moved(found: Learned) -> Moved:
    """How far fine-tuning has moved the weights, by layers; by stages where there are more than 16. Raises Unsuited
    where nothing but a head was trained."""
    before, after = _both(found)
    layers = [name for name, layer in before.layers.items() if layer.traits.is_weighted and before.weights(name)]
    is_of_stages = len(layers) > _MOST_LAYERS
    groups = _by_stage(before, layers) if is_of_stages else {name: [name] for name in layers}
    shares = [_share(before, after, part) for part in groups.values()]
    return Moved(tuple(groups), is_of_stages, np.array(shares))


def _both(found: Learned) -> tuple[Network, Network]:
    if found.frozen is None:
        raise Unsuited("Nothing but the head was trained. Train the last block or all layers to see what they become.")
    return found.frozen, found.network


def _by_stage(network: Network, layers: Sequence[str]) -> dict[str, list[str]]:
    """Each stage with the layers from the end of the one before to its own."""
    order = list(network.layers)
    ends = [order.index(network.resolve(stage)) for stage in network.stages]
    groups: dict[str, list[str]] = {stage: [] for stage in network.stages}
    for name in layers:
        at = next((i for i, end in enumerate(ends) if order.index(name) <= end), len(ends) - 1)
        groups[network.stages[at]].append(name)
    return {stage: part for stage, part in groups.items() if part}


def _share(before: Network, after: Network, layers: Sequence[str]) -> float:
    change, whole = 0.0, 0.0
    for name in layers:
        first, second = before.weights(name), after.weights(name)
        for key in first:
            change += float(((second[key].astype(np.float64) - first[key]) ** 2).sum())
            whole += float((first[key].astype(np.float64) ** 2).sum())
    return float(np.sqrt(change / whole)) if whole else 0.0


@dataclass(frozen=True, eq=False)
class Pairs:
    """Some of many before and after, those that changed most first: `before` and `after` (n, ...), which they are, and
    by what share of its own length each changed."""

    which: tuple[int, ...]
    before: FloatArray
    after: FloatArray
    shares: NDArray[np.float64]


def kernels_moved(found: Learned, n: int = 12) -> Pairs:
    """Kernels of the first layer that has some: (n, C, kH, kW), red first where it reads colours. Raises Unsuited."""
    before, after = _both(found)
    if before.layers[before.first_layer].kind != "convolution":
        raise Unsuited(f"{before.title} has no convolution, and no kernels to compare.")
    first, second = (network.weights(before.first_layer)["weight"] for network in (before, after))
    inputs = before.preprocessing.inputs
    if first.shape[1] == len(inputs) == len(COLOURS) and {*COLOURS} == {*inputs}:
        order = [inputs.index(colour) for colour in COLOURS]
        first, second = first[:, order], second[:, order]
    return _most(first, second, n)


def maps_moved(found: Learned, image: ImageInput, layer: str, n: int = 12) -> Pairs:
    """A layer's maps of a picture, (n, H, W). Raises Unsuited, NotSpatial."""
    first, second = (as_maps(run(network, image)[network.spatial_layer(layer).name]) for network in _both(found))
    return _most(first, second, n)


def _most(first: FloatArray, second: FloatArray, n: int) -> Pairs:
    rows = first.reshape(len(first), -1).astype(np.float64), second.reshape(len(second), -1).astype(np.float64)
    changes, whole = np.linalg.norm(rows[1] - rows[0], axis=1), np.linalg.norm(rows[0], axis=1)
    which = np.argsort(-changes, kind="stable")[:n]
    shares = changes[which] / np.where(whole[which] > 0, whole[which], 1)
    return Pairs(tuple(which.tolist()), first[which], second[which], shares)
