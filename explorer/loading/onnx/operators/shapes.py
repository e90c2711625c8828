"""What changes no value: other shapes, other orders, parts, and several values as one.

A file that was made for one picture says how many there are wherever it says a shape; here it holds for any number.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional as F

from ....errors import BadModelFile
from ..assembly import BATCHES, Assembly, Known, Step, Value
from ..document import Node
from .windows import padded

_MODES = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}
_MOST = 1 << 20


def same(b: Assembly, node: Node) -> Value:
    return b.value(node, 0)


def flatten(b: Assembly, node: Node) -> Value:
    x = b.value(node, 0)
    n_axes = x.samples[0].ndim
    axis = node.setting("axis", 1)
    if not -n_axes <= axis <= n_axes:
        raise BadModelFile(f"gives {node.described} axis {axis}; what it reads has {n_axes} axes")
    axis = axis % n_axes if axis < 0 else axis
    pairs = [(math.prod(one.shape[:axis]), math.prod(one.shape[axis:])) for one in x.samples]
    return _shaped(b, node, x, pairs[0], pairs[1])


def reshape(b: Assembly, node: Node) -> Value:
    x = b.value(node, 0)
    if b.has(node, 1):
        asked = b.lists(node, 1)
    else:
        asked = (node.integers("shape"), node.integers("shape"))
    copies = not node.setting("allowzero", 0)
    shapes = [
        _resolved(node, tuple(x.samples[world].shape), asked[world], copies, _factor(b, x, world)) for world in range(2)
    ]
    return _shaped(b, node, x, shapes[0], shapes[1])


def _factor(b: Assembly, x: Value, world: int) -> tuple[int, int] | None:
    """The pictures in a batch here and in the file, where the first axis counts them and the file knows how many."""
    if b.batch is None or isinstance(x, Known) or not x.is_batch:
        return None
    return BATCHES[world], b.batch


def _resolved(
    node: Node, given: tuple[int, ...], asked: Sequence[int], copies: bool, batch: tuple[int, int] | None
) -> tuple[int, ...]:
    """The shape that is asked for, in numbers."""
    shape = list(asked)
    if len(shape) > 16 or shape.count(-1) > 1 or any(n < -1 for n in shape):
        raise BadModelFile(f"asks {node.described} for a shape that no tensor has")
    if copies:
        if any(n == 0 and i >= len(given) for i, n in enumerate(shape)):
            raise BadModelFile(f"asks {node.described} for a shape that no tensor has")
        shape = [given[i] if n == 0 else n for i, n in enumerate(shape)]
    n = math.prod(given)
    if batch is not None and shape:
        here, there = batch
        if -1 in shape[1:]:
            shape[0] = here if asked[0] == there else shape[0]
        elif math.prod(shape) * here == n * there and shape[0] * here % there == 0:
            shape[0] = shape[0] * here // there
    rest = math.prod(length for length in shape if length != -1)
    if -1 in shape:
        if not rest or n % rest:
            raise BadModelFile(_misfit(node, given, asked))
        shape[shape.index(-1)] = n // rest
    if math.prod(shape) != n:
        raise BadModelFile(_misfit(node, given, asked))
    return tuple(shape)


def _misfit(node: Node, given: Sequence[int], asked: Sequence[int]) -> str:
    return (
        f"cannot be run: {node.described} makes {' × '.join(map(str, asked))} of "
        f"{' × '.join(map(str, given[1:]))} numbers for each picture"
    )


def _shaped(b: Assembly, node: Node, x: Value, one: Sequence[int], other: Sequence[int]) -> Value:
    """A value in another shape, of a batch of 2 and of 3."""
    if isinstance(x, Known):
        return b.made(node, (0, 0), lambda world: x.samples[world].reshape((tuple(one), tuple(other))[world]))
    before = x.shape
    if tuple(one) == before:
        return x
    if len(one) == 2 and x.is_batch and tuple(n[0] for n in (one, other)) == BATCHES:
        return b.function(node, torch.flatten, x, 1)
    return b.function(node, torch.reshape, x, literal(node, one, other))


def literal(node: Node, one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    """A shape for any number of pictures: -1 where they are counted."""
    if len(one) != len(other):
        raise BadModelFile(f"computes with the number of pictures in a batch in {node.described}")
    shape = tuple(n if n == m else -1 for n, m in zip(one, other, strict=True))
    if shape.count(-1) > 1:
        raise BadModelFile(f"mixes the pictures of a batch in {node.described}")
    return shape


def squeeze(b: Assembly, node: Node) -> Value:
    x = b.value(node, 0)
    shape = x.samples[0].shape
    asked = b.integers(node, 1, "axes")
    axes = [i for i, n in enumerate(shape) if n == 1] if asked is None else _axes(node, asked, len(shape))
    if isinstance(x, Step) and x.is_batch and 0 in axes:
        if b.batch != 1:
            raise BadModelFile(f"leaves out the axis of the pictures in {node.described}")
        raise BadModelFile(f"is made for one picture alone: {node.described} leaves out the axis that counts them")
    if any(shape[axis] != 1 for axis in axes):
        raise BadModelFile(f"leaves out an axis that is longer than 1 in {node.described}")
    shapes = [[n for i, n in enumerate(one.shape) if i not in axes] for one in x.samples]
    return _shaped(b, node, x, shapes[0], shapes[1])


def unsqueeze(b: Assembly, node: Node) -> Value:
    x = b.value(node, 0)
    asked = b.integers(node, 1, "axes") or []
    axes = _axes(node, asked, x.samples[0].ndim + len(asked))
    shapes = []
    for one in x.samples:
        lengths = list(one.shape)
        for axis in sorted(axes):
            lengths.insert(axis, 1)
        shapes.append(lengths)
    return _shaped(b, node, x, shapes[0], shapes[1])


def transpose(b: Assembly, node: Node) -> Value:
    x = b.value(node, 0)
    n_axes = x.samples[0].ndim
    order = node.integers("perm", range(n_axes)[::-1])
    if sorted(order) != list(range(n_axes)):
        raise BadModelFile(f"puts the axes of a value with {n_axes} into an order that is none in {node.described}")
    if order == list(range(n_axes)):
        return x
    if isinstance(x, Step) and x.operation is torch.permute:
        before = x.args[1]
        if [before[axis] for axis in order] == list(range(n_axes)):
            return x.args[0]  # and back
    return b.function(node, torch.permute, x, tuple(order))


def concat(b: Assembly, node: Node) -> Value:
    values = [b.value(node, index) for index in range(len(node.inputs))]
    n_axes = values[0].samples[0].ndim if values else 0
    (axis,) = _axes(node, [node.setting("axis", 1)], n_axes)
    if axis == 0 and any(isinstance(value, Step) and value.is_batch for value in values) and len(values) > 1:
        raise BadModelFile(f"mixes the pictures of a batch in {node.described}")
    return values[0] if len(values) == 1 else b.function(node, torch.cat, values, axis)


def split(b: Assembly, node: Node) -> tuple[Value, ...]:
    x = b.value(node, 0)
    shape = x.samples[0].shape
    (axis,) = _axes(node, [node.setting("axis", 0)], len(shape))
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
    axes = _axes(node, range(len(starts)) if asked is None else asked, len(shape))
    steps = b.integers(node, 4, "steps") or [1] * len(axes)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise BadModelFile(f"gives {node.described} starts, ends and axes that do not belong together")
    slices = [slice(None)] * len(shape)
    turned = []
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if isinstance(x, Step) and x.is_batch and axis == 0:
            if start == 0 and step == 1 and end >= (b.batch or _MOST):
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
    x, index = b.value(node, 0), b.constant(node, 1)
    shape = x.samples[0].shape
    (axis,) = _axes(node, [node.setting("axis", 0)], len(shape))
    if index.is_floating_point() or not index.numel():
        raise BadModelFile(f"gives {node.described} no whole numbers to look up")
    if isinstance(x, Step) and axis == 0:
        return _same_in_another_shape(b, node, x, index)
    n = shape[axis]
    if index.min() < -n or index.max() >= n:
        raise BadModelFile(f"looks up in {node.described} what is not there")
    index = torch.where(index < 0, index + n, index)
    if index.ndim == 0:
        return b.function(node, torch.select, x, axis, int(index))
    taken = b.function(node, torch.index_select, x, axis, Known((index.reshape(-1), index.reshape(-1))))
    shapes = [(*one.shape[:axis], *index.shape, *one.shape[axis + 1 :]) for one in x.samples]
    return taken if index.ndim == 1 else _shaped(b, node, taken, shapes[0], shapes[1])


def _same_in_another_shape(b: Assembly, node: Node, x: Step, index: torch.Tensor) -> Value:
    """Looking up every number of a picture once, in their order: as torch's exporter writes `as_strided`."""
    source = x.args[0] if x.operation is torch.reshape and len(x.shape) == 1 else x
    is_whole = isinstance(source, Step) and source.is_batch and b.batch == index.shape[:1].numel()
    if not is_whole or not torch.equal(index.reshape(-1), torch.arange(index.numel())):
        raise BadModelFile(f"takes some pictures of a batch in {node.described}")
    if index.numel() != math.prod(source.shape[1:]) * index.shape[0]:
        raise BadModelFile(f"takes some pictures of a batch in {node.described}")
    one, other = ((n, *index.shape[1:]) for n in BATCHES)
    return _shaped(b, node, source, one, other)


def expand(b: Assembly, node: Node) -> Value:
    x, asked = b.value(node, 0), b.lists(node, 1)
    shapes = []
    for world in range(2):
        given, wanted = x.samples[world].shape, asked[world]
        n_axes = max(len(given), len(wanted))
        pairs = zip((1,) * (n_axes - len(given)) + tuple(given), [1] * (n_axes - len(wanted)) + wanted, strict=True)
        shapes.append([m if n == 1 else n for n, m in pairs if n == m or 1 in (n, m)])
        if len(shapes[-1]) != n_axes or any(n < 0 for n in wanted):
            raise BadModelFile(f"cannot be run: {node.described} does not fit what it reads")
    if isinstance(x, Known):
        sizes = (math.prod(shapes[0]), math.prod(shapes[1]))
        return b.made(node, sizes, lambda world: x.samples[world].expand(shapes[world]))
    return x if tuple(shapes[0]) == x.shape else b.function(
        node, torch.broadcast_to, x, literal(node, shapes[0], shapes[1])
    )  # fmt: skip


def tile(b: Assembly, node: Node) -> Value:
    x, repeats = b.value(node, 0), b.integers(node, 1, "repeats") or []
    if len(repeats) != x.samples[0].ndim or not all(0 <= n <= _MOST for n in repeats):
        raise BadModelFile(f"repeats in {node.described} what it cannot")
    return x if set(repeats) == {1} else b.function(node, torch.tile, x, tuple(repeats))


def pad(b: Assembly, node: Node) -> Value:
    x = b.step(node)
    n_axes, mode = len(x.shape), _MODES.get(node.setting("mode", "constant"))
    amounts = b.integers(node, 1, "pads") or []
    if b.has(node, 3):
        axes = _axes(node, b.integers(node, 3, "axes") or [], n_axes)
        spread = [0] * (2 * n_axes)
        for axis, before, after in zip(axes, amounts, amounts[len(axes) :], strict=False):
            spread[axis], spread[axis + n_axes] = before, after
        amounts = spread
    if mode is None or len(amounts) != 2 * n_axes or not all(0 <= n <= _MOST for n in amounts) or amounts[0]:
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


def depth_to_space(b: Assembly, node: Node) -> Value:
    x, size = b.step(node, n_axes=4), node.setting("blocksize", 0)
    _, channels, height, width = x.shape
    if size < 1 or size > _MOST or channels % (size * size):
        raise BadModelFile(f"spreads {channels} channels over blocks of {size} × {size} in {node.described}")
    n = channels // (size * size)
    is_depth_first = node.setting("mode", "DCR") == "DCR"
    inner, order = ((size, size, n), (0, 3, 4, 1, 5, 2)) if is_depth_first else ((n, size, size), (0, 1, 4, 2, 5, 3))
    apart = b.function(node, torch.reshape, x, (-1, *inner, height, width))
    turned = b.function(node, torch.permute, apart, order)
    return b.function(node, torch.reshape, turned, (-1, n, height * size, width * size))


def space_to_depth(b: Assembly, node: Node) -> Value:
    x, size = b.step(node, n_axes=4), node.setting("blocksize", 0)
    _, channels, height, width = x.shape
    if size < 1 or height % size or width % size:
        raise BadModelFile(f"takes blocks of {size} × {size} out of {height} × {width} cells in {node.described}")
    apart = b.function(node, torch.reshape, x, (-1, channels, height // size, size, width // size, size))
    turned = b.function(node, torch.permute, apart, (0, 3, 5, 1, 2, 4))
    return b.function(node, torch.reshape, turned, (-1, channels * size * size, height // size, width // size))


def resize(b: Assembly, node: Node) -> Value:
    x = b.step(node, n_axes=4)
    index = 1 if node.kind == "Upsample" or b.opset < 11 else 2
    scales: Any = b.constant(node, index).tolist() if b.has(node, index) else node.setting("scales")
    sizes = b.lists(node, 3)[0] if b.has(node, 3) else None
    is_same = tuple(sizes) == x.shape if sizes else scales and all(scale == 1 for scale in scales)
    if not is_same:
        raise BadModelFile(
            f"resizes its maps by {node.described}: what a unit behind it sees is not known here. Networks that enlarge "
            "maps cannot be read"
        )
    return x


def _axes(node: Node, axes: Sequence[int], n_axes: int) -> list[int]:
    if not all(-n_axes <= axis < n_axes for axis in axes) or len({axis % n_axes for axis in axes}) < len(axes):
        raise BadModelFile(f"gives {node.described} axes {list(axes)[:8]}; what it reads has {n_axes}")
    return [axis % n_axes for axis in axes]
