"""Poolings: of windows, of whole maps, and along any axes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from ....errors import BadModelFile
from ..assembly import Assembly, Known, Step, Value
from ..document import Node
from .shapes import axes_of
from .windows import WindowSettings, coverage, padded, places, window_of

_MOST_CELLS = 1 << 22  # of a window, and of the places that it finds
_NEVER_BELOW_0 = (nn.ReLU, nn.ReLU6, nn.Sigmoid, nn.Hardsigmoid)


def max_pool(b: Assembly, node: Node) -> Value:
    x = b.step(node, n_axes=4)
    if len([name for name in node.outputs if name]) > 1:
        raise BadModelFile(f"asks {node.described} for the places of the highest values, which none here reads")
    window, is_ceil = window_of(node, x.shape[2:]), bool(node.setting("ceil_mode", 0))
    found = _checked(node, x, window, is_ceil)
    for ceil_mode in (False, True):
        if _fits(x, window, found, ceil_mode):
            module = nn.MaxPool2d(window.kernel, window.strides, window.pads[:2], window.dilations, False, ceil_mode)
            return b.module(node, module, x)
    lowest = 0 if isinstance(x.operation, _NEVER_BELOW_0) and _is_narrow(window) else -math.inf
    x = padded(b, node, x, _whole(x, window, found), lowest)
    return b.module(node, nn.MaxPool2d(window.kernel, window.strides, 0, window.dilations), x)


def average_pool(b: Assembly, node: Node) -> Value:
    x = b.step(node, n_axes=4)
    window, is_ceil = window_of(node, x.shape[2:]), bool(node.setting("ceil_mode", 0))
    counts = bool(node.setting("count_include_pad", 0))
    if window.dilations != (1, 1):
        raise BadModelFile(f"spreads the window of {node.described}; averages of such windows are not known here")
    found = _checked(node, x, window, is_ceil)
    for ceil_mode in (False, True):
        # with the border counted, a window that reaches beyond it is another in torch than here
        is_same = window.pads[:2] == window.pads[2:] and ceil_mode == is_ceil if counts else True
        if is_same and _fits(x, window, found, ceil_mode):
            return b.module(node, nn.AvgPool2d(window.kernel, window.strides, window.pads[:2], ceil_mode, counts), x)
    cells = coverage(x.shape[2:], window, counts, found)
    whole = padded(b, node, x, _whole(x, window, found))
    made = b.module(node, nn.AvgPool2d(window.kernel, window.strides), whole)
    full = math.prod(window.kernel)
    if (cells == full).all():
        return made
    return b.function(node, operator.mul, made, _same(full / cells))


def global_pool(module: Callable[[], nn.Module]) -> Callable[[Assembly, Node], Value]:
    return lambda b, node: b.module(node, module(), b.step(node, n_axes=4))


def reduced(function: Callable[..., Any]) -> Callable[[Assembly, Node], Value]:
    """A reduction along axes, of torch's functions that take axes and `keepdim`."""
    return lambda b, node: _along(b, node, b.value(node, 0), function)


def sum_of_squares(b: Assembly, node: Node) -> Value:
    x = b.value(node, 0)
    return _along(b, node, b.function(node, operator.mul, x, x), torch.sum)


def length(b: Assembly, node: Node) -> Value:
    """The root of the sum of squares."""
    return b.function(node, torch.sqrt, sum_of_squares(b, node))


def _along(b: Assembly, node: Node, x: Value, function: Callable[..., Any]) -> Value:
    n_axes = x.samples[0].ndim
    asked = b.integers(node, 1, "axes")
    if not asked and node.setting("noop_with_empty_axes", 0):
        return x
    axes = sorted(axes_of(node, asked or range(n_axes), n_axes))
    keeps = bool(node.setting("keepdims", 1))
    if isinstance(x, Step) and x.is_batch and 0 in axes:
        raise BadModelFile(f"mixes the pictures of a batch in {node.described}")
    if function is not torch.mean or not isinstance(x, Step):
        return b.function(node, function, x, axes, keepdim=keeps)
    if axes == [2, 3] and n_axes == 4 and keeps:
        return b.module(node, nn.AdaptiveAvgPool2d(1), x)
    if n_axes == 4 and axes in ([2, 3], [1, 2]):
        return b.function(node, torch.mean, x, axes, keepdim=keeps)
    # a mean over other axes is no pooling, as which it would be shown
    total = b.function(node, torch.sum, x, axes, keepdim=keeps)
    return b.function(node, operator.mul, total, 1 / math.prod(x.shape[axis] for axis in axes))


def _same(tensor: torch.Tensor) -> Known:
    return Known((tensor, tensor))


def _checked(node: Node, x: Step, window: WindowSettings, is_ceil: bool) -> tuple[int, int]:
    found = places(x.shape[2:], window, is_ceil)
    if min(found) < 1 or math.prod(found) > _MOST_CELLS or math.prod(window.kernel) > _MOST_CELLS:
        raise BadModelFile(
            f"has {node.described} whose window, {window.kernel[0]} × {window.kernel[1]}, does not fit maps of "
            f"{x.shape[2]} × {x.shape[3]}"
        )
    return found


def _fits(x: Step, window: WindowSettings, found: tuple[int, int], ceil_mode: bool) -> bool:
    """Whether torch's own pooling, with the border before the maps on both sides, finds the same places."""
    top, left = window.pads[:2]
    own = replace(window, pads=(top, left, top, left))
    is_narrow = all(2 * p <= k for p, k in zip(own.pads, window.kernel * 2, strict=True))
    return is_narrow and places(x.shape[2:], own, ceil_mode) == found


def _is_narrow(window: WindowSettings) -> bool:
    """Whether every place of the window holds a cell of the maps."""
    return all(p < k for p, k in zip(window.pads, window.kernel * 2, strict=True)) and window.dilations == (1, 1)


def _whole(x: Step, window: WindowSettings, found: Sequence[int]) -> tuple[int, int, int, int]:
    """The border with which a window finds just these places, and each of them whole."""
    ends = [
        max(0, (found[i] - 1) * window.strides[i] + (window.kernel[i] - 1) * window.dilations[i] + 1
            - x.shape[2 + i] - window.pads[i])
        for i in range(2)
    ]  # fmt: skip
    return window.pads[0], window.pads[1], ends[0], ends[1]
