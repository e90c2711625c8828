"""One pass of a network as it is recorded: every layer's value and, where a number is explained, its gradients."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray

from .networks.cost import is_short
from .networks.network import Network, as_array
from .networks.preparation import Prepared
from .running.alone import alone
from .running.cache import BoundedCache
from .running.lock import work
from .running.memory import ensure_room
from .targets import Target

FloatArray = NDArray[np.float32]
What = Literal["values", "gradients"]
_MOST_ALONE = 3  # layers that a pass is made for alone


@dataclass(frozen=True, eq=False)
class Recording:
    """What one pass left: its values as torch has them, by the layers' names, and how many seconds it took.

    `moved` are the layers that there is a gradient at, None where `gradients` has all of them. It `is_changed` where
    channels were switched on the way.
    """

    seconds: float
    logits: FloatArray
    activations: Mapping[str, torch.Tensor]
    gradients: Mapping[str, torch.Tensor]
    is_changed: bool = False
    moved: frozenset[str] | None = None

    @property
    def at(self) -> frozenset[str]:
        """The layers that there is a gradient at."""
        return frozenset(self.gradients) if self.moved is None else self.moved

    def value(self, layer: str) -> torch.Tensor:
        """One layer's value."""
        return self.activations[layer]

    def gradient(self, layer: str) -> torch.Tensor:
        """One layer's gradient."""
        return self.gradients[layer]


@dataclass(frozen=True, eq=False)
class Tensors:
    """Values and gradients by the layers' names, and the bytes that they hold."""

    values: Mapping[str, torch.Tensor]
    gradients: Mapping[str, torch.Tensor]
    n_bytes: int

    @classmethod
    def of(cls, values: Mapping[str, torch.Tensor], gradients: Mapping[str, torch.Tensor]) -> Tensors:
        """Weighed once: they do not grow."""
        return cls(values, gradients, sum(tensor.nbytes for tensor in (*values.values(), *gradients.values())))

    def by_layer(self, what: What) -> Mapping[str, torch.Tensor]:
        """The ones or the others."""
        return self.values if what == "values" else self.gradients


class Remade:
    """What a pass left, kept while there is room for it, and made again by another pass when somebody asks: that takes
    less time than a page does, and many pictures' arrays more memory than there is.

    `whole` is where, under `key`, and `parts` where the layers that are asked for `often` are kept beside it, which are
    small and stay longer. `again` makes the same recording with or without the gradients. A pass that is made for one
    layer leaves that one's and those of the often asked for: of many pictures' whole passes each would push out
    another's. From the fourth on it leaves all.
    """

    def __init__(
        self, title: str, first: Recording, whole: BoundedCache[Tensors], parts: BoundedCache[Tensors], key: Hashable,
        again: Callable[[bool], Recording], often: Sequence[str],
    ) -> None:  # fmt: skip
        self._title, self._whole, self._parts, self._key, self._again = title, whole, parts, key, again
        self._often = often
        self._n = {"values": len(first.activations), "gradients": len(first.at)}
        self._keep_whole(first)
        self._keep_parts(first)

    def value(self, layer: str) -> torch.Tensor:
        """One layer's value."""
        return self._one("values", layer)

    def gradient(self, layer: str) -> torch.Tensor:
        """One layer's gradient."""
        return self._one("gradients", layer)

    @property
    def activations(self) -> Mapping[str, torch.Tensor]:
        """Every layer's value."""
        return self._all("values")

    @property
    def gradients(self) -> Mapping[str, torch.Tensor]:
        """The gradient at every layer that there is one at."""
        return self._all("gradients")

    def _one(self, what: What, layer: str) -> torch.Tensor:
        found = self._found(what, layer)
        if found is not None:
            return found
        with work(self._title):  # a pass waits for its turn in any case; another thread's may have made it by then
            found = self._found(what, layer)
            if found is not None:
                return found
            part = self._parts.find(self._key)
            if part is not None and len(part.by_layer(what)) >= len(self._often) + _MOST_ALONE:
                return self._all(what)[layer]  # somebody goes through them all
            return self._keep_parts(self._again(what == "gradients"), layer).by_layer(what)[layer]

    def _found(self, what: What, layer: str) -> torch.Tensor | None:
        for cache in (self._parts, self._whole):
            found = cache.find(self._key)
            if found is not None and layer in found.by_layer(what):
                return found.by_layer(what)[layer]
        return None

    def _all(self, what: What) -> Mapping[str, torch.Tensor]:
        found = self._found_whole(what)
        if found is None:
            with work(self._title):
                found = self._found_whole(what)
                if found is None:
                    found = self._keep_whole(self._again(what == "gradients")).by_layer(what)
        return found

    def _found_whole(self, what: What) -> Mapping[str, torch.Tensor] | None:
        kept = self._whole.find(self._key)
        return None if kept is None or len(kept.by_layer(what)) < self._n[what] else kept.by_layer(what)

    def _keep_whole(self, recording: Recording) -> Tensors:
        made = Tensors.of(recording.activations, recording.gradients)
        self._whole.put(self._key, made)
        return made

    def _keep_parts(self, recording: Recording, *also: str) -> Tensors:
        """Of each the layers that are asked for often and `also` these, beside those that are kept already; returns
        these."""
        before = self._parts.find(self._key) or Tensors.of({}, {})
        names = (*self._often, *also)
        kept = Tensors.of(
            {**{name: recording.activations[name] for name in names}, **before.values},
            {**{name: recording.gradients[name] for name in names if name in recording.gradients}, **before.gradients},
        )
        self._parts.put(self._key, kept)
        return kept


def record(
    network: Network, prepared: Prepared, explained: Target | None, with_gradients: bool,
    at: Collection[str] | None = None,
) -> tuple[Recording, Target | None]:  # fmt: skip
    """One pass over what was prepared, and the number whose gradients go with it: unless given, the highest class;
    those of a class at some layers alone, where it says `at` which. The one function that executes a network whole.
    Raises TooLarge."""
    what = f"One recorded pass of {network.title}"
    is_alone = is_short(network)
    with work(what, is_beside=is_alone and network.device.type == "cpu"):
        ensure_room(network.n_values * (8 if with_gradients else 4), what)  # once its turn has come: others take some
        made = partial(_record, network, prepared, explained, with_gradients, at)
        return alone(made) if is_alone else made()


def _record(
    network: Network, prepared: Prepared, explained: Target | None, with_gradients: bool, at: Collection[str] | None
) -> tuple[Recording, Target | None]:
    gradients: dict[str, torch.Tensor] = {}
    moved: frozenset[str] | None = None
    # without gradients there is no history to leave behind; but what is explained has parts that go on with some
    with torch.set_grad_enabled(with_gradients), torch.inference_mode(not with_gradients and not explained):
        started = time.perf_counter()
        # The picture itself requires grad; the weights do not, so nothing is kept or computed for them.
        x = prepared.tensor.to(network.device, copy=True).requires_grad_(with_gradients)
        output, values = network.graph.run(x)
        tensors = {name: cast(torch.Tensor, values[name]) for name in network.layers}
        if with_gradients:
            explained = explained or Target(int(output[0].argmax()) if output.shape[1] > 1 else int(output[0, 0] > 0))
            asked = tensors
            if at is not None and explained.layer is None:
                asked = {name: tensors[name] for name in at}
                moved = frozenset(name for name, tensor in tensors.items() if tensor.requires_grad)
            gradients = gradients_of(network, explained, output, asked)
        seconds = time.perf_counter() - started
    activations = {name: tensor.detach() for name, tensor in tensors.items()} if with_gradients else tensors
    return Recording(seconds, as_array(output)[0], activations, gradients, moved=moved), explained


def gradients_of(
    network: Network, target: Target, output: torch.Tensor, values: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The gradient of the target at each of the values that it depends on. Call within `work`.

    A class depends on every layer that the picture reaches, if only by a gradient of 0; a channel or a unit on those
    before it.
    """
    value = output if target.layer is None else values.get(network.resolve(target.layer))
    if value is None or not value.requires_grad:  # it lies before all of them
        return {}
    moved = {name: tensor for name, tensor in values.items() if tensor.requires_grad}  # the others are made of weights
    found = torch.autograd.grad(
        target.score(network, value)[0], list(moved.values()), allow_unused=True,
        materialize_grads=target.layer is None,
    )  # fmt: skip
    return {name: gradient for name, gradient in zip(moved, found, strict=True) if gradient is not None}
