"""One call of a layer, as the functions that turn layers into torch modules receive it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from torch import nn

from ...wording import by
from .building import MAPS, Building, Order, Value, axes_of, beside
from .calls import Layer
from .hdf5 import Array
from .settings import Settings
from .variables import Variables


@dataclass(frozen=True, eq=False)
class Applied:
    """`way` leads from the outermost network to the layer; `args` hold Values where the file names other layers;
    `keras` is the first number of Keras's version."""

    building: Building
    variables: Variables
    way: tuple[Layer, ...]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    keras: int
    settings: Settings

    @property
    def layer(self) -> Layer:
        return self.way[-1]

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(layer.name for layer in self.way)

    @property
    def values(self) -> tuple[Value, ...]:
        """All that it reads, in order."""
        return tuple(_values([*self.args, *self.kwargs.values()]))

    @property
    def value(self) -> Value:
        """The one that it reads."""
        if len(self.values) != 1:
            self.refuse(f"which reads {len(self.values)} values instead of one")
        return self.values[0]

    def maps(self) -> tuple[Value, int, int, int]:
        """What it reads, as torch's operations on maps take it; its channels, height and width."""
        value = self.value
        if len(value.shape) != 3:
            self.refuse(f"which reads {by(value.shape)} values, where maps with height and width are needed")
        if self.settings.is_channels_first:
            channels, height, width = value.shape
            return self.building.with_axes(value, axes_of(value.shape), self.path), channels, height, width
        height, width, channels = value.shape
        return self.building.with_axes(value, MAPS, self.path), channels, height, width

    def shape(self, channels: int, height: int, width: int) -> tuple[int, ...]:
        """Of maps, as Keras writes it."""
        return (channels, height, width) if self.settings.is_channels_first else (height, width, channels)

    def weights(self, *shapes: tuple[int, ...]) -> list[Array]:
        """The layer's first arrays, which are to have these shapes."""
        found = self.variables.of(self.way)
        if len(found) < len(shapes):
            self.refuse(f"with {len(found)} arrays of weights, where its configuration asks for {len(shapes)}")
        for array, shape in zip(found, shapes, strict=False):
            if array.shape != shape:
                self.refuse(f"whose weights are {array.shape} where its configuration asks for {shape}")
        return found[: len(shapes)]

    def add(
        self, make: Callable[[], nn.Module], value: Value, shape: tuple[int, ...] | None = None,
        what: str = "", key: Hashable = None,
    ) -> Value:  # fmt: skip
        """One operation of it: the layer's own, one beside it under a name that ends in `what`, or one inside it, where
        that begins with a dot. It keeps axes and order where it keeps the shape, and the axes wherever it keeps their
        number."""
        path = self.path if not what else (*self.path, what[1:]) if what[0] == "." else beside(self.path, what)
        same = shape is None or shape == value.shape
        axes = value.axes if shape is None or len(shape) == len(value.shape) else None
        order: Order | None = value.order if same else None
        return self.building.add(path, key, make, (value,), value.shape if shape is None else shape, axes, order)

    def refuse(self, fact: str) -> NoReturn:
        self.settings.refuse(fact)


def _values(value: Any) -> Iterator[Value]:
    if isinstance(value, Value):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _values(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _values(item)
