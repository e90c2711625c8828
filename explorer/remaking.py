"""What passes over a picture left, kept while there is room for it, and made again when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch

from .networks.network import Network
from .networks.preparation import Prepared
from .recording import Recording, gradients_behind, turn
from .running.cache import BoundedCache
from .targets import Target

_MOST_ALONE = 3  # layers that a pass is made for alone


@dataclass(frozen=True, eq=False)
class Tensors:
    """Values or gradients by the layers' names, and the bytes that they hold."""

    by_layer: Mapping[str, torch.Tensor]
    n_bytes: int

    @classmethod
    def of(cls, by_layer: Mapping[str, torch.Tensor]) -> Tensors:
        """Weighed once: they do not grow."""
        return cls(by_layer, sum(tensor.nbytes for tensor in by_layer.values()))


@dataclass(frozen=True, eq=False)
class Kept:
    """The values, or the gradients, of a picture's passes: those of all its layers are in `whole`, under `key`, and
    those that are asked for `often` in `parts` beside it, which are small and stay longer."""

    layers: Collection[str]
    often: Collection[str]
    whole: BoundedCache[Tensors]
    parts: BoundedCache[Tensors]
    key: Hashable

    def find(self, layer: str) -> torch.Tensor | None:
        """One layer's, if it is there."""
        for cache in (self.parts, self.whole):
            found = cache.find(self.key)
            if found is not None and layer in found.by_layer:
                return found.by_layer[layer]
        return None

    def find_all(self) -> Mapping[str, torch.Tensor] | None:
        """Every layer's, if they are there."""
        found = self.whole.find(self.key)
        return None if found is None else found.by_layer

    def keep(self, by_layer: Mapping[str, torch.Tensor]) -> None:
        """All of them, where they are all."""
        if by_layer and len(by_layer) == len(self.layers):
            self.whole.put(self.key, Tensors.of(by_layer))

    def keep_apart(self, by_layer: Mapping[str, torch.Tensor], *also: str) -> None:
        """Of these the ones that are asked for often, and `also` some, beside those that are kept already."""
        found = {name: by_layer[name] for name in (*self.often, *also) if name in by_layer}
        before = self.parts.find(self.key)
        if found:
            self.parts.put(self.key, Tensors.of({**found, **({} if before is None else before.by_layer)}))

    @property
    def n_alone(self) -> int:
        """How many are kept apart that are not asked for often."""
        found = self.parts.find(self.key)
        return 0 if found is None else sum(name not in self.often for name in found.by_layer)


@dataclass(frozen=True, eq=False)
class Remade:
    """What a pass left, made again by another one where it has gone: that takes less time than a page does, and many
    pictures' arrays more memory than there is.

    `again` makes the same recording with or without the gradients, and `behind` those at one layer and after it, from
    values that are at hand, where they are. A pass that is made for one layer leaves that one's and those of the often
    asked for: of many pictures' whole passes each would push out another's. From the fourth on it leaves all. `turn` is
    around it, for what it makes: a pass waits for its turn in any case, and another thread's may have made it by then.
    """

    values: Kept
    of_number: Kept  # the gradients of what is explained
    again: Callable[[bool], Recording]
    behind: Callable[[str], Mapping[str, torch.Tensor] | None]
    turn: Callable[[Hashable], AbstractContextManager[None]]

    def value(self, layer: str) -> torch.Tensor:
        """One layer's value."""
        return self._one(self.values, layer)

    def gradient(self, layer: str) -> torch.Tensor:
        """One layer's gradient."""
        return self._one(self.of_number, layer)

    @property
    def activations(self) -> Mapping[str, torch.Tensor]:
        """Every layer's value."""
        return self._all(self.values)

    @property
    def gradients(self) -> Mapping[str, torch.Tensor]:
        """The gradient at every layer that there is one at."""
        return self._all(self.of_number)

    def take(self, recording: Recording, *also: str) -> None:
        """Keep what is asked for often of a pass, and `also` some layers'."""
        self.values.keep_apart(recording.activations, *also)
        self.of_number.keep_apart(recording.gradients, *also)

    def take_all(self, recording: Recording) -> None:
        """Keep all of a pass."""
        self.values.keep(recording.activations)
        self.of_number.keep(recording.gradients)

    def _one(self, kept: Kept, layer: str) -> torch.Tensor:
        found = kept.find(layer)
        if found is not None:
            return found
        with self.turn(kept.key):
            found = kept.find(layer)
            if found is not None:
                return found
            if kept.n_alone >= _MOST_ALONE:
                return self._all(kept)[layer]  # somebody goes through them all
            is_gradient = kept is self.of_number
            behind = self.behind(layer) if is_gradient else None
            if behind is not None:
                kept.keep_apart(behind, layer)
                return behind[layer]
            recording = self.again(is_gradient)
            self.take(recording, layer)
            return (recording.gradients if is_gradient else recording.activations)[layer]

    def _all(self, kept: Kept) -> Mapping[str, torch.Tensor]:
        found = kept.find_all()
        if found is None:
            with self.turn(kept.key):
                found = kept.find_all()
                if found is None:
                    is_gradient = kept is self.of_number
                    recording = self.again(is_gradient)
                    self.take_all(recording)
                    found = recording.gradients if is_gradient else recording.activations
        return found


def remade(
    network: Network, prepared: Prepared, explained: Target | None, moved: Collection[str], values: Kept,
    again: Callable[[bool], Recording],
) -> Remade:  # fmt: skip
    """What a pass over a picture left, with the gradients of what is explained at the layers that are `moved`: all
    that explain something of it share its `values`."""
    picture, _ = cast("tuple[Hashable, str]", values.key)
    gradients = Kept(moved, values.often, values.whole, values.parts, (picture, explained))

    def behind(layer: str) -> Mapping[str, torch.Tensor] | None:
        if explained is None or explained.layer is not None:
            return None
        found = gradients_behind(network, prepared, [explained], layer, values.often, values.find)
        return None if found is None else found[0]

    return Remade(values, gradients, again, behind, partial(turn, network))
