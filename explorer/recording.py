"""One pass of a network as it is recorded: every layer's value and, where a number is explained, its gradients."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from .networks.network import Network, as_array
from .networks.preparation import Prepared
from .running.cache import BoundedCache
from .running.lock import work
from .running.memory import ensure_room
from .targets import Target

FloatArray = NDArray[np.float32]
_MOST_ALONE = 3  # layers that a pass is made for alone


@dataclass(frozen=True, eq=False)
class Recording:
    """What one pass left: its values as torch has them, by the layers' names, and how many seconds it took.

    It `is_changed` where channels were switched on the way.
    """

    seconds: float
    logits: FloatArray
    activations: Mapping[str, torch.Tensor]
    gradients: Mapping[str, torch.Tensor]
    is_changed: bool = False

    def value(self, layer: str) -> torch.Tensor:
        """One layer's value."""
        return self.activations[layer]

    def gradient(self, layer: str) -> torch.Tensor:
        """One layer's gradient."""
        return self.gradients[layer]


@dataclass(frozen=True, eq=False)
class Tensors:
    """Values or gradients by the layers' names, and the bytes that they hold."""

    by_layer: Mapping[str, torch.Tensor]
    n_bytes: int

    @classmethod
    def of(cls, by_layer: Mapping[str, torch.Tensor]) -> Tensors:
        """Weighed once: they do not grow."""
        return cls(by_layer, sum(tensor.nbytes for tensor in by_layer.values()))


class Remade:
    """What a pass left, kept while there is room for it, and made again by another pass when somebody asks: that takes
    less time than a page does, and many pictures' arrays more memory than there is.

    `whole` is where, under keys that begin with `key`, and `parts` where the layers' values and gradients that are
    asked for `often` are kept beside them, which are small and stay longer. `again` makes the same recording with or
    without the gradients. A pass that is made for one layer leaves that one's and those of the often asked for: of many
    pictures' whole passes each would push out another's. From the fourth on it leaves all.
    """

    def __init__(
        self, title: str, first: Recording, whole: BoundedCache[Tensors], parts: BoundedCache[Tensors], key: Hashable,
        again: Callable[[bool], Recording], often: Sequence[str],
    ) -> None:  # fmt: skip
        self._title, self._whole, self._parts, self._key, self._again = title, whole, parts, key, again
        self._often = {
            what: [name for name in often if name in found]
            for what, found in (("values", first.activations), ("gradients", first.gradients))
        }
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
        """The gradients that were there at first."""
        return self._all("gradients")

    def _one(self, what: str, layer: str) -> torch.Tensor:
        found = self._found(what, layer)
        if found is not None:
            return found
        with work(self._title):  # a pass waits for its turn in any case; another thread's may have made it by then
            found = self._found(what, layer)
            if found is not None:
                return found
            part = self._parts.find((self._key, what))
            if part is not None and len(part.by_layer) >= len(self._often[what]) + _MOST_ALONE:
                return self._all(what)[layer]  # somebody goes through them all
            return self._keep_parts(self._again(what == "gradients"), layer)[what][layer]

    def _found(self, what: str, layer: str) -> torch.Tensor | None:
        for cache in (self._parts, self._whole):
            found = cache.find((self._key, what))
            if found is not None and layer in found.by_layer:
                return found.by_layer[layer]
        return None

    def _all(self, what: str) -> Mapping[str, torch.Tensor]:
        found = self._whole.find((self._key, what))
        if found is not None:
            return found.by_layer
        with work(self._title):
            found = self._whole.find((self._key, what))
            return found.by_layer if found is not None else self._keep_whole(self._again(what == "gradients"))[what]

    def _keep_whole(self, recording: Recording) -> dict[str, Mapping[str, torch.Tensor]]:
        made = _by_what(recording)
        for what, by_layer in made.items():
            if by_layer:
                self._whole.put((self._key, what), Tensors.of(by_layer))
        return made

    def _keep_parts(self, recording: Recording, *also: str) -> dict[str, Mapping[str, torch.Tensor]]:
        """Of each the layers that are asked for often and `also` these, beside those that are kept already."""
        made = _by_what(recording)
        for what, by_layer in made.items():
            part = self._parts.find((self._key, what))
            chosen = {name: by_layer[name] for name in (*self._often[what], *also) if name in by_layer}
            if chosen:
                self._parts.put((self._key, what), Tensors.of({**chosen, **({} if part is None else part.by_layer)}))
        return made


def _by_what(recording: Recording) -> dict[str, Mapping[str, torch.Tensor]]:
    return {"values": recording.activations, "gradients": recording.gradients}


def record(
    network: Network, prepared: Prepared, explained: Target | None, with_gradients: bool
) -> tuple[Recording, Target | None]:
    """One pass over what was prepared, and the number whose gradients go with it: unless given, the highest class. The
    one function that executes a network whole. Raises TooLarge."""
    what = f"One recorded pass of {network.title}"
    gradients: dict[str, torch.Tensor] = {}
    # without gradients there is no history to leave behind; but what is explained has parts that go on with some
    with work(what), torch.set_grad_enabled(with_gradients), torch.inference_mode(not with_gradients and not explained):
        ensure_room(network.n_values * (8 if with_gradients else 4), what)  # once its turn has come: others take some
        started = time.perf_counter()
        # The picture itself requires grad; the weights do not, so nothing is kept or computed for them.
        x = prepared.tensor.to(network.device, copy=True).requires_grad_(with_gradients)
        output, values = network.graph.run(x)
        tensors = {name: cast(torch.Tensor, values[name]) for name in network.layers}
        if with_gradients:
            explained = explained or Target(int(output[0].argmax()) if output.shape[1] > 1 else int(output[0, 0] > 0))
            gradients = gradients_of(network, explained, output, tensors)
        seconds = time.perf_counter() - started
    activations = {name: tensor.detach() for name, tensor in tensors.items()} if with_gradients else tensors
    return Recording(seconds, as_array(output)[0], activations, gradients), explained


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
