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

    `kept` is where, under keys that begin with `key`; `again` makes the same recording with or without the gradients.
    Where there was no room for the values of all layers, a pass that is made for one leaves that one's and those of the
    `often` asked for: of many pictures' whole passes each would push out another's. From the fourth on it leaves all.
    """

    def __init__(
        self, first: Recording, kept: BoundedCache[Tensors], key: Hashable, again: Callable[[bool], Recording],
        often: Sequence[str],
    ) -> None:  # fmt: skip
        self._kept, self._key, self._again, self._often = kept, key, again, often
        self._keep(first)

    def value(self, layer: str) -> torch.Tensor:
        """One layer's value."""
        for part in ("values", "some"):
            found = self._kept.find((self._key, part))
            if found is not None and layer in found.by_layer:
                return found.by_layer[layer]
        some = self._kept.find((self._key, "some"))
        before = {} if some is None else some.by_layer
        if len(before) >= len(self._often) + _MOST_ALONE:  # somebody goes through them all
            return self.activations[layer]
        made = self._again(False).activations
        self._kept.put(
            (self._key, "some"), Tensors.of({**before, **{name: made[name] for name in (*self._often, layer)}})
        )
        return made[layer]

    @property
    def activations(self) -> Mapping[str, torch.Tensor]:
        """Every layer's value."""
        return self._kept.get((self._key, "values"), lambda: Tensors.of(self._again(False).activations)).by_layer

    @property
    def gradients(self) -> Mapping[str, torch.Tensor]:
        """The gradients that were there at first."""
        return self._kept.get((self._key, "gradients"), lambda: self._keep(self._again(True))).by_layer

    def _keep(self, recording: Recording) -> Tensors:
        """Keep the values; what is returned are the gradients, which are kept as well where there are any."""
        self._kept.get((self._key, "values"), lambda: Tensors.of(recording.activations))
        gradients = Tensors.of(recording.gradients)
        if gradients.by_layer:
            self._kept.put((self._key, "gradients"), gradients)
        return gradients


def record(
    network: Network, prepared: Prepared, explained: Target | None, with_gradients: bool
) -> tuple[Recording, Target | None]:
    """One pass over what was prepared, and the number whose gradients go with it: unless given, the highest class. The
    one function that executes a network whole. Raises TooLarge."""
    what = f"One recorded pass of {network.title}"
    ensure_room(network.n_values * (8 if with_gradients else 4), what)
    gradients: dict[str, torch.Tensor] = {}
    # without gradients there is no history to leave behind; but what is explained has parts that go on with some
    with work(what), torch.set_grad_enabled(with_gradients), torch.inference_mode(not with_gradients and not explained):
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
