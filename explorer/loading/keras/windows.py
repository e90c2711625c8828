"""Layers that slide a window over maps: convolutions and poolings; and dense layers, of which they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from ...networks.same import SamePadding
from .activations import activated
from .applied import Applied
from .building import MAPS, Value, weight
from .hdf5 import Array

Pair = tuple[int, int]

_AT_ONCE = 128  # rows to be transposed: as many as a processor's cache holds, which is eight times as fast as all


def conv2d(applied: Applied) -> Value:
    settings = applied.settings
    maps, channels, *_ = applied.maps()
    filters, groups, kernel = settings.whole("filters"), settings.whole("groups", 1), settings.pair("kernel_size")
    if channels % groups or filters % groups:
        applied.refuse(f"whose {groups} groups do not divide {channels} channels into {filters} filters")
    weights = applied.weights((*kernel, channels // groups, filters), *_bias(applied, filters))
    in_torch = weights[0].transpose(3, 2, 0, 1)
    made = _convolution(applied, maps, in_torch, weights[1:], groups)
    return activated(applied, made)


def depthwise_conv2d(applied: Applied) -> Value:
    maps, channels, *_ = applied.maps()
    kernel, times = applied.settings.pair("kernel_size"), applied.settings.whole("depth_multiplier", 1)
    weights = applied.weights((*kernel, channels, times), *_bias(applied, channels * times))
    made = _convolution(applied, maps, _of_each(weights[0]), weights[1:], channels)
    return activated(applied, made)


def separable_conv2d(applied: Applied) -> Value:
    """One kernel for each channel, then 1x1 kernels."""
    settings = applied.settings
    maps, channels, *_ = applied.maps()
    kernel, times, filters = (
        settings.pair("kernel_size"),
        settings.whole("depth_multiplier", 1),
        settings.whole("filters"),
    )
    weights = applied.weights((*kernel, channels, times), (1, 1, channels * times, filters), *_bias(applied, filters))
    wide = _convolution(applied, maps, _of_each(weights[0]), [], channels, ".depthwise")
    pointwise = weights[1].transpose(3, 2, 0, 1)
    _, height, width = _sizes(applied, wide)
    made = applied.add(
        partial(_conv, pointwise, weights[2:]), wide, applied.shape(filters, height, width), ".pointwise"
    )
    return activated(applied, made)


def dense(applied: Applied) -> Value:
    """Of a row, torch's dense layer; of maps the same at each place, which is a convolution with 1x1 kernels."""
    value, units = applied.value, applied.settings.whole("units")
    if not value.shape or len(value.shape) not in (1, 3):
        applied.refuse(f"which reads {len(value.shape)} axes of numbers, where a row or maps are needed")
    weights = applied.weights((value.shape[-1], units), *_bias(applied, units))
    if len(value.shape) == 3:
        maps = applied.building.with_axes(value, MAPS, applied.path)
        in_torch = weights[0].T[:, :, None, None]
        made = applied.add(partial(_conv, in_torch, weights[1:]), maps, (*value.shape[:2], units))
    else:
        made = applied.building.add(applied.path, value.order_key, partial(_linear, value, weights), (value,), (units,))
    return activated(applied, made)


def pooling2d(applied: Applied) -> Value:
    """Of a window that reaches over the edge only what lies in the maps counts, as TensorFlow has it: torch's own
    padding, and its `ceil_mode` where the window reaches farther over the lower edge than over the upper one."""
    settings, is_max = applied.settings, applied.layer.kind.startswith("Max")
    maps, channels, *sizes = applied.maps()
    window = settings.pair("pool_size", 2)
    stride = settings.pair("strides") if "strides" in settings else window
    padding = settings.choice("padding", ("valid", "same"), "valid")
    same = SamePadding(window, stride)
    edges = [same.zeros(n, axis) for axis, n in enumerate(sizes)] if padding == "same" else [(0, 0), (0, 0)]
    after = _after(applied, sizes, window, stride, (1, 1), padding)
    shape = applied.shape(channels, *after)
    is_ceil = any(before != behind for before, behind in edges)
    if any(before != behind and step == 1 for (before, behind), step in zip(edges, stride, strict=True)):
        if not is_max:
            applied.refuse(
                "an average over a padded window with an even side that moves by one place, as none here does"
            )
        # torch has nothing for it; a window that reaches over the edge holds the edge's cells, and again is no higher
        top, bottom, left, right = (n for ends in edges for n in ends)
        wide = applied.shape(channels, sizes[0] + top + bottom, sizes[1] + left + right)
        maps = applied.add(partial(nn.ReplicationPad2d, (left, right, top, bottom)), maps, wide, "pad", tuple(edges))
        edges, is_ceil = [(0, 0), (0, 0)], False
    if padding == "same" and stride != (1, 1):  # where the first window lies is a matter of the size
        applied.building.is_for_one_size = True
    pad = edges[0][0], edges[1][0]
    key = (pad, is_ceil)
    if is_max:
        return applied.add(partial(nn.MaxPool2d, window, stride, pad, ceil_mode=is_ceil), maps, shape, key=key)
    make = partial(nn.AvgPool2d, window, stride, pad, ceil_mode=is_ceil, count_include_pad=False)
    return applied.add(make, maps, shape, key=key)


def global_pooling2d(applied: Applied) -> Value:
    maps, channels, height, width = applied.maps()
    is_average = "Average" in applied.layer.kind
    make: Callable[[], nn.Module] = (
        partial(nn.AdaptiveAvgPool2d, 1) if is_average else partial(nn.MaxPool2d, (height, width))
    )
    if not is_average:
        applied.building.is_for_one_size = True
    pooled = applied.add(make, maps, applied.shape(channels, 1, 1), key=None if is_average else (height, width))
    if applied.settings.flag("keepdims", False):
        return pooled
    return applied.add(nn.Flatten, pooled, (channels,), "flatten")


def _bias(applied: Applied, n: int) -> list[tuple[int]]:
    return [(n,)] if applied.settings.flag("use_bias", True) else []


def _of_each(kernel: Array) -> Array:
    """(H, W, C, M) as torch has it, (C M, 1, H, W)."""
    height, width, channels, times = kernel.shape
    return kernel.transpose(2, 3, 0, 1).reshape(channels * times, 1, height, width)


def _convolution(applied: Applied, maps: Value, kernel: Array, bias: list[Array], groups: int, what: str = "") -> Value:
    settings = applied.settings
    channels, *sizes = _sizes(applied, maps)
    window: Pair = (kernel.shape[2], kernel.shape[3])
    stride, dilation = settings.pair("strides", 1), settings.pair("dilation_rate", 1)
    padding = settings.choice("padding", ("valid", "same"), "valid")
    after = _after(applied, sizes, window, stride, dilation, padding)
    pad, spans = (0, 0), [(k - 1) * d for k, d in zip(window, dilation, strict=True)]
    if padding == "same" and any(spans):
        if stride == (1, 1) and not any(span % 2 for span in spans):
            pad = spans[0] // 2, spans[1] // 2
        else:
            same = SamePadding(window, stride, dilation)
            wide = [n + sum(same.zeros(n, axis)) for axis, n in enumerate(sizes)]
            maps = applied.add(lambda: same, maps, applied.shape(channels, *wide), f"{what}_pad" if what else "pad")
    make = partial(_conv, kernel, bias, stride=stride, padding=pad, dilation=dilation, groups=groups)
    return applied.add(make, maps, applied.shape(len(kernel), *after), what)


def _sizes(applied: Applied, maps: Value) -> tuple[int, int, int]:
    """Channels, height, width."""
    first, second, third = maps.shape
    return (first, second, third) if applied.settings.is_channels_first else (third, first, second)


def _after(
    applied: Applied, sizes: list[int], window: Pair, stride: Pair, dilation: Pair, padding: str
) -> tuple[int, int]:
    """How many places the window finds."""
    if padding == "same":
        found = [-(-n // step) for n, step in zip(sizes, stride, strict=True)]
    else:
        reach = [(side - 1) * apart + 1 for side, apart in zip(window, dilation, strict=True)]
        found = [(n - length) // step + 1 for n, length, step in zip(sizes, reach, stride, strict=True)]
    if min(found) < 1:
        applied.refuse(f"whose window of {window[0]} × {window[1]} finds no place in {sizes[0]} × {sizes[1]} cells")
    return found[0], found[1]


def _conv(kernel: Array, bias: list[Array], **settings: Any) -> nn.Conv2d:
    n_out, n_in, *window = kernel.shape
    groups = settings.get("groups", 1)
    made = nn.Conv2d(n_in * groups, n_out, (window[0], window[1]), bias=bool(bias), device="meta", **settings)
    made.weight = weight(kernel)
    if bias:
        made.bias = weight(bias[0])
    return made


def _linear(value: Value, weights: list[Array]) -> nn.Linear:
    n_in, n_out = weights[0].shape
    made = nn.Linear(n_in, n_out, bias=len(weights) > 1, device="meta")
    places = np.arange(n_in) if value.order is None else np.argsort(value.order)
    kernel = np.empty((n_out, n_in), np.float32)
    for start in range(0, n_in, _AT_ONCE):
        kernel[:, start : start + _AT_ONCE] = weights[0][places[start : start + _AT_ONCE]].T
    made.weight = nn.Parameter(torch.from_numpy(kernel), requires_grad=False)
    if len(weights) > 1:
        made.bias = weight(weights[1])
    return made


WINDOWS: Mapping[str, Callable[[Applied], Value]] = {
    "Conv2D": conv2d,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
    "Dense": dense,
    "MaxPooling2D": pooling2d,
    "AveragePooling2D": pooling2d,
    "GlobalAveragePooling2D": global_pooling2d,
    "GlobalMaxPooling2D": global_pooling2d,
}
