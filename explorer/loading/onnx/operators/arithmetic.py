"""Sums, products, comparisons: of values of the picture, and of constants and shapes."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from ....errors import BadModelFile
from ..assembly import Assembly, Known, Step, Value
from ..document import Node
from .activations import divided, multiplied
from .normalisations import by_parts, with_weight
from .weighted import with_bias

_FLOATS = (1, 10, 11, 16)  # as the format numbers its types: all of them are float32 here
_WHOLE = (2, 3, 4, 5, 6, 7, 12, 13)
_BOOL = 9
_MOST_ITEMS = 1 << 20
_BOUNDS: dict[Any, str] = {torch.maximum: "min", torch.minimum: "max"}  # where one of the two is a number


def called(function: Callable[..., Any]) -> Callable[[Assembly, Node], Value]:
    """A function of as many values as the operation reads."""
    return lambda b, node: b.function(node, function, *b.plain([b.value(node, i) for i in range(len(node.inputs))]))


def folded(function: Callable[..., Any]) -> Callable[[Assembly, Node], Value]:
    """A function of two values, for any number of them."""

    def translate(b: Assembly, node: Node) -> Value:
        first, *others = (b.value(node, i) for i in range(len(node.inputs)))
        return functools.reduce(lambda one, other: _pair(b, node, function, one, other), others, first)

    return translate


def _pair(b: Assembly, node: Node, function: Callable[..., Any], *values: Value) -> Value:
    one, other = b.plain(values)
    for bound, number in ((one, other), (other, one)):
        if function in _BOUNDS and not isinstance(number, (Known, Step)):
            if (_BOUNDS[function], number) == ("min", 0):
                return b.module(node, nn.ReLU(), bound)
            return b.function(node, torch.clamp, bound, **{_BOUNDS[function]: number})
    return b.function(node, function, one, other)


def add(b: Assembly, node: Node) -> Value:
    one, other = b.value(node, 0), b.value(node, 1)
    known = with_bias(b, one, other) or with_weight(b, one, other, "bias")
    return known or b.function(node, operator.add, *b.plain([one, other]))


def mul(b: Assembly, node: Node) -> Value:
    one, other = b.value(node, 0), b.value(node, 1)
    known = multiplied(b, node, one, other) or with_weight(b, one, other, "weight")
    return known or b.function(node, operator.mul, *b.plain([one, other]))


def div(b: Assembly, node: Node) -> Value:
    one, other = b.value(node, 0), b.value(node, 1)
    if all(isinstance(value, Known) and not value.samples[0].is_floating_point() for value in (one, other)):
        return b.function(node, torch.div, one, other, rounding_mode="trunc")
    known = divided(b, node, one, other) or by_parts(b, node, one, other)
    return known or b.function(node, operator.truediv, *b.plain([one, other]))


def mod(b: Assembly, node: Node) -> Value:
    function = torch.fmod if node.setting("fmod", 0) else torch.remainder
    return b.function(node, function, b.value(node, 0), b.value(node, 1))


def cast(b: Assembly, node: Node) -> Value:
    x, kind = b.value(node, 0), node.setting("to")
    if kind in _FLOATS:
        return x if x.samples[0].is_floating_point() else b.function(node, torch.Tensor.float, x)
    if isinstance(x, Step) or kind not in (*_WHOLE, _BOOL):
        raise BadModelFile(
            f"makes whole numbers, or a kind of numbers that is not read, of the picture in {node.described}"
        )
    return b.function(node, torch.Tensor.bool if kind == _BOOL else torch.Tensor.long, x)


def shape(b: Assembly, node: Node) -> Value:
    x = b.value(node, 0)
    n_axes = x.samples[0].ndim
    start, end = node.setting("start", 0), node.setting("end", n_axes)
    one, other = (torch.tensor(tuple(sample.shape)[slice(start, end)], dtype=torch.int64) for sample in x.samples)
    return Known((one, one if torch.equal(one, other) else other))


def size(b: Assembly, node: Node) -> Value:
    one, other = (torch.tensor(sample.numel()) for sample in b.value(node, 0).samples)
    return Known((one, other))


def constant_of_shape(b: Assembly, node: Node) -> Value:
    shapes, value = b.lists(node, 0), node.setting("value")
    number = torch.zeros(1) if value is None else b.store.tensor(value)
    if number.numel() != 1 or any(n < 0 for n in shapes[0] + shapes[1]) or len(shapes[0]) > 16:
        raise BadModelFile(f"asks {node.described} for what no tensor is")
    filled = number.reshape(()).item()
    return b.made(
        node, _sizes(shapes), lambda world: torch.full(shapes[world], filled, dtype=number.dtype)
    )  # fmt: skip


def constant(b: Assembly, node: Node) -> Value:
    settings = dict(node.settings)
    if "value" in settings:
        tensor = b.store.tensor(settings["value"])
    else:
        plain = [
            settings[name] for name in ("value_float", "value_int", "value_floats", "value_ints") if name in settings
        ]
        if len(plain) != 1 or plain[0] is None:
            raise BadModelFile(f"holds text, a sparse tensor or nothing in {node.described}")
        is_whole = "value_int" in settings or "value_ints" in settings
        tensor = torch.tensor(plain[0], dtype=torch.int64 if is_whole else torch.float32)
    return Known((tensor, tensor))


def span(b: Assembly, node: Node) -> Value:
    """The numbers from a start to an end, in steps."""
    ends = [b.value(node, index) for index in range(3)]
    if not all(isinstance(value, Known) and value.samples[0].numel() == 1 for value in ends):
        raise BadModelFile(f"makes of the picture what {node.described} reads as a constant")
    worlds = [tuple(value.samples[world].item() for value in ends) for world in range(2)]
    counts = []
    for start, end, step in worlds:
        n = (end - start) / step if step else float("nan")
        if not -_MOST_ITEMS < n < _MOST_ITEMS:
            raise BadModelFile(f"asks {node.described} for {n:,.0f} numbers")
        counts.append(max(0, int(-(-n // 1))))
    dtype = ends[0].samples[0].dtype
    return b.made(
        node, (counts[0], counts[1]),
        lambda world: (torch.arange(counts[world]) * worlds[world][2] + worlds[world][0]).to(dtype),
    )  # fmt: skip


def product(x: torch.Tensor, axes: list[int], keepdim: bool) -> torch.Tensor:
    """The product along axes."""
    for axis in sorted(axes, reverse=True):
        x = x.prod(axis, keepdim=keepdim)
    return x


def _sizes(shapes: tuple[list[int], list[int]]) -> tuple[int, int]:
    sizes = [functools.reduce(operator.mul, one, 1) for one in shapes]
    return sizes[0], sizes[1]
