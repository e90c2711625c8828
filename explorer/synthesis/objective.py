"""What a picture is made for: one number of a network, to be as high as it can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from ..errors import BadArgument, BadTarget
from ..networks.network import Network
from ..targets import Target, as_target
from ..trace import Trace, as_maps


@dataclass(frozen=True)
class Objective:
    """A sum of channels of a layer, or of logits, with a weight each.

        Objective.channel("layer4", 17)                  the mean of channel 17 over all its places
        Objective.unit("layer4", 17, 3, 4)               its value in row 3, column 4
        Objective.class_(281)                            the logit of class 281
        Objective.difference(first, second)              the one less the other, both of one layer
        Objective.direction("layer4", weights)           the mean of sum_c w[c] A[c], w of length 1
        Objective.of(network, "layer4:17")               any target, or its text (see `Target`)

    Of a layer that is an activation function, or pools what one gave, the value before the activation counts: see
    `read_from`.
    """

    layer: str | None  # None: the logits
    weights: tuple[tuple[int, float], ...]  # channel or class, and its weight, each once
    place: tuple[int, int] | None = None  # (y, x); without one, the mean over all places

    @classmethod
    def channel(cls, layer: str, channel: int) -> Objective:
        """The mean of a channel over all its places."""
        return cls(layer, ((channel, 1.0),))

    @classmethod
    def unit(cls, layer: str, channel: int, y: int, x: int) -> Objective:
        """The value of a channel at one place."""
        return cls(layer, ((channel, 1.0),), (y, x))

    @classmethod
    def class_(cls, index: int) -> Objective:
        """The logit of a class."""
        return cls(None, ((index, 1.0),))

    @classmethod
    def difference(cls, first: Objective, second: Objective) -> Objective:
        """What makes the one higher and not the other. Raises BadTarget unless both are of one layer and place."""
        if (first.layer, first.place) != (second.layer, second.place):
            raise BadTarget("A difference is of two channels of one layer, or of two classes. Choose both of one.")
        summed = dict(first.weights)
        for index, weight in second.weights:
            summed[index] = summed.get(index, 0.0) - weight
        left = tuple((index, weight) for index, weight in summed.items() if weight)
        if not left:
            raise BadTarget("A channel or class less itself is 0 for every picture. Choose two different ones.")
        return replace(first, weights=left)

    @classmethod
    def direction(cls, layer: str, weights: Sequence[float], place: tuple[int, int] | None = None) -> Objective:
        """How far what a layer gives reaches into a direction, a weight for each channel: w . A for w of length 1.
        Raises BadArgument for weights that are no numbers, or all 0."""
        numbers = [float(weight) for weight in weights]
        length = math.sqrt(math.fsum(weight * weight for weight in numbers))
        if not (math.isfinite(length) and length > 0):
            raise BadArgument("A direction is a finite number for each channel of a layer, and not all of them 0.")
        return cls(layer, tuple((i, weight / length) for i, weight in enumerate(numbers) if weight), place)

    @classmethod
    def of(cls, network: Network, target: int | str | Target) -> Objective:
        """The number that a target means. Raises as `as_target` does."""
        found = as_target(network, target)
        one = cls(found.layer, ((found.index, 1.0),), found.place)
        return one if found.against is None else cls.difference(one, cls.class_(found.against))

    def checked(self, network: Network) -> Objective:
        """Itself, with its layer by its full name. Raises UnknownLayer, BadChannel, BadTarget for what is not there."""
        if not self.weights:
            raise BadTarget("An objective is of one channel or class at least.")
        for index, _ in self.weights:
            found = as_target(network, Target(index, layer=self.layer, place=self.place))
        return replace(self, layer=found.layer)

    @property
    def is_direction(self) -> bool:
        """Whether it is of more channels than one or two."""
        return len(self.weights) > 2

    def read_from(self, network: Network) -> str:
        """The operation whose value counts: the layer's own, or, where an activation function made that, with nothing
        but poolings behind it, the one before the activation.

        Behind a ReLU every value below 0 is 0, and its slope as well: from a picture at which the channel is silent no
        step leads anywhere.
        """
        if self.layer is None:
            return list(network.layers)[-1]
        return before_activation(network, network.resolve(self.layer))

    def values(self, network: Network, given: torch.Tensor) -> torch.Tensor:
        """The weighted sum at every place of what `read_from` gave, (B, H, W); of logits, (B, 1, 1)."""
        if self.layer is None:
            if given.shape[1] == 1:  # of one logit z, class 1 has z and class 0 has -z
                total = sum(weight * (1 if index else -1) for index, weight in self.weights)
                total = total / len(self.weights)  # a difference of the two is ln(p1 / p0), which z is already
                return total * given.reshape(-1, 1, 1)
            maps = given[:, :, None, None]
        else:
            maps = network.layers[self.read_from(network)].as_maps(given)
        (first, weight), *others = self.weights
        if not others:
            return weight * maps[:, first]
        indices = torch.tensor([index for index, _ in self.weights], device=maps.device)
        return torch.einsum(
            "bcyx,c->byx", maps[:, indices], torch.tensor([weight for _, weight in self.weights], device=maps.device)
        )

    def score(self, network: Network, values: torch.Tensor) -> torch.Tensor:
        """The number itself, (B,), of `values`: the mean over places, or the value at its own. On a picture of another
        size than the network's the place is as far from the edges, in shares of the whole, as on one of its own."""
        if self.place is None or self.layer is None:
            return values.mean(dim=(1, 2))
        full = network.layer(self.layer).size or (1, 1)
        y, x = (at * there // whole for at, there, whole in zip(self.place, values.shape[1:], full, strict=True))
        return values[:, y, x]

    def phrase(self, network: Network) -> str:
        """What it is in words, to stand in a sentence."""
        if self.is_direction:
            where = "" if self.place is None else f" in row {self.place[0]}, column {self.place[1]}"
            return f"a direction over {len(self.weights)} channels of {self.layer}{where}"
        parts = [Target(index, layer=self.layer, place=self.place).phrase(network) for index, _ in self.weights]
        if len(parts) == 1:
            return parts[0] if self.weights[0][1] > 0 else f"the opposite of {parts[0]}"
        return f"{parts[0]} less {parts[1]}"


def before_activation(network: Network, name: str) -> str:
    """The operation whose value an activation function took to make a layer's, with poolings of it and what passes on
    alone in between; the layer itself where no such function made it."""
    at, found = name, name
    while True:
        layer = network.layers[at]
        passes = layer.traits.is_activation or layer.pooling is not None or layer.is_idle
        if not passes or len(layer.inputs) != 1:
            return found
        source = network.layers[layer.inputs[0]]
        if source.n_channels != layer.n_channels or not source.has_places:
            return found
        at = source.name
        if layer.traits.is_activation:
            found = at


def direction_of(trace: Trace, layer: str, place: tuple[int, int]) -> Objective:
    """The direction into which a layer's values point at a place of a picture: what the picture has there, as the layer
    sees it (Carter et al. 2019, doi:10.23915/distill.00015, “Activation grid”). Raises UnknownLayer, BadTarget for a
    place that is not there, BadArgument where all of them are 0."""
    described = trace.network.layer(layer)
    as_target(trace.network, Target(0, layer=layer, place=place))
    read = before_activation(trace.network, described.name)
    maps, full = as_maps(trace[read]), described.size or (1, 1)
    y, x = (at * there // whole for at, there, whole in zip(place, maps.shape[1:], full, strict=True))
    return Objective.direction(layer, maps[:, y, x].tolist())
