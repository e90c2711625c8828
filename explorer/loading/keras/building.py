"""The network under construction: values as Keras shapes them, and the torch modules that make them."""

from __future__ import annotations

import hashlib
import itertools
import keyword
import math
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ...errors import BadModelFile
from ...networks.vision import torchvision
from ...wording import by
from .network import InOrder, KerasNetwork, Step

Order = NDArray[np.int64]

MAPS = (2, 3, 1)  # where torch has the axes of (H, W, C)
_MOST_VALUES = 1 << 27  # of one layer, for one picture
_MOST_STEPS = 5000
_UNFIT = re.compile(r"[^0-9A-Za-z_]")  # a name stands in generated code


@dataclass(frozen=True, eq=False)
class Value:
    """What a step returns for one picture. `shape` is Keras's, without the batch.

    Torch keeps the same numbers with its axes in another order: the k-th of Keras is `axes[k]` of torch, whose axis 0
    is the batch. Of a row, `order[k]` tells where torch has what Keras has at place k; None where nothing is moved.
    `channel` is set for one channel of the picture that nothing has been made of yet.
    """

    number: int  # 0 is the picture, k is what step k - 1 returns
    shape: tuple[int, ...]
    axes: tuple[int, ...]
    order: Order | None = None
    channel: int | None = None

    @property
    def n(self) -> int:
        return math.prod(self.shape)

    @property
    def order_key(self) -> bytes | None:
        """Is the same where the order is."""
        return None if self.order is None else hashlib.sha256(self.order.tobytes()).digest()

    def in_torch(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        """What is to meet each value, (n of Keras's axes, each full or 1), in torch's order and without the batch."""
        if self.order is not None and array.size > 1:
            moved = np.empty_like(array)
            moved[self.order] = array
            return moved
        outcome = array.transpose(np.argsort(self.axes))
        return outcome[None] if len(self.axes) == 2 else outcome  # one channel, which Keras does not count


def axes_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Those of torch where it keeps a value as Keras does."""
    return tuple(range(1, len(shape) + 1))


def beside(path: tuple[str, ...], what: str) -> tuple[str, ...]:
    """The path of another operation that a layer is made of: conv1_relu, beside conv1."""
    return (*path[:-1], f"{path[-1]}_{what}")


class Building:
    """Modules at their paths, each made once, and the steps that call them."""

    def __init__(self) -> None:
        self.network = KerasNetwork()
        self.is_for_one_size = False  # whether a module is made for the size of its maps, and runs with any
        self._steps: list[Step] = []
        self._made: dict[tuple[tuple[str, ...], Hashable], str] = {}
        self._containers: dict[tuple[str, ...], str] = {}

    def finish(self, output: Value, side: tuple[int, int]) -> KerasNetwork:
        """The network that ends with this value, without what does not lead to it; pictures are of `side`, (H, W)."""
        needed, pending = set[int](), [output.number]
        while pending:
            number = pending.pop()
            if number and number not in needed:
                needed.add(number)
                pending += self._steps[number - 1].reads
        kept = sorted(needed)
        numbers = {number: i for i, number in enumerate([0, *kept])}
        steps = (self._steps[number - 1] for number in kept)
        self.network.steps = tuple(Step(step.module, tuple(numbers[n] for n in step.reads)) for step in steps)
        self.network.side = side if self.is_for_one_size else None
        return self.network.eval()

    def made_by(self, value: Value) -> tuple[nn.Module, int] | None:
        """The module that makes a value, and the number of the first one that it reads; None for the picture."""
        if not value.number:
            return None
        step = self._steps[value.number - 1]
        return self.network.get_submodule(step.module), step.reads[0]

    def add(
        self, path: tuple[str, ...], key: Hashable, make: Callable[[], nn.Module], reads: tuple[Value, ...],
        shape: tuple[int, ...], axes: tuple[int, ...] | None = None, order: Order | None = None,
    ) -> Value:  # fmt: skip
        """What the module at a path returns for some values. One of the same `key` is called again, not made again."""
        if min(shape, default=1) < 1 or math.prod(shape) > _MOST_VALUES or len(self._steps) >= _MOST_STEPS:
            raise BadModelFile(f"makes {by(shape)} values in one layer, or too many layers: no network here needs that")
        if (path, key) not in self._made:
            self._made[path, key] = self._put(path, make())
        self._steps.append(Step(self._made[path, key], tuple(value.number for value in reads)))
        return Value(len(self._steps), shape, axes_of(shape) if axes is None else axes, order)

    def as_written(self, value: Value, path: tuple[str, ...]) -> Value:
        """The value as Keras keeps it: its axes and its places in their own order."""
        if value.order is not None:
            order = torch.from_numpy(value.order)
            return self.add(beside(path, "order"), value.order_key, lambda: InOrder(order), (value,), value.shape)
        return self.with_axes(value, axes_of(value.shape), path)

    def with_axes(self, value: Value, axes: tuple[int, ...], path: tuple[str, ...]) -> Value:
        """The value with its axes where torch is to have them."""
        if value.axes == axes:
            return value
        if len(value.axes) == 2:  # one channel, which Keras does not count
            return self.add(beside(path, "plane"), None, lambda: nn.Flatten(1, 2), (value,), value.shape, axes)
        places = dict(zip(axes, value.axes, strict=True))
        dims = (0, *(places[i] for i in range(1, len(axes) + 1)))
        path = beside(path, "permute")
        return self.add(path, dims, lambda: torchvision.ops.Permute(list(dims)), (value,), value.shape, axes)

    def _put(self, path: tuple[str, ...], module: nn.Module) -> str:
        """Sets a module at a path; gives the path, which may differ where it is taken, or no name in Python."""
        above = ""
        if len(path) > 1:
            if path[:-1] not in self._containers:
                self._containers[path[:-1]] = self._put(path[:-1], nn.Module())
            above = self._containers[path[:-1]]
        parent = self.network.get_submodule(above)
        name = fit(path[-1])
        free = next(
            n for n in itertools.chain([name], (f"{name}_{i}" for i in itertools.count(1))) if n not in parent._modules
        )
        parent.add_module(free, module.requires_grad_(False))
        return f"{above}.{free}" if above else free


_RESERVED = {*dir(KerasNetwork())}


def fit(name: str) -> str:
    """A name of a layer as one of a module can be: it stands in code that torch generates and runs."""
    plain = _UNFIT.sub("_", name[:100]) or "_"
    return f"{plain}_" if plain in _RESERVED or keyword.iskeyword(plain) else plain


def weight(array: NDArray[np.floating[Any]]) -> nn.Parameter:
    """Its numbers, in memory of their own."""
    return nn.Parameter(torch.from_numpy(np.array(array, np.float32, order="C")), requires_grad=False)
