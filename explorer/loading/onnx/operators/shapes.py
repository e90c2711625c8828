"""Other shapes and other orders of the same values.

A file that was made for one picture says how many there are wherever it says a shape; here it holds for any number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from ....errors import BadModelFile
from ..assembly import BATCHES, Assembly, Known, Step, Value
from ..document import Node

MOST = 1 << 20


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
    return shaped(b, node, x, pairs[0], pairs[1])


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
    return shaped(b, node, x, shapes[0], shapes[1])


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


def shaped(b: Assembly, node: Node, x: Value, one: Sequence[int], other: Sequence[int]) -> Value:
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
    axes = [i for i, n in enumerate(shape) if n == 1] if asked is None else axes_of(node, asked, len(shape))
    if isinstance(x, Step) and x.is_batch and 0 in axes:
        if b.batch != 1:
            raise BadModelFile(f"leaves out the axis of the pictures in {node.described}")
        raise BadModelFile(f"is made for one picture alone: {node.described} leaves out the axis that counts them")
    if any(shape[axis] != 1 for axis in axes):
        raise BadModelFile(f"leaves out an axis that is longer than 1 in {node.described}")
    shapes = [[n for i, n in enumerate(one.shape) if i not in axes] for one in x.samples]
    return shaped(b, node, x, shapes[0], shapes[1])


def unsqueeze(b: Assembly, node: Node) -> Value:
    x = b.value(node, 0)
    asked = b.integers(node, 1, "axes") or []
    axes = axes_of(node, asked, x.samples[0].ndim + len(asked))
    shapes = []
    for one in x.samples:
        lengths = list(one.shape)
        for axis in sorted(axes):
            lengths.insert(axis, 1)
        shapes.append(lengths)
    return shaped(b, node, x, shapes[0], shapes[1])


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


def depth_to_space(b: Assembly, node: Node) -> Value:
    x, size = b.step(node, n_axes=4), node.setting("blocksize", 0)
    _, channels, height, width = x.shape
    if size < 1 or size > MOST or channels % (size * size):
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


def axes_of(node: Node, axes: Sequence[int], n_axes: int) -> list[int]:
    """The axes that are meant, each counted from the first. Raises BadModelFile."""
    if not all(-n_axes <= axis < n_axes for axis in axes) or len({axis % n_axes for axis in axes}) < len(axes):
        raise BadModelFile(f"gives {node.described} axes {list(axes)[:8]}; what it reads has {n_axes}")
    return [axis % n_axes for axis in axes]
