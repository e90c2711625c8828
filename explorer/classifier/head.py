"""What comes after the last maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..networks.layers import Layer
from ..networks.network import Network

Form = Literal["average", "average, then more", "map per class", "flattened", "pixels"]


@dataclass(frozen=True)
class Head:
    """What comes after the last maps, in order.

    `form` says how the maps end: "average" (global average pooling, then one dense layer), "average, then more" (a
    norm or hidden dense layers between), "map per class" (a convolution makes one map for each class, whose mean
    is the logit), "flattened" (dense layers read every value of the maps), "pixels" (they read the picture itself).
    """

    form: Form
    maps: str | None  # the layer with the last maps; None where dense layers read the pixels
    shape: tuple[int, ...]  # of these maps, or of the picture
    layers: tuple[Layer, ...]

    @property
    def weighted(self) -> tuple[Layer, ...]:
        """The layers that add up products with weights: dense ones, and convolutions that act like them."""
        return tuple(layer for layer in self.layers if layer.traits.is_weighted)

    @property
    def last(self) -> Layer:
        """The one that gives the logits, or, with a map per class, the maps whose means they are."""
        return self.weighted[-1]

    @property
    def activations(self) -> tuple[Layer, ...]:
        """The activation functions between them."""
        return tuple(layer for layer in self.layers if has_gain(layer))

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether it is a plain sum of products as long as no neuron is switched on or off."""
        return all(layer.traits.is_on_or_off for layer in self.activations) and not self.has_norm

    @property
    def has_norm(self) -> bool:
        """Whether a layer norm stands between the maps and the logits."""
        return any(layer.kind == "layer norm" for layer in self.layers)

    @property
    def is_averaged(self) -> bool:
        """Whether a map counts by its mean alone."""
        return self.form.startswith("average") or self.form == "map per class"

    @property
    def is_direct(self) -> bool:
        """Whether input c of the last dense layer is made of map c alone, up to a norm."""
        return self.is_averaged and self.form != "map per class" and len(self.weighted) == 1


def has_gain(layer: Layer) -> bool:
    """Whether it is an activation function of which it is known what it makes of 0: what it makes of another value can
    then be written as that and a multiple of the value."""
    return layer.traits.is_activation and (layer.traits.keeps_zero or layer.traits.function is not None)


def of_nothing(layer: Layer) -> float:
    """What such a function makes of 0."""
    function = layer.traits.function
    return 0.0 if layer.traits.keeps_zero or function is None else function(0.0)


def head(network: Network) -> Head:
    """What happens after the network's last maps."""
    layers: list[Layer] = []
    name: str | None = list(network.layers)[-1]
    while name is not None and not network.layers[name].is_spatial:
        layers.insert(0, network.layers[name])
        name = layers[0].inputs[0] if layers[0].inputs else None
    while name is not None and not any(layer.traits.is_weighted for layer in layers):  # the maps are the classes' own
        layers.insert(0, network.layers[name])
        name = layers[0].inputs[0] if layers[0].inputs else None
    while name is not None and network.layers[name].is_idle:  # what it passed on are the maps
        layers.insert(0, network.layers[name])
        name = layers[0].inputs[0]
    side = network.preprocessing.size
    shape = (network.preprocessing.n_channels, side, side) if name is None else network.layers[name].shape
    return Head(_form(name, layers), name, shape, tuple(layers))


def last_maps(network: Network) -> str:
    """The layer with the last maps; where there are none, the one that gives the logits."""
    ends = head(network)
    return ends.maps or ends.last.name


def _form(maps: str | None, layers: Sequence[Layer]) -> Form:
    first = next(layer.kind for layer in layers if not layer.is_idle)
    if maps is None:
        return "pixels"
    if first == "average pooling":
        changing = [la for la in layers if la.traits.is_weighted or la.kind in ("layer norm", "batch norm")]
        return "average" if len(changing) == 1 else "average, then more"
    return "map per class" if first == "convolution" and layers[-1].shape == layers[-2].shape[:1] else "flattened"


@dataclass(frozen=True)
class Sizes:
    """How many parameters the classifier takes, and how many dense layers on the raw pixels would."""

    n_all: int
    n_head: int  # of the weighted layers after the last maps
    n_pixels: int  # values of the picture as the network receives it, all colours
    n_classes: int  # logits
    n_direct: int  # of one dense layer from the pixels to the logits
    first: Layer | None  # the first convolution
    n_first_values: int  # that it gives
    n_first_dense: int  # of a dense layer from the pixels to as many values


def sizes(network: Network) -> Sizes:
    """The counts, biases included."""
    ends = head(network)
    n_pixels = network.preprocessing.n_channels * network.preprocessing.size**2
    first = next((layer for layer in network.layers.values() if layer.kind == "convolution"), None)
    n_first = math.prod(first.shape) if first is not None else 0
    n_classes = ends.last.shape[0]
    return Sizes(
        n_all=sum(layer.n_parameters for layer in network.layers.values()),
        n_head=sum(layer.n_parameters for layer in ends.weighted),
        n_pixels=n_pixels,
        n_classes=n_classes,
        n_direct=(n_pixels + 1) * n_classes,
        first=first,
        n_first_values=n_first,
        n_first_dense=(n_pixels + 1) * n_first,
    )
