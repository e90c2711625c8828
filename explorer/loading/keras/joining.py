"""Layers that several others go into, and the arithmetic of functional models, with constants or among layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from .applied import Applied
from .arguments import constant
from .building import Order, Value
from .network import Affine, Concatenation, Difference, Flipped, Largest, Mean, Product, Quotient, Smallest, Sum
from .normalising import affine

_REVERSED = "reversed"
_ONE, _NONE = constant(1.0), constant(0.0)


def merged(applied: Applied) -> Value:
    """Add, Multiply and their kin: the same place of each, where one place may stand for all."""
    if len(applied.values) < 2:
        return arithmetic(applied)  # an operation, which the older kind of file does not tell from a layer
    return _together(applied, _MERGED[applied.layer.kind], applied.values)


def arithmetic(applied: Applied) -> Value:
    """The signs + - * / of a functional model, whose other side may be a constant."""
    name = _SAME.get(applied.layer.operation, applied.layer.operation)
    sides = [*applied.args, *(applied.kwargs[key] for key in ("x1", "x2", "x", "y") if key in applied.kwargs)]
    if len(sides) == 1 and isinstance(sides[0], list):
        sides = sides[0]
    if len(sides) != 2 or name not in _SIGNS:
        applied.refuse("which does not join two values")
    left, right = sides
    if isinstance(left, Value) and isinstance(right, Value):
        return _together(applied, _SIGNS[name], (left, right))
    value_first = isinstance(left, Value)
    number = constant(right if value_first else left)
    if name == "add":
        return affine(applied, _ONE, number)
    if name == "multiply":
        return affine(applied, number, _NONE)
    if name == "subtract":
        return affine(applied, _ONE, -number) if value_first else affine(applied, -_ONE, number)
    if not value_first or not number.all():
        applied.refuse("which divides a constant, or by nothing")
    return affine(applied, (1 / number).astype(np.float32), _NONE)


def bias_add(applied: Applied) -> Value:
    bias = applied.kwargs.get("bias", applied.args[1] if len(applied.args) > 1 else None)
    return affine(applied, _ONE, constant(bias))


def scaled_sum(applied: Applied) -> Value:
    """Inception-ResNet's: the first of two, and so much of the second."""
    if len(applied.values) != 2:
        applied.refuse("which reads other than two values")
    first, second = applied.values
    factor = partial(Affine, applied.settings.number("scale"), 0.0)
    return _together(applied, Sum, (first, applied.add(factor, second, what="scale")))


def concatenate(applied: Applied) -> Value:
    values, rank = applied.values, len(applied.values[0].shape) if applied.values else 0
    if not values or any(len(value.shape) != rank for value in values):
        applied.refuse("which joins values of other than one form")
    axis = applied.settings.axis(rank) - 1
    alike = [value.shape[:axis] + value.shape[axis + 1 :] for value in values]
    if len(set(alike)) > 1:
        applied.refuse("which joins values of other than one form")
    axes = values[0].axes
    if rank > 1:
        values = tuple(applied.building.with_axes(value, axes, _path(applied, i)) for i, value in enumerate(values))
    total = sum(value.shape[axis] for value in values)
    shape = (*values[0].shape[:axis], total, *values[0].shape[axis + 1 :])
    order = _joined(values) if rank == 1 else None
    made = partial(Concatenation, axes[axis])
    return applied.building.add(applied.path, axes, made, values, shape, axes, order)


def get_item(applied: Applied) -> Value:
    """One channel of the picture, x[..., 2], or all in the opposite order, x[..., ::-1]: how colours are turned round.
    Nothing else of what brackets can do is known."""
    value, asked = applied.value, _last_of(applied)
    if len(value.shape) == 3 and asked == _REVERSED:
        return _flipped(applied, value)
    if len(value.shape) != 3 or not isinstance(asked, int) or not -value.shape[2] <= asked < value.shape[2]:
        applied.refuse("which takes a piece of its values, other than colours in another order")
    return Value(value.number, value.shape[:2], value.axes, channel=asked % value.shape[2])


def stack(applied: Applied) -> Value:
    """The three channels that `get_item` took, as a picture again."""
    values = applied.values
    channels = [value.channel for value in values]
    one = len({value.number for value in values}) == 1
    if applied.settings.get("axis") not in (-1, 3) or not one or channels != [2, 1, 0]:
        applied.refuse("which stacks values other than the colours of a picture, blue first")
    return _flipped(applied, Value(values[0].number, (*values[0].shape, 3), values[0].axes))


def mean_of_places(applied: Applied) -> Value:
    """The mean over height and width, as a functional model writes a global pooling."""
    maps, channels, *_ = applied.maps()
    asked = applied.settings.get("axis") or applied.kwargs.get("axis")
    if asked not in ([1, 2], [2, 1], [-3, -2]):
        applied.refuse("which takes a mean over other axes than height and width")
    pooled = applied.add(partial(nn.AdaptiveAvgPool2d, 1), maps, (1, 1, channels))
    if applied.settings.flag("keepdims", False) or applied.kwargs.get("keepdims"):
        return pooled
    return applied.add(nn.Flatten, pooled, (channels,), "flatten")


def same(applied: Applied) -> Value:
    """A change of precision, of which there is one alone here."""
    return applied.value


def _together(applied: Applied, make: Callable[[], nn.Module], values: Sequence[Value]) -> Value:
    """Values of one form; of several axes and of one, the one is the channels."""
    most = max(values, key=lambda value: (len(value.shape), value.n))
    rank = len(most.shape)
    if rank > 1:
        fitted = tuple(_fitted(applied, value, most, _path(applied, i)) for i, value in enumerate(values))
    elif all(np.array_equal(_places(value), _places(most)) for value in values):
        fitted = tuple(values)
    else:
        fitted = tuple(applied.building.as_written(value, _path(applied, i)) for i, value in enumerate(values))
    try:
        shape = np.broadcast_shapes(*(value.shape for value in fitted))
    except ValueError:
        applied.refuse(f"which joins values of {' and '.join(str(value.shape) for value in values)}")
    return applied.building.add(applied.path, rank, make, fitted, shape, fitted[0].axes, fitted[0].order)


def _fitted(applied: Applied, value: Value, most: Value, path: tuple[str, ...]) -> Value:
    if len(value.shape) == len(most.shape):
        return applied.building.with_axes(value, most.axes, path)
    if len(value.shape) != 1 or len(most.shape) != 3:
        applied.refuse(f"which joins values of {value.shape} and {most.shape}")
    plain = applied.building.as_written(value, path)
    lengths = [1, 1, 1]
    lengths[most.axes[-1] - 1] = plain.shape[0]
    path = (*path[:-1], f"{path[-1]}_unflatten")
    made = partial(nn.Unflatten, 1, tuple(lengths))
    return applied.building.add(path, most.axes, made, (plain,), (1, 1, *plain.shape), most.axes)


def _flipped(applied: Applied, value: Value) -> Value:
    if value.axes[2] != 1:
        applied.refuse("which turns round what are no colours")
    return applied.building.add(applied.path, None, Flipped, (value,), value.shape, value.axes)


def _last_of(applied: Applied) -> Any:
    """What brackets ask of the last axis, where they take all of the others."""
    asked: Any = applied.kwargs.get("slice_spec") or (applied.args[1] if len(applied.args) > 1 else None)
    if not isinstance(asked, list) or len(asked) not in (2, 4):
        return None
    if not all(_is_all(item) for item in asked[:-1]):
        return None
    last = asked[-1]
    if isinstance(last, Mapping):
        return _REVERSED if _bounds(last) == (None, None, -1) else None
    return last if isinstance(last, int) and not isinstance(last, bool) else None


def _is_all(item: Any) -> bool:
    """Whether it is `...` or `:`."""
    if not isinstance(item, Mapping):
        return False
    return item.get("class_name") == "__ellipsis__" or _bounds(item) in ((None, None, None), (None, None, 1))


def _bounds(item: Mapping[str, Any]) -> tuple[Any, ...]:
    """Start, stop and step of what stands between colons, as Keras 3 and Keras 2 write it."""
    inside: Any = item.get("config") or item
    names = ("start", "stop", "step")
    return tuple(inside[name] for name in names) if isinstance(inside, Mapping) and {*names} <= inside.keys() else ()


def _places(value: Value) -> Order:
    return np.arange(value.n) if value.order is None else value.order


def _joined(values: Sequence[Value]) -> Order | None:
    if all(value.order is None for value in values):
        return None
    starts = np.cumsum([0, *(value.n for value in values)])
    return np.concatenate([_places(value) + start for value, start in zip(values, starts, strict=False)])


def _path(applied: Applied, i: int) -> tuple[str, ...]:
    return (*applied.path[:-1], f"{applied.path[-1]}_{i}")


_MERGED: Mapping[str, Callable[[], nn.Module]] = {
    "Add": Sum, "Subtract": Difference, "Multiply": Product, "Average": Mean, "Maximum": Largest, "Minimum": Smallest,
}  # fmt: skip
_SIGNS: Mapping[str, Callable[[], nn.Module]] = {
    "add": Sum, "subtract": Difference, "multiply": Product, "divide": Quotient,
}  # fmt: skip
_SAME: Mapping[str, str] = {"sub": "subtract", "mul": "multiply", "truediv": "divide", "truedivide": "divide"}
ARITHMETIC = (*_SIGNS, *_SAME, "biasadd")
JOINING: Mapping[str, Callable[[Applied], Value]] = {
    **dict.fromkeys(_MERGED, merged),
    "Concatenate": concatenate,
    "CustomScaleLayer": scaled_sum,
}
JOINING_OPERATIONS: Mapping[str, Callable[[Applied], Value]] = {
    **dict.fromkeys(ARITHMETIC, arithmetic),
    "biasadd": bias_add,
    "getitem": get_item,
    "stack": stack,
    "mean": mean_of_places,
    "reducemean": mean_of_places,
    "concatenate": concatenate,
    **dict.fromkeys(("cast", "identity"), same),
}
