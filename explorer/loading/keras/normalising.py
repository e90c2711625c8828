"""Layers that shift and scale: batch norm and its kin, and the scaling of pictures that some networks do themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from torch import nn

from .applied import Applied
from .arguments import constant
from .building import MAPS, Value, axes_of, weight
from .hdf5 import Array
from .network import Affine

_LEAST_DEVIATION = 1e-7  # keras.backend.epsilon()


def batch_normalization(applied: Applied) -> Value:
    settings = applied.settings
    value, n = _with_channels(applied)
    has_scale, has_shift = settings.flag("scale", True), settings.flag("center", True)
    found = applied.weights(*[(n,)] * (2 + has_scale + has_shift))
    scale = found.pop(0) if has_scale else np.ones(n, np.float32)
    shift = found.pop(0) if has_shift else np.zeros(n, np.float32)
    arrays = [_in_torch(value, array) for array in (scale, shift, *found)]
    epsilon = settings.number("epsilon", 1e-3)
    kind = nn.BatchNorm2d if len(value.shape) == 3 else nn.BatchNorm1d

    def make() -> nn.Module:
        made = kind(n, eps=epsilon, device="meta")
        made.weight, made.bias = weight(arrays[0]), weight(arrays[1])
        made.running_mean, made.running_var = weight(arrays[2]).data, weight(arrays[3]).data
        made.num_batches_tracked = torch.tensor(0)
        return made

    return applied.add(make, value, key=(kind, value.order_key))


def layer_normalization(applied: Applied) -> Value:
    """Over the channels at each place."""
    settings, value = applied.settings, applied.value
    axis = settings.axis(len(value.shape))
    if axis != len(value.shape) or len(value.shape) not in (1, 3) or settings.flag("rms_scaling", False):
        applied.refuse("which normalises over more than the channels at each place")
    n, has_scale, has_shift = value.shape[-1], settings.flag("scale", True), settings.flag("center", True)
    found = applied.weights(*[(n,)] * (has_scale + has_shift))
    scale = found.pop(0) if has_scale else np.ones(n, np.float32)
    shift = found.pop(0) if has_shift else np.zeros(n, np.float32)
    arrays = [_in_torch(value, array) for array in (scale, shift)]

    def make() -> nn.Module:
        made = nn.LayerNorm(n, settings.number("epsilon", 1e-3), device="meta")
        made.weight, made.bias = weight(arrays[0]), weight(arrays[1])
        return made

    last = applied.building.with_axes(value, axes_of(value.shape), applied.path)
    made = applied.add(make, last, key=value.order_key)
    return applied.building.with_axes(made, value.axes, (*applied.path[:-1], f"{applied.path[-1]}_back"))


def rescaling(applied: Applied) -> Value:
    return affine(applied, constant(applied.settings.get("scale")), constant(applied.settings.get("offset") or 0.0))


def normalization(applied: Applied) -> Value:
    """A data set's mean and variance, from the configuration or learnt of the data."""
    settings, value = applied.settings, applied.value
    axes = settings.get("axis")
    axes = [axes] if isinstance(axes, int) else axes or []
    rank = len(value.shape)
    if not isinstance(axes, list) or not all(axis in (-1, rank) for axis in axes) or settings.flag("invert", False):
        applied.refuse("which takes mean and variance over other axes than usual, or turns them round")
    if "mean" in settings and "variance" in settings:
        mean, variance = constant(settings.get("mean")), constant(settings.get("variance"))
    else:
        mean, variance = applied.weights(*[(value.shape[-1],) if axes else ()] * 2)
    with np.errstate(invalid="ignore"):  # affine refuses what is no number
        deviation = np.maximum(np.sqrt(variance), np.float32(_LEAST_DEVIATION))
    return affine(applied, 1 / deviation, -mean / deviation)


def layer_scale(applied: Applied) -> Value:
    """ConvNeXt's: a factor for each channel."""
    (scale,) = applied.weights((applied.value.shape[-1],))
    return affine(applied, scale, constant(0.0))


def affine(applied: Applied, scale: Array, shift: Array) -> Value:
    """scale * x + shift, with constants that meet x as numpy's do."""
    value = applied.value
    if not (np.isfinite(scale).all() and np.isfinite(shift).all()):
        applied.refuse("which scales by what is no finite number")
    fitted = [_broadcast(applied, value, array) for array in (scale, shift)]
    return applied.add(partial(Affine, *fitted), value, key=value.order_key)


def _broadcast(applied: Applied, value: Value, array: Array) -> torch.Tensor | float:
    """A constant as torch is to have it: a number, or a tensor that meets each value's own axes."""
    if array.size == 1:
        return float(array.ravel()[0])
    while array.ndim > len(value.shape) and array.shape[0] == 1:
        array = array[0]
    rank = len(value.shape)
    array = array.reshape((1,) * (rank - array.ndim) + array.shape) if array.ndim <= rank else array
    if array.ndim != rank or any(n not in (1, m) for n, m in zip(array.shape, value.shape, strict=True)):
        applied.refuse(f"whose constants of {array.shape} do not meet values of {value.shape}")
    return torch.from_numpy(np.array(value.in_torch(array), np.float32, order="C"))


def _with_channels(applied: Applied) -> tuple[Value, int]:
    """What a batch norm reads, with its channels where torch has them; and how many they are."""
    value = applied.value
    axis = applied.settings.axis(len(value.shape))
    if len(value.shape) == 1:
        return value, value.shape[0]
    usual = {3: MAPS, 1: axes_of(value.shape)}.get(axis)
    if len(value.shape) != 3 or usual is None:
        applied.refuse("which normalises over another axis than that of the channels")
    return applied.building.with_axes(value, usual, applied.path), value.shape[axis - 1]


def _in_torch(value: Value, array: Array) -> Array:
    """What belongs to each channel, or to each place of a row."""
    return value.in_torch(array) if len(value.shape) == 1 else array


NORMALISING: Mapping[str, Callable[[Applied], Value]] = {
    **dict.fromkeys(
        ("BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization"),
        batch_normalization,
    ),
    "LayerNormalization": layer_normalization,
    "Rescaling": rescaling,
    "Normalization": normalization,
    "LayerScale": layer_scale,
}
