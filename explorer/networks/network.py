"""A loaded network: its layers, its stages, and what each layer is."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..errors import BadTarget, NotSpatial, UnknownLayer, nearest
from ..geometry import Places, ReceptiveField
from ..pictures.image import ImageInput
from ..running.memory import device
from ..shown import ShownNetwork
from ..wording import described, quoted
from .fields import ChannelFields, Parts, field_at
from .graph import Graph, trace_module
from .info import NetworkInfo
from .layers import Layer, describe, meant
from .preparation import Preparation, Prepared
from .tracing import PLAIN, Tracing

_MOST_NAMED = 8  # classes of one name that a sentence lists before the last


@dataclass(frozen=True)
class Weights:
    """Which numbers a network has: what they are called, a key that differs wherever they differ, and what is to be
    said of them."""

    name: str
    key: str
    notes: tuple[str, ...] = ()
    prepared: str = ""  # where the preparation comes from, if it is not that of a published set
    undecided: tuple[str, ...] = ()  # the scalings of pictures that the first batch norm cannot tell apart
    made_by: str = ""  # code that makes such a network, of one that no name of the catalogue does


class Network(ShownNetwork):
    """A network with its weights, ready to run: made by `load_network`, never changed afterwards.

    `layers` maps dotted names to layers in the order of execution; `stages` are the blocks worth showing, in order.
    `name` is what code calls it, `title` what a person reads; `info` is its card, None for one of no catalogue.
    `weights` say which these are, by name and by a key that differs wherever the numbers differ. `of_noise` is what it
    gives for `noise_of` its size.
    """

    def __init__(
        self, module: nn.Module, categories: Sequence[str], preparation: Preparation, *,
        name: str, weights: Weights, title: str | None = None, info: NetworkInfo | None = None,
        tracing: Tracing = PLAIN,
    ) -> None:  # fmt: skip
        self.info = info
        self.name = name
        self.title = name if title is None else title
        self.categories = tuple(categories)
        self.weights_name = weights.name
        self.key = weights.key
        self.notes = weights.notes
        self.prepared = weights.prepared
        self.undecided = weights.undecided
        self.made_by = weights.made_by
        self.preprocessing = preparation
        self.device = device()
        module = module.eval().requires_grad_(False)
        module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing from torch's stubs
        self.graph = trace_module(module, tracing)
        layers, self.of_noise = describe(self.graph, preparation.n_channels, preparation.size, self.device, self.title)
        self.layers: Mapping[str, Layer] = MappingProxyType(layers)
        self._meant = meant(layers)

    def __repr__(self) -> str:
        return f"Network({self.name!r}, weights={self.weights_name!r}, {len(self.layers)} layers)"

    def prepare(self, image: ImageInput) -> Prepared:
        """The picture as this network receives it."""
        return self.preprocessing(image)

    def category_index(self, category: str) -> int:
        """The class index of a category's name, or of a number as text; a name goes before a number.

        Raises BadTarget with the nearest name, and for a name that several classes have, with their numbers.
        """
        if self.no_classes:
            raise BadTarget(self.no_classes)
        called = [index for index, name in enumerate(self.categories) if name == category]
        if len(called) > 1:
            first, last = ", ".join(map(str, called[:-1][:_MOST_NAMED])), called[-1]
            raise BadTarget(
                f"{self.name} has {len(called)} classes called {quoted(category)}: "
                f"{first}{', …' if len(called) > _MOST_NAMED + 1 else ''} and {last}. Give the number of the one that "
                "is meant."
            )
        if called:
            return called[0]
        if category.isdecimal() and len(category) < 10:  # no class has more, and no int is read from thousands
            return int(category)
        raise BadTarget(f"{self.name} has no class {quoted(category)}.{nearest(category, self.categories)}")

    def resolve(self, name: str) -> str:
        """The layer that `name` means: itself, or, for a block such as `layer4`, the block's last operation."""
        if not isinstance(name, str):
            raise UnknownLayer(f"A layer is called by its name, not {described(name)}. Pick one from network.layers.")
        if name not in self._meant:
            candidates = [*self.layers, *self.stages]
            raise UnknownLayer(
                f"{self.name} has no layer {quoted(name)}.{nearest(name, candidates)} Pick one from network.layers."
            )
        return self._meant[name]

    def layer(self, name: str) -> Layer:
        """The layer that `name` means; raises UnknownLayer with the nearest name."""
        return self.layers[self.resolve(name)]

    def spatial_layer(self, name: str) -> Layer:
        """The same, for where a map is needed; raises NotSpatial."""
        layer = self.layer(name)
        if not layer.is_spatial:
            remedy = f"Choose a layer up to '{self.cam_layer}'." if self.has_maps else "Choose another network."
            raise NotSpatial(
                f"'{name}' of {self.name} outputs {' x '.join(map(str, layer.shape))} numbers without height and "
                f"width, so it has no map to draw. {remedy}"
            )
        return layer

    def nearest_with_maps(self, name: str) -> str:
        """The name itself where its layer has maps, else the last layer before it that has. Raises UnknownLayer,
        NotSpatial where there is none."""
        if self.layer(name).is_spatial:
            return name
        before = [*self.layers][: [*self.layers].index(self.resolve(name)) + 1]
        return next((layer for layer in reversed(before) if self.layers[layer].is_spatial), self.cam_layer)

    def field(self, name: str, channel: int) -> ReceptiveField:
        """What the units of one channel of a layer can see: behind a concatenation, what those of its branch can."""
        return field_at(self.fields(name), channel)

    def fields(self, name: str) -> Parts:
        """The same for all channels of a layer: so many in a row, and what the units of each of them can see."""
        return ChannelFields(self.graph, self.layers, self.preprocessing.size).of(self.resolve(name))

    def places(self, name: str) -> Places | None:
        """Where over the received picture a layer's cells lie; None where they cover it evenly, or it has none."""
        layer, side, cells = self.layer(name), self.preprocessing.size, self.layer(name).shape[1:]
        return layer.receptive_field.places((cells[0], cells[1]), (side, side)) if layer.is_spatial else None

    def weights(self, name: str) -> Mapping[str, NDArray[np.float32]]:
        """The layer's own arrays, read-only: weight (C_out, C_in, kH, kW), bias (C_out,), running_mean ...; or none."""
        tensors = self.graph.parameters(self.resolve(name)) | self.graph.buffers(self.resolve(name))
        return MappingProxyType({key: as_array(tensor) for key, tensor in tensors.items()})

    def with_graph(self, graph: Graph, weights_name: str, key: str) -> Network:
        """The same network with other weights: a graph of the same operations. This one stays as it is."""
        changed = copy.copy(self)
        changed.graph, changed.weights_name, changed.key = graph, weights_name, key
        return changed

    @property
    def no_classes(self) -> str:
        """Why it predicts nothing, as a sentence; empty for a classifier."""
        if self.categories:
            return ""
        n = self.layers[list(self.layers)[-1]].n_channels
        return (
            f"{self.title} has no classifier: it ends in {n:,} numbers that describe the picture, and names no class. "
            "Its maps, kernels and sums are there to be seen; nothing can be predicted or be evidence for a class."
        )

    def with_preparation(self, preparation: Preparation, prepared: str) -> Network:
        """The same network, given its pictures otherwise, in as many channels of the same size; `prepared` is by whose
        word. This one stays as it is."""
        changed = copy.copy(self)
        changed.preprocessing, changed.prepared = preparation, prepared
        changed.key = f"{self.key}, {preparation!r}"
        changed.notes = tuple(note for note in self.notes if note != f"Its pictures are prepared {self.prepared}")
        return changed

    @property
    def is_random(self) -> bool:
        """Whether nothing has trained these weights."""
        return self.weights_name.startswith("random (seed ")  # a file may be called anything

    @cached_property
    def n_values(self) -> int:
        """How many numbers one recorded pass keeps; with a target, twice as many."""
        return sum(math.prod(layer.shape) for layer in self.layers.values())

    @cached_property
    def n_bytes(self) -> int:
        """Memory that the weights hold."""
        tensors = [*self.graph.recorder.parameters(), *self.graph.recorder.buffers()]
        return sum(tensor.nbytes for tensor in tensors)

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The blocks at which something ends: the last one of each size of map, wherever the channels double, and,
        where the maps have ended, wherever the number of values changes."""
        items = self._top_level()
        ends = [self.layer(item) for item in items]
        return tuple(
            item
            for item, end, following in zip(items, ends, [*ends[1:], None], strict=True)
            if following is None
            or following.size != end.size
            or (not end.size and following.shape != end.shape)
            or (item not in self.layers and end.is_spatial and following.shape[0] >= 2 * end.shape[0])
        )

    @cached_property
    def first_layer(self) -> str:
        """Where to begin to look: the first convolution whose kernel is larger than a cell, whose maps are still sharp;
        the first stage where there is none."""
        sliding = (
            name for name, layer in self.layers.items()
            if layer.kind == "convolution" and layer.window is not None and max(layer.window.kernel) > 1
        )  # fmt: skip
        return next(sliding, self.stages[0])

    @property
    def _no_maps(self) -> str:
        return (
            f"{self.title} has no feature maps: its first layer already reads the whole picture as one row of "
            "numbers, so nothing in it knows where. Choose a convolutional network for maps."
        )

    @cached_property
    def has_maps(self) -> bool:
        """Whether any layer has height and width; a network of dense layers alone has none."""
        return any(layer.is_spatial for layer in self.layers.values())

    @cached_property
    def cam_layer(self) -> str:
        """Where a class activation map is drawn unless another layer is asked for: the end of the last spatial block,
        before a pooling that only shrinks it. There the maps are the most abstract and still know where.

        Raises NotSpatial where no layer has maps.
        """
        if not self.has_maps:
            raise NotSpatial(self._no_maps)
        ends = {stage: self.layer(stage) for stage in self.stages}
        found = [stage for stage, layer in ends.items() if layer.is_spatial and layer.traits.pooling is None]
        # where every stage ends in rows of numbers, some layer within has maps
        return (found or [name for name, layer in self.layers.items() if layer.is_spatial])[-1]

    @cached_property
    def cam_reason(self) -> str:
        """Why a class activation map is drawn at `cam_layer`, or why there is none, as a sentence."""
        if not self.has_maps:
            return self._no_maps
        names = list(self.layers)
        height, width = self.layer(self.cam_layer).size
        behind = (self.layers[name] for name in names[names.index(self.resolve(self.cam_layer)) + 1 :])
        after = next(layer for layer in behind if layer.size != (height, width))
        return (
            f"{self.cam_layer} is the last block that ends in maps ({height} × {width} cells): "
            f"behind it, {after.name} ({after.kind}) begins to give up where things are."
        )

    def _top_level(self) -> list[str]:
        """The blocks and layers that a drawing of the whole network would show, in order.

        A container in which the maps shrink twice or more (`features`) is opened. Layers that pass on what they were
        given are left out, flattening among them, and so is what comes before the first weights (GoogLeNet rescales
        the colours with five operations).
        """
        containers: set[str] = set()
        while True:
            items: dict[str, list[Layer]] = {}
            for name, layer in self.layers.items():
                head = max((c for c in containers if name.startswith(f"{c}.")), key=len, default="")
                item = ".".join(name.split(".")[: len(head.split(".")) + 1 if head else 1])
                items.setdefault(item, []).append(layer)
            maps = {i: [la for la in inside if la.is_spatial and la.kind != "padding"] for i, inside in items.items()}
            wide = {i for i, inside in maps.items() if len({la.size for la in inside}) >= 3}
            if not wide:
                break
            containers |= wide
        weighty = [any(layer.n_parameters for layer in inside) for inside in items.values()]
        behind = list(items)[weighty.index(True) :]
        return [item for item in behind if not all(self._passes_on(layer) for layer in items[item])]

    @staticmethod
    def _passes_on(layer: Layer) -> bool:
        return layer.is_idle or layer.kind == "flatten"


def as_array(tensor: torch.Tensor) -> NDArray[np.float32]:
    """The tensor's own numbers as a read-only array."""
    array: NDArray[np.float32] = tensor.detach().cpu().numpy()
    array.flags.writeable = False
    return array
