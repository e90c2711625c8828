"""What is explained: one number that a network works out from a picture."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch

from .errors import BadChannel, BadTarget
from .networks.layers import Layer
from .networks.network import Network
from .wording import described, quoted


@dataclass(frozen=True)
class Target:
    """One number of a network, to be explained.

        Target(281)                                 the logit of class 281
        Target(281, against=282)                    the same less the logit of class 282: why the one and not the other.
                                                    In any case ln(p281 / p282)
        Target(17, layer="layer4")                  the mean of channel 17 of layer4
        Target(17, layer="layer4", place=(3, 4))    its value in row 3, column 4

    Written as text, for `parse_target`: "281" or a class's name, "281-282", "layer4:17", "layer4:17:3:4".
    """

    index: int  # of a class, or of a channel where there is a layer
    against: int | None = None
    layer: str | None = None
    place: tuple[int, int] | None = None  # (y, x); where there is none, a channel counts by its mean

    @property
    def is_class(self) -> bool:
        """Whether it is the logit of one class."""
        return self.layer is None and self.against is None

    def __str__(self) -> str:
        if self.layer is not None:
            return ":".join(map(str, (self.layer, self.index, *(self.place or ()))))
        return str(self.index) if self.against is None else f"{self.index}-{self.against}"

    def phrase(self, network: Network) -> str:
        """What it is in words, to stand in a sentence."""
        if self.layer is None:
            first = f"the logit of “{network.categories[self.index]}”"
            if self.against is not None and list(network.layers.values())[-1].shape == (1,):
                return (
                    f"the log odds of “{network.categories[self.index]}” against “{network.categories[self.against]}”"
                )
            return first if self.against is None else f"{first} less that of “{network.categories[self.against]}”"
        if not network.layer(self.layer).size:
            return f"number {self.index} of {self.layer}"
        channel = f"channel {self.index} of {self.layer}"
        return (
            f"the mean of {channel}"
            if self.place is None
            else f"{channel} in row {self.place[0]}, column {self.place[1]}"
        )

    def read_from(self, network: Network) -> str:
        """The operation whose value it is read from: its layer, or the network's last one."""
        return list(network.layers)[-1] if self.layer is None else network.resolve(self.layer)

    def score(self, network: Network, value: torch.Tensor) -> torch.Tensor:
        """The number itself, (B,), in what the operation that it is read from gave for a batch of B."""
        if self.layer is None:
            score = _logit(value, self.index)
            return score if self.against is None or value.shape[1] == 1 else score - _logit(value, self.against)
        channel = network.layer(self.layer).as_maps(value)[:, self.index]
        return channel.mean(dim=(1, 2)) if self.place is None else channel[:, self.place[0], self.place[1]]


def _logit(output: torch.Tensor, index: int) -> torch.Tensor:
    """Of a single logit z, the second class has z and the first -z: each the logarithm of its odds, ln(p / (1 - p)).
    Against the other class it has the same, since that has the rest of the probability."""
    return output[:, index] if output.shape[1] > 1 else output[:, 0] * (1 if index else -1)


def as_target(network: Network, target: int | str | Target) -> Target:
    """The target with its layer by its full name: a class by its number, anything in the words of `parse_target`, or a
    Target. Raises BadTarget, UnknownLayer, BadChannel where there is none."""
    if isinstance(target, str):
        return parse_target(network, target)
    target = target if isinstance(target, Target) else Target(_whole(target))
    for number in (target.index, target.against, *_pair(target.place)):
        if number is not None:
            _whole(number)
    return _class_target(network, target) if target.layer is None else _unit_target(network, target, target.layer)


def _class_target(network: Network, target: Target) -> Target:
    if network.no_classes:
        raise BadTarget(network.no_classes)
    for index in (target.index, target.against):
        if index is not None and not 0 <= index < len(network.categories):
            raise BadTarget(
                f"{network.name} has no class {index}; its classes are 0 to {len(network.categories) - 1}. "
                f"See network.categories for their names."
            )
    if target.index == target.against:
        raise BadTarget(f"Class {target.index} less itself is 0 for every picture. Choose two different classes.")
    return target


def _unit_target(network: Network, target: Target, name: str) -> Target:
    layer = network.layer(name)
    if not 0 <= target.index < layer.n_channels:
        raise BadChannel(f"{layer.name} has no channel {target.index}; its channels are 0 to {layer.n_channels - 1}.")
    if target.place is not None:
        _check_place(layer, target.place)
    return replace(target, layer=layer.name)


def class_index(network: Network, target: int | str) -> int:
    """The index of the one class that is meant, by its number or name. Raises BadTarget."""
    found = as_target(network, target)
    if not found.is_class:
        raise BadTarget(f"'{found}' is not one class. Give a class by its number or name.")
    return found.index


def _whole(number: object) -> int:
    """A whole number of any library; a truth value is none."""
    try:
        if not isinstance(number, bool):
            return operator.index(number)  # type: ignore[arg-type]  # that is what is tried
    except TypeError:
        pass
    raise BadTarget(
        f"{described(number)} is no target. Give a class by its number or name (281, 'tabby'), 'top', or an "
        "explorer.Target."
    )


def _pair(place: object) -> tuple[object, ...]:
    """The two numbers of a place; none where there is no place."""
    if place is None:
        return ()
    if not isinstance(place, Sequence) or isinstance(place, str) or len(place) != 2:
        raise BadTarget(f"A place is a row and a column, such as (3, 4), not {described(place)}.")
    return tuple(place)


def _check_place(layer: Layer, place: tuple[int, int]) -> None:
    height, width = layer.shape[-2:] if len(layer.shape) > 1 else (1, 1)
    if not (0 <= place[0] < height and 0 <= place[1] < width):
        raise BadTarget(
            f"{layer.name} has no place ({place[0]}, {place[1]}); its rows are 0 to {height - 1}, its columns 0 to "
            f"{width - 1}."
        )


def parse_target(network: Network, text: str) -> Target:
    """The target that a text means: a class by its number or name ("281", "tabby"), one class and not another
    ("281-282", "tabby - tiger cat"), a channel ("layer4:17") or one value of it ("layer4:17:3:4"). Where a class is
    called as a number is written, the class of that name is meant.

    Raises BadTarget, UnknownLayer, BadChannel.
    """
    text = text.strip()
    if text in network.categories:
        return Target(network.category_index(text))
    if ":" in text:
        return _parse_unit(network, text)
    for at, sign in enumerate(text):
        first, second = text[:at].strip(), text[at + 1 :].strip()
        if sign == "-" and _is_class(network, first) and _is_class(network, second):
            return as_target(network, Target(network.category_index(first), against=network.category_index(second)))
    return as_target(network, network.category_index(text))


def is_top(target: object) -> bool:
    """Whether the class with the highest score is meant, whichever it is."""
    return isinstance(target, str) and target == "top"


def _is_class(network: Network, text: str) -> bool:
    return _is_number(text) or text in network.categories


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 10  # more than any layer has, and no more than an int is read from


def _parse_unit(network: Network, text: str) -> Target:
    layer, *numbers = text.split(":")
    if len(numbers) not in (1, 3) or not all(_is_number(number) for number in numbers):
        raise BadTarget(
            f"{quoted(text)} is no target. Write a class (281), two (281-282), a channel (layer4:17) or one value of "
            "it, with row and column (layer4:17:3:4)."
        )
    channel, *place = map(int, numbers)
    return as_target(network, Target(channel, layer=layer, place=(place[0], place[1]) if place else None))


def depends_on(network: Network, target: Target, layer: str) -> bool:
    """Whether the target is worked out from what the layer gives; on itself a layer depends too."""
    pending, seen = [target.read_from(network)], set[str]()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += network.layers[name].inputs
    return network.resolve(layer) in seen


def default_layer(network: Network, target: Target) -> str:
    """Where a map is drawn for the target unless another layer is asked for: `network.cam_layer` for a class, and for
    a channel the last block with maps before it, or its own layer where there is none. Raises NotSpatial."""
    if target.layer is None:
        return network.cam_layer
    names = list(network.layers)
    end = names.index(network.resolve(target.layer))
    before = [
        stage
        for stage in network.stages
        if network.layer(stage).is_spatial
        and names.index(network.resolve(stage)) < end
        and depends_on(network, target, stage)
    ]
    return before[-1] if before else target.layer


def class_names(network: Network) -> list[str]:
    """The categories, told apart where two share a name (ImageNet has two cranes)."""
    return list(_told_apart(network.categories))


@lru_cache(maxsize=16)
def _told_apart(categories: tuple[str, ...]) -> tuple[str, ...]:
    counts = Counter(categories)
    return tuple(name if counts[name] == 1 else f"{name} ({i})" for i, name in enumerate(categories))
