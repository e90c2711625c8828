"""Parts of values, several values as one, and borders around them: no value changes."""

from __future__ import annotations

import math
import operator

import torch
from torch.nn import functional as F

from ....errors import BadModelFile
from ..assembly import BATCHES, Assembly, Known, Step, Value
from ..document import Node
from .shapes import MOST, axes_of, shaped
from .windows import padded

_MODES = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}


def concat(b: Assembly, node: Node) -> Value:
    values = [b.value(node, index) for index in range(len(node.inputs))]
    n_axes = values[0].samples[0].ndim if values else 0
    (axis,) = axes_of(node, [node.setting("axis", 1)], n_axes)
    if axis == 0 and any(isinstance(value, Step) and value.is_batch for value in values) and len(values) > 1:
        raise BadModelFile(f"mixes the pictures of a batch in {node.described}")
    return values[0] if len(values) == 1 else b.function(node, torch.cat, values, axis)


def split(b: Assembly, node: Node) -> tuple[Value, ...]:
    x = b.value(node, 0)
    shape = x.samples[0].shape
    (axis,) = axes_of(node, [node.setting("axis", 0)], len(shape))
    n, n_parts = shape[axis], len(node.outputs)
    sizes = b.integers(node, 1, "split")
    if sizes is None:
        size = -(-n // n_parts)
        sizes = [min(size, n - i * size) for i in range(n_parts)]
    if sum(sizes) != n or min(sizes) < 0 or len(sizes) != n_parts or (isinstance(x, Step) and x.is_batch and not axis):
        raise BadModelFile(f"splits {n} numbers into parts of {sizes[:8]} in {node.described}")
    starts = [sum(sizes[:i]) for i in range(n_parts)]
    if isinstance(x, Known):
        return tuple(b.function(node, torch.narrow, x, axis, at, size) for at, size in zip(starts, sizes, strict=True))
    if 0 in sizes:
        raise BadModelFile(f"splits {n} numbers into parts of {sizes[:8]} in {node.described}")
    parts = b.function(node, torch.split, x, tuple(sizes), axis)
    return tuple(b.function(node, operator.getitem, parts, index) for index in range(n_parts))


def cut(b: Assembly, node: Node) -> Value:
    """A part of a value along some axes: ONNX's Slice."""
    x = b.value(node, 0)
    shape = x.samples[0].shape
    starts, ends = b.integers(node, 1, "starts"), b.integers(node, 2, "ends")
    if starts is None or ends is None:
        raise BadModelFile(f"leaves out what {node.described} reads")
    asked = b.integers(node, 3, "axes")
    axes = axes_of(node, range(len(starts)) if asked is None else asked, len(shape))
    steps = b.integers(node, 4, "steps") or [1] * len(axes)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise BadModelFile(f"gives {node.described} starts, ends and axes that do not belong together")
    slices = [slice(None)] * len(shape)
    turned = []
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if isinstance(x, Step) and x.is_batch and axis == 0:
            if start == 0 and step == 1 and end >= (b.batch or MOST):
                continue
            raise BadModelFile(f"takes some pictures of a batch in {node.described}")
        n = shape[axis]
        if step < 0:  # backwards: turned around first
            start, end, step = n - 1 - _place(start, n, -1), n - 1 - _place(end, n, -1), -step
            turned.append(axis)
        else:
            start, end = _place(start, n, 0), _place(end, n, 0)
        slices[axis] = slice(start, max(start, end), step)
    whole = all(one == slice(None) or one.indices(n) == (0, n, 1) for one, n in zip(slices, shape, strict=True))
    if turned:
        x = b.function(node, torch.flip, x, tuple(turned))
    return x if whole else b.function(node, operator.getitem, x, tuple(slices))


def _place(at: int, n: int, least: int) -> int:
    """Where a slice begins or ends on an axis of n: counted from the end if negative, and no further than it goes."""
    return min(max(at + n if at < 0 else at, least), n if least == 0 else n - 1)


def gather(b: Assembly, node: Node) -> Value:
    x, places = b.value(node, 0), b.value(node, 1)
    shape = x.samples[0].shape
    (axis,) = axes_of(node, [node.setting("axis", 0)], len(shape))
    if isinstance(x, Step) and isinstance(places, Known) and axis == 0:
        return _same_in_another_shape(b, node, x, places)
    index = b.constant(node, 1)
    if index.is_floating_point() or not index.numel():
        raise BadModelFile(f"gives {node.described} no whole numbers to look up")
    n = shape[axis]
    if index.min() < -n or index.max() >= n:
        raise BadModelFile(f"looks up in {node.described} what is not there")
    index = torch.where(index < 0, index + n, index)
    if index.ndim == 0:
        return b.function(node, torch.select, x, axis, int(index))
    taken = b.function(node, torch.index_select, x, axis, Known((index.reshape(-1), index.reshape(-1))))
    shapes = [(*one.shape[:axis], *index.shape, *one.shape[axis + 1 :]) for one in x.samples]
    return taken if index.ndim == 1 else shaped(b, node, taken, shapes[0], shapes[1])


def _same_in_another_shape(b: Assembly, node: Node, x: Step, places: Known) -> Value:
    """Looking up every number of a picture once, in their order: as torch's exporter writes `as_strided`."""
    source = x.args[0] if x.operation is torch.reshape and len(x.shape) == 1 else x
    shapes = []
    for world, n in enumerate(BATCHES):
        index = places.samples[world]
        n_pictures = n if b.batch is None else b.batch
        if (
            not isinstance(source, Step) or not source.is_batch or index.shape[:1] != (n_pictures,)
            or index.numel() != math.prod(source.shape[1:]) * n_pictures
            or not torch.equal(index.reshape(-1), torch.arange(index.numel()))
        ):  # fmt: skip
            raise BadModelFile(f"takes some pictures of a batch in {node.described}")
        shapes.append((n, *index.shape[1:]))
    return shaped(b, node, source, shapes[0], shapes[1])


def tile(b: Assembly, node: Node) -> Value:
    x, repeats = b.value(node, 0), b.integers(node, 1, "repeats") or []
    if len(repeats) != x.samples[0].ndim or not all(0 <= n <= MOST for n in repeats):
        raise BadModelFile(f"repeats in {node.described} what it cannot")
    return x if set(repeats) == {1} else b.function(node, torch.tile, x, tuple(repeats))


def pad(b: Assembly, node: Node) -> Value:
    x = b.step(node)
    n_axes, mode = len(x.shape), _MODES.get(node.setting("mode", "constant"))
    amounts = b.integers(node, 1, "pads") or []
    if b.has(node, 3):
        axes = axes_of(node, b.integers(node, 3, "axes") or [], n_axes)
        spread = [0] * (2 * n_axes)
        for axis, before, after in zip(axes, amounts, amounts[len(axes) :], strict=False):
            spread[axis], spread[axis + n_axes] = before, after
        amounts = spread
    least = -MOST if mode == "constant" else 0  # a border below 0 is cut off
    if mode is None or len(amounts) != 2 * n_axes or not all(least <= n <= MOST for n in amounts) or amounts[0]:
        raise BadModelFile(f"sets a border that no map has in {node.described}")
    value = b.constant(node, 2).reshape(-1)[:1] if b.has(node, 2) else None
    number = float(value.item()) if value is not None and value.numel() else float(node.setting("value", 0.0))
    if not any(amounts):
        return x
    if mode == "constant" and n_axes == 4 and not any((amounts[1], amounts[4], amounts[5])):
        return padded(b, node, x, (amounts[2], amounts[3], amounts[6], amounts[7]), number)
    last = max(axis for axis in range(n_axes) if amounts[axis] or amounts[axis + n_axes])
    first = min(axis for axis in range(n_axes) if amounts[axis] or amounts[axis + n_axes])
    around: list[int] = []
    for axis in range(n_axes - 1, first - 1, -1):
        around += [amounts[axis], amounts[axis + n_axes]]
    if mode != "constant" and (n_axes != 4 or first < 2 or last > 3):
        raise BadModelFile(f"sets a border of mirrored values across channels in {node.described}")
    if mode == "constant":
        return b.function(node, F.pad, x, tuple(around), value=number)
    return b.function(node, F.pad, x, (*around, *([0, 0] if first == 3 else [])), mode)
