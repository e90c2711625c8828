"""One pass over a picture, recorded. Everything that is shown anywhere is a view of a `Trace`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import cached_property, partial
from typing import Concatenate, ParamSpec, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray

from .errors import BadArgument, BadTarget, NoTarget
from .networks.checks import check_network
from .networks.network import Network, as_array
from .networks.preparation import Prepared
from .pictures.image import ImageInput, check_image
from .predictions import Prediction, Predictions, class_scores, probabilities_of
from .recording import Explained, Recording, differentiable, gradients_behind, record
from .remaking import Kept, Remade, Tensors, remade
from .running.cache import BoundedCache
from .running.size import arrays_in
from .shown import ShownTrace
from .targets import Target, as_target, class_index, is_top
from .wording import described

FloatArray = NDArray[np.float32]
P = ParamSpec("P")
T = TypeVar("T")


class Trace(ShownTrace):
    """What a network computed for a picture: every layer's activation and, with a target, every layer's gradient.

    All arrays are read-only float32 without a batch axis:

        trace[layer]            (C, H, W), or (K,) where the maps have ended
        trace.gradient(layer)   the same shape: d logit[target] / d trace[layer], or of whatever is explained
        trace.logits            (K,) before softmax (or sigmoid)
        trace.probabilities     (K,) after it; they sum to 1

    `layer` is a dotted name or a block (`layer4`, meaning its last operation). `prepared` is the picture as the
    network received it, `seconds` how long the pass took. `explained` is the number whose gradients these are, and
    `target` its class where it is the logit of one. It `is_changed` where channels were switched on the way, which a
    further pass of the network would know nothing of. `again` makes the same recording once more, with or without the
    gradients.
    """

    def __init__(
        self, network: Network, image: ImageInput, prepared: Prepared, explained: Target | None, recording: Recording,
        again: Callable[[bool], Recording] | None = None,
    ) -> None:  # fmt: skip
        self.network = network
        self.image = image
        self.prepared = prepared
        self.explained = explained
        self.target = explained.index if explained is not None and explained.is_class else None
        self.seconds = recording.seconds
        self.is_changed = recording.is_changed
        self.logits = recording.logits
        self._recording: Recording | Remade = recording
        self._moved = recording.at  # the layers that it depends on
        self._again = again
        self._views: dict[tuple[object, ...], object] = {}
        self._of_views: dict[int, int] = {}  # memory that only the views hold: address -> bytes
        self.probabilities = probabilities_of(self.logits) if network.categories else self.logits[:0]

    def __repr__(self) -> str:
        best = next(iter(self.top(1)), None)
        return f"Trace({self.network.name!r}, {self.image.name!r}, target={self.explained}, top={best})"

    def __getitem__(self, layer: str) -> FloatArray:
        return self._array(self._recording.value(self.network.resolve(layer)), layer)

    def gradient(self, layer: str) -> FloatArray:
        """d logit[target] / d activation, the layer's shape; raises NoTarget if the trace was run without one."""
        if self.explained is None:
            raise NoTarget(
                "This trace has no gradients. Run it with a target: run(network, image, target=class_index)."
            )
        if not self.has_gradient(layer):
            if self.explained.layer is not None:
                raise NoTarget(
                    f"This trace has no gradient at {layer}, since {self.explained.phrase(self.network)} does not "
                    "depend on it. Choose a layer that leads there."
                )
            raise NoTarget(
                f"This trace has no gradient at {layer}: it was run again only from a later layer on. "
                "Choose one after it."
            )
        name = self.network.resolve(layer)
        if isinstance(self._recording, Recording) and name not in self._recording.gradients:
            return self._array(self.gradients[name], layer)
        return self._array(self._recording.gradient(name), layer)

    def has_gradient(self, layer: str) -> bool:
        """Whether the gradient is known there: not before a layer that was changed afterwards, nor where a channel or a
        unit does not depend on the layer."""
        return self.network.resolve(layer) in self._moved

    def value(self, layer: str) -> torch.Tensor:
        """One layer's value as torch has it, with its batch axis."""
        return self._recording.value(self.network.resolve(layer))

    @property
    def activations(self) -> Mapping[str, torch.Tensor]:
        """Every layer's value as torch has it, with its batch axis: to go on computing from."""
        return self._recording.activations

    @property
    def gradients(self) -> Mapping[str, torch.Tensor]:
        """The gradient at every layer that there is one at, as torch has it, with its batch axis. Where not all were
        taken, those of another pass."""
        if isinstance(self._recording, Recording) and len(self._recording.gradients) < len(self._moved):
            assert self._again is not None  # who makes a recording of some gradients alone can make that of all
            self._recording = self._again(True)
        return self._recording.gradients

    @property
    def is_finite(self) -> bool:
        """Whether all its scores are finite numbers: broken weights can give others."""
        return bool(np.isfinite(self.logits).all())

    def spatial(self, layer: str) -> tuple[FloatArray, FloatArray]:
        """The activation and the gradient of a layer with maps, both (C, H, W); raises NotSpatial, NoTarget."""
        name = self.network.spatial_layer(layer).name
        return self[name], self.gradient(name)

    def top(self, k: int = 5) -> tuple[Prediction, ...]:
        """The k classes with the highest probabilities, best first; none where there is no classifier. Raises
        BadArgument for a k that is no whole number from 0 on."""
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 0:
            raise BadArgument(f"How many classes is a whole number from 0 on, such as top(5), not {described(k)}.")
        if not self.network.categories:
            return ()
        return Predictions(self.prediction(int(index)) for index in self._order[:k])

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        return np.argsort(-class_scores(self.logits), kind="stable")  # which rounding does not make equal

    def prediction(self, index: int | str) -> Prediction:
        """How the network scored one class, by its number or name. Raises BadTarget where there is none."""
        index = class_index(self.network, index)
        # a network with one logit z scores its two classes with -z and z: sigmoid(z) is softmax((-z/2, z/2))[1]
        logit = self.logits[index] if len(self.logits) > 1 else self.logits[0] * (1 if index else -1)
        return Prediction(index, self.network.categories[index], float(logit), float(self.probabilities[index]))

    def class_of(self, target: int | str | None) -> int:
        """The class that is meant: `target`, or, unless given, the one that this trace explains, or its top class.

        Raises BadTarget for a class that is not there, where there is no classifier, and where this trace explains
        another number than a class's.
        """
        if self.network.no_classes:
            raise BadTarget(self.network.no_classes)
        if target is None and self.explained is not None and self.target is None:
            raise BadTarget(
                f"The trace explains {self.explained.phrase(self.network)}, which has no probability. Give the class "
                "whose probability is to be followed."
            )
        if target is None:
            target = self.top(1)[0].index if self.target is None else self.target
        return class_index(self.network, target)

    def view(self, function: Callable[Concatenate[Trace, P], T], *arguments: P.args, **options: P.kwargs) -> T:
        """function(trace, ...), worked out once: for small summaries that every redraw of a page needs."""
        key = (function, arguments, tuple(options.items()))
        if key not in self._views:
            found = self._views[key] = function(self, *arguments, **options)
            shared = arrays_in([self.image, self.prepared, self.logits, self.probabilities, self._recorded])
            self._of_views.update((place, n) for place, n in arrays_in(found).items() if place not in shared)
        return cast(T, self._views[key])

    @property
    def n_bytes(self) -> int:
        """Memory that the recorded arrays hold, unless they are kept elsewhere, and what views have added to them."""
        return sum(tensor.nbytes for tensor in self._recorded) + sum([*self._of_views.values()])  # others may add

    def keep_in(self, whole: BoundedCache[Tensors], parts: BoundedCache[Tensors], key: Hashable) -> None:
        """Have the recorded arrays kept there as long as there is room, under a key of the picture and the network,
        those of the stages as `parts`; and made again by another pass when they are asked for."""
        if isinstance(self._recording, Recording) and self._again is not None:
            often = frozenset(map(self.network.resolve, self.network.stages))
            values = Kept(self.network.layers, often, whole, parts, (key, "values"))
            recording, self._recording = self._recording, self._remade(values)
            self._recording.take_all(recording)
            self._recording.take(recording)

    def toward(self, target: Target) -> Trace:
        """The same pass, explaining another class: all that it recorded is shared, and gradients are taken when they
        are asked for. Call when the arrays are kept elsewhere."""
        assert isinstance(self._recording, Remade)
        assert target.layer is None  # a channel has gradients at layers before it alone
        other = copy.copy(self)
        other.explained, other.target = target, target.index if target.is_class else None
        other._moved, other._views, other._of_views = differentiable(self.network), {}, {}
        other._again = partial(_again, self.network, self.prepared, target)
        other._recording = other._remade(self._recording.values)
        return other

    def toward_each(self, targets: Sequence[Target], layers: Sequence[str]) -> list[Trace]:
        """The same pass explaining several classes in turn, with their gradients at these layers, for which it is gone
        through once, where it is at hand; nothing of them is kept elsewhere. Call when the arrays are."""
        assert isinstance(self._recording, Remade)
        if not targets:
            return []
        names = sorted(map(self.network.resolve, layers), key=[*self.network.layers].index)
        find = self._recording.values.find
        found = gradients_behind(self.network, self.prepared, targets, names[0], names, find)
        if found is None or any(name not in one for one in found for name in names):
            return [run(self.network, self.image, target, at=layers) for target in targets]
        values = {name: self._recording.value(name) for name in names}
        traces = [self.toward(target) for target in targets]
        for trace, gradients in zip(traces, found, strict=True):
            trace._recording = Recording(self.seconds, self.logits, values, gradients, moved=trace._moved)
        return traces

    def _remade(self, values: Kept) -> Remade:
        assert self._again is not None  # what cannot be made again is kept here
        return remade(self.network, self.prepared, self.explained, self._moved, values, self._again)

    @property
    def _recorded(self) -> list[torch.Tensor]:
        held = self._recording
        return [*held.activations.values(), *held.gradients.values()] if isinstance(held, Recording) else []

    def _array(self, kept: torch.Tensor, layer: str) -> FloatArray:
        """The batch axis stays behind at this door; wrapping all layers in advance would cost more than it does to run
        a small network."""
        return as_array(self.network.layers[self.network.resolve(layer)].channels_first(kept))[0]


def run(
    network: Network, image: ImageInput, target: int | str | Target | None = None, at: Collection[str] | None = None
) -> Trace:
    """Run the network on the picture once and record everything; the one function that executes a network.

    `target` is a class by its index or name, "top" for the class with the highest score (of a network without a
    classifier, nothing), or any other number of the network (see `Target`, whose text counts too): then one backward
    pass adds the gradient of that class's logit (before softmax), or of that number, at every layer that it depends on.
    Those of a class may be taken `at` some layers alone, which takes half the memory, or at none, and less than half
    the time; the others are then there as well, by another pass that is made when the first of them is asked for.
    Raises BadTarget for a class the network does not have, UnknownLayer and BadChannel likewise, BadArgument for what
    is no network or no picture, TooLarge where the memory that is free would not do. Runs of several threads take
    turns.
    """
    check_network(network)
    check_image(image)
    if is_top(target) and not network.categories:
        target = None
    explained: Explained = None if target is None else "top" if is_top(target) else as_target(network, target)
    prepared = network.prepare(image)
    layers = None if at is None else {network.resolve(name) for name in at}
    is_unit = isinstance(explained, Target) and explained.layer is not None
    with_gradients = explained is not None and (is_unit or layers is None or bool(layers))
    recording, number = record(network, prepared, explained, with_gradients, layers)
    return Trace(network, image, prepared, number, recording, partial(_again, network, prepared, number))


def _again(network: Network, prepared: Prepared, explained: Target | None, with_gradients: bool) -> Recording:
    return record(network, prepared, explained, with_gradients)[0]


def read_by(trace: Trace, layer: str) -> FloatArray:
    """What a layer reads, (C, H, W): another layer's values, or the prepared picture; K numbers as (K, 1, 1)."""
    inputs = trace.network.layer(layer).inputs
    source = trace[inputs[0]] if inputs else as_array(trace.prepared.tensor)[0]
    return source if source.ndim == 3 else source.reshape(-1, 1, 1)


def as_maps(array: FloatArray) -> FloatArray:
    """Any layer's array as (C, H, W): K numbers become K maps of one cell; operations that only rearrange channels
    (ShuffleNet's groups, GoogLeNet's single colours) fall back into maps."""
    if array.ndim == 1:
        return array[:, None, None]
    return array.reshape(-1, *array.shape[-2:])


def contributions(trace: Trace) -> dict[str, FloatArray]:
    """`contribution` at every layer with a gradient, by name: small, and read off while the gradients are there."""
    gradients, values = trace.gradients, trace.activations  # in this order: who makes the ones again has the others
    return {
        name: _products(trace._array(gradient, name), trace._array(values[name], name))
        for name, gradient in gradients.items()
    }


def contribution(trace: Trace, layer: str) -> FloatArray:
    """Per channel, the sum over its cells of gradient x activation: what it adds to the target's logit, to first order
    (the terms of the sum in Grad-CAM's weights times activation). (C,), in units of the logit."""
    return _products(trace.gradient(layer), trace[layer])


def _products(gradient: FloatArray, values: FloatArray) -> FloatArray:
    gradient, values = as_maps(gradient), as_maps(values)
    n_channels = len(values)
    total: FloatArray = np.einsum("ci,ci->c", gradient.reshape(n_channels, -1), values.reshape(n_channels, -1))
    return total
