"""A network, a picture, and the passes that sentences are made of."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

import explorer
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.targets import Target
from explorer.trace import Trace

from .said import softmax


class Case:
    """A network on one picture, explained for its top class, for the least likely one, and for other numbers.

    Unless `is_small`, only what takes a second or two is compared.
    """

    def __init__(self, network: Network, image: ImageInput) -> None:
        self.network, self.image = network, image
        self.is_small = network.preprocessing.size <= 160
        self._traces: dict[Target, Trace] = {}
        self.kept: dict[object, Any] = {}  # what is dear, and compared more than once

    def trace(self, target: Target) -> Trace:
        if target not in self._traces:
            self._traces[target] = explorer.run(self.network, self.image, target)
        return self._traces[target]

    @cached_property
    def logits(self) -> list[float]:
        """Of each class, from a pass that explains nothing."""
        z = [float(one) for one in explorer.run(self.network, self.image).logits]
        return z if len(z) > 1 else [-z[0], z[0]]

    @cached_property
    def probabilities(self) -> list[float]:
        return softmax(self.logits if len(self.logits) > 2 else self.logits[1:])

    @cached_property
    def order(self) -> list[int]:
        """All classes, the likeliest first."""
        return sorted(range(len(self.logits)), key=lambda i: (-self.logits[i], i))

    @property
    def best(self) -> int:
        return self.order[0]

    @property
    def worst(self) -> int:
        """The least likely class, whose logit is negative in the networks here."""
        return self.order[-1]

    @property
    def top(self) -> Trace:
        return self.trace(Target(self.best))

    @property
    def least(self) -> Trace:
        return self.trace(Target(self.worst))

    @cached_property
    def loudest(self) -> tuple[str, int]:
        """The layer of the usual map, or the first one of a network without maps, and its channel with the highest
        mean."""
        layer = self.network.cam_layer if self.network.has_maps else next(iter(self.network.layers))
        if not self.network.has_maps:
            layer = next(name for name, one in self.network.layers.items() if one.kind == "dense")
        values = self.top[layer]
        layer = self.network.resolve(layer)
        return layer, int(np.argmax(values.reshape(len(values), -1).mean(axis=1)))

    @cached_property
    def targets(self) -> list[Target]:
        """The top class, the least likely one, a class and not another, a channel."""
        layer, channel = self.loudest
        classes = [Target(self.best), Target(self.worst), Target(self.order[1], against=self.best)]
        return [*classes, Target(channel, layer=layer)]

    def category(self, index: int) -> str:
        return self.network.categories[index]

    def source(self, layer: str) -> np.ndarray:
        """What a layer reads, (C, H, W) or (K,), as the pass recorded it."""
        inputs = self.network.layer(layer).inputs
        return self.top[inputs[0]] if inputs else self.top.prepared.tensor[0].numpy()


def phrase_of(case: Case, target: Target) -> str:
    """A target as a heading names it."""
    if target.layer is not None:
        n = case.top[target.layer].size
        return (
            f"number {target.index} of {target.layer}"
            if case.top[target.layer].ndim == 1 and n
            else f"the mean of channel {target.index} of {target.layer}"
        )
    first = f"“{case.category(target.index)}”"
    return first if target.against is None else f"{first} and not “{case.category(target.against)}”"


_SEEN: WeakKeyDictionary[Network, dict[tuple[int, str, int, int], tuple[int, int]]] = WeakKeyDictionary()


def field_of(network: Network, layer: str, cell: int, axis: int) -> tuple[int, int]:
    """The first and the last pixel that a cell of a layer can see along an axis, followed back window by window."""
    seen = _SEEN.setdefault(network, {})

    def back(name: str, low: int, high: int) -> tuple[int, int]:
        key = (axis, name, low, high)
        if key not in seen:
            window = network.layers[name].window
            begin, end = low, high
            if window is not None:
                step, padding = window.stride[axis], window.padding[axis]
                begin = low * step - padding
                end = high * step - padding + (window.kernel[axis] - 1) * window.dilation[axis]
            found = [back(source, begin, end) for source in network.layers[name].inputs] or [(begin, end)]
            seen[key] = min(one[0] for one in found), max(one[1] for one in found)
        return seen[key]

    return back(network.resolve(layer), cell, cell)


def centres(network: Network, layer: str) -> list[np.ndarray]:
    """Where the cells of a layer's maps lie, down and across, from 0, one edge of what is received, to 1: evenly where
    they tile it, else in the middle of what each sees."""
    side, found = network.preprocessing.size, []
    for axis, n in enumerate(network.layer(layer).size):
        first, second, last = (sum(field_of(network, layer, i, axis)) / 2 for i in (0, min(1, n - 1), n - 1))
        step = second - first if n > 1 else side
        assert last == first + (n - 1) * step
        even = (np.arange(n) + 0.5) / n
        found.append(even if n * step >= side else (first + np.arange(n) * step + 0.5) / side)
    return found


def where(values: np.ndarray, middles: list[np.ndarray]) -> str | None:
    """In which direction from the middle a map's mass lies, cell by cell; None where it is a matter of rounding."""
    mass = values.astype(np.float64)
    y, x = float((mass * middles[0][:, None]).sum() / mass.sum()), float((mass * middles[1]).sum() / mass.sum())
    if min(abs(at - edge) for at in (y, x) for edge in (0.4, 0.6)) < 1e-6:
        return None
    down = "above" if y < 0.4 else "below" if y >= 0.6 else ""
    across = "left of" if x < 0.4 else "right of" if x >= 0.6 else ""
    return f"{' and '.join(one for one in (down, across) if one) or 'at'} the centre"
