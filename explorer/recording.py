"""One pass of a network as it is recorded: every layer's value and, where a number is explained, its gradients."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
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
from .running.lock import work
from .running.memory import ensure_room
from .targets import Target

FloatArray = NDArray[np.float32]
Explained = Target | Literal["top"] | None  # the highest class, whichever it is


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


def turn(network: Network, of: Hashable) -> AbstractContextManager[None]:
    """Around a pass of the network, or a part of one, which is the making `of` something: beside others' where each
    takes one core. Raises TooLarge."""
    return work(_title(network), of if is_short(network) and network.device.type == "cpu" else None)


def _title(network: Network) -> str:
    return f"One recorded pass of {network.title}"


def record(
    network: Network, prepared: Prepared, explained: Explained, with_gradients: bool,
    at: Collection[str] | None = None,
) -> tuple[Recording, Target | None]:  # fmt: skip
    """One pass over what was prepared, and the number that is explained: "top" is the highest class. Its gradients go
    with it, those of a class at some layers alone where it says `at` which; or else may be taken from what was recorded
    later. The one function that executes a network whole. Raises TooLarge."""
    with turn(network, object()):
        # once its turn has come: others take some
        ensure_room(network.n_values * (8 if with_gradients else 4), _title(network))
        made = partial(_record, network, prepared, explained, with_gradients, at)
        return alone(made) if is_short(network) else made()


def _record(
    network: Network, prepared: Prepared, explained: Explained, with_gradients: bool, at: Collection[str] | None
) -> tuple[Recording, Target | None]:
    gradients: dict[str, torch.Tensor] = {}
    moved: frozenset[str] | None = None
    # without gradients there is no history to leave behind; but what is explained has parts that go on with some
    with torch.set_grad_enabled(with_gradients), torch.inference_mode(explained is None):
        started = time.perf_counter()
        # The picture itself requires grad; the weights do not, so nothing is kept or computed for them.
        x = prepared.tensor.to(network.device, copy=True).requires_grad_(with_gradients)
        output, values = network.graph.run(x)
        tensors = {name: cast(torch.Tensor, values[name]) for name in network.layers}
        if explained == "top":
            explained = Target(int(output[0].argmax()) if output.shape[1] > 1 else int(output[0, 0] > 0))
        asked = tensors
        if at is not None and explained is not None and explained.layer is None:
            asked, moved = {name: tensors[name] for name in at}, differentiable(network)
        if with_gradients and explained is not None:
            gradients = gradients_of(network, explained, output, asked)
        seconds = time.perf_counter() - started
    activations = {name: tensor.detach() for name, tensor in tensors.items()} if with_gradients else tensors
    return Recording(seconds, as_array(output)[0], activations, gradients, moved=moved), explained


def differentiable(network: Network) -> frozenset[str]:
    """The layers at which a class has a gradient, if only of 0: the others are made of weights, or in steps."""
    return frozenset(name for name, layer in network.layers.items() if layer.has_gradient)


def gradients_behind(
    network: Network, prepared: Prepared, explained: Sequence[Target], layer: str, also: Collection[str],
    find: Callable[[str], torch.Tensor | None],
) -> list[dict[str, torch.Tensor]] | None:  # fmt: skip
    """The gradients of several classes, each at a layer, and at those of `also` that come behind it, from values that
    were recorded: what comes before the layer is not run again, and what comes after it once. `find` gives the values
    that are at hand; where one that is needed is not, None. Raises TooLarge."""
    rest = network.graph.rest([layer], network.layers)
    found = {name: find(name) for name in (layer, *rest.reads)}
    recorded = {name: value for name, value in found.items() if value is not None}
    if len(recorded) < len(found):
        return None

    def made() -> list[dict[str, torch.Tensor]]:
        with torch.enable_grad():
            start = recorded[layer].detach().requires_grad_()
            output, values = rest.run({layer: start}, prepared.tensor.to(network.device), recorded)
            behind = {name: cast(torch.Tensor, values[name]) for name in also if name in values}
            asked = {layer: start, **behind}
            return [gradients_of(network, target, output, asked, target is not explained[-1]) for target in explained]

    with turn(network, object()):
        n_bytes = sum(network.layers[name].n_bytes for name in rest.names if name in network.layers)
        ensure_room(2 * n_bytes, _title(network))
        return alone(made) if is_short(network) else made()


def gradients_of(
    network: Network, target: Target, output: torch.Tensor, values: Mapping[str, torch.Tensor], is_again: bool = False
) -> dict[str, torch.Tensor]:
    """The gradient of the target at each of the values that it depends on. Call within `work`.

    A class depends on every layer that the picture reaches, if only by a gradient of 0; a channel or a unit on those
    before it. The way back is let go of unless it `is_again` gone.
    """
    value = output if target.layer is None else values.get(network.resolve(target.layer))
    if value is None or not value.requires_grad:  # it lies before all of them
        return {}
    moved = {name: tensor for name, tensor in values.items() if tensor.requires_grad}  # the others are made of weights
    found = torch.autograd.grad(
        target.score(network, value)[0], list(moved.values()), allow_unused=True,
        materialize_grads=target.layer is None, retain_graph=is_again,
    )  # fmt: skip
    return {name: gradient for name, gradient in zip(moved, found, strict=True) if gradient is not None}


def is_close(found: float, recorded: float, size: float) -> bool:
    """Whether a value worked out again is the recorded one: within 1e-4 of it, or within 1e-6 of `size`, the sum of the
    absolute values that were added up. Where large products cancel, float32 itself can tell no more."""
    if not (math.isfinite(found) and math.isfinite(recorded)):  # broken weights: the same on both sides, or not
        return found == recorded or (math.isnan(found) and math.isnan(recorded))
    return abs(found - recorded) <= max(1e-4 * abs(recorded), 1e-6 * size)
