"""Normalisations: by numbers that the file holds, or by those of the picture itself."""

from __future__ import annotations

import math
import operator

import torch
from torch import nn
from torch.nn import functional as F

from ....errors import BadModelFile
from ..assembly import Assembly, Known, Step, Value
from ..document import Node

_BATCH_NORMS = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}
_INSTANCE_NORMS = {3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d}


def batch_norm(b: Assembly, node: Node) -> Value:
    weight, bias, mean, variance = (b.constant(node, index) for index in range(1, 5))
    eps, trains = node.setting("epsilon", 1e-5), bool(node.setting("training_mode", 0))
    x = b.value(node, 0)
    if isinstance(x, Known):  # a weight that is standardised
        own = (None, None) if trains else (mean, variance)
        return b.function(node, F.batch_norm, x, *map(_constant, (*own, weight, bias)), trains, 0.0, eps)
    if trains or not node.setting("spatial", 1):
        raise BadModelFile(
            f"is made for training: {node.described} uses the mean of the batch. Export it after .eval()"
        )
    if len(x.shape) not in _BATCH_NORMS:
        raise BadModelFile(f"gives {node.described} a value with {len(x.shape)} axes")
    module = _BATCH_NORMS[len(x.shape)](weight.numel(), eps, device="meta")
    if weight.numel() != x.shape[1]:
        raise BadModelFile(f"has {node.described} for {weight.numel()} channels, and gives it {x.shape[1]}")
    return b.module(node, module, x, weight=weight, bias=bias, running_mean=mean, running_var=variance)


def layer_norm(b: Assembly, node: Node) -> Value:
    x = b.step(node)
    axis = node.setting("axis", -1)
    if not -len(x.shape) < axis < len(x.shape) or axis == 0:
        raise BadModelFile(f"gives {node.described} axis {axis}; what it reads has {len(x.shape)} axes")
    shape = x.shape[axis:]
    weight = _broadcast(node, b.constant(node, 1), shape)
    bias = _broadcast(node, b.constant(node, 2), shape) if b.has(node, 2) else None
    module = nn.LayerNorm(shape, node.setting("epsilon", 1e-5), bias=bias is not None, device="meta")
    return b.module(node, module, x, weight=weight, bias=bias)


def by_parts(b: Assembly, node: Node, one: Value, other: Value) -> Value | None:
    """The layer norm that a quotient is, (x - mean) / √(mean of its square + eps), as sets of operators before 17 write
    it; None where it is none."""
    if not isinstance(one, Step) or one.operation is not operator.sub or not isinstance(other, Step):
        return None
    x, mean = one.args
    axes = _mean_axes(mean, x)
    line = other.args[0] if other.operation is torch.sqrt else None
    if axes is None or not isinstance(line, Step) or line.operation is not operator.add:
        return None
    variance, eps = line.args if isinstance(line.args[0], Step) else line.args[::-1]
    squared = _averaged(variance)
    is_square = isinstance(squared, Step) and (
        (squared.operation is operator.pow and squared.args[0] is one and squared.args[1] == 2)
        or (squared.operation is operator.mul and squared.args[0] is one and squared.args[1] is one)
    )
    if not is_square or _mean_axes(variance, squared) != axes or not isinstance(eps, float):
        return None
    return b.module(node, nn.LayerNorm(x.shape[axes[0] :], eps, elementwise_affine=False), x)


def with_weight(b: Assembly, one: Value, other: Value, name: str) -> Value | None:
    """What a product or a sum is, where it gives such a layer norm its weight or its bias; None where it does not."""
    for step, constant in ((one, other), (other, one)):
        if not isinstance(step, Step) or not isinstance(constant, Known) or step.node is None:
            continue
        module, order = step.operation, ["weight", "bias"]
        if not isinstance(module, nn.LayerNorm) or list(step.weights) != order[: order.index(name)]:
            continue
        if tuple(constant.samples[0].shape) == tuple(module.normalized_shape):
            made = nn.LayerNorm(module.normalized_shape, module.eps, bias=name == "bias", device="meta")
            return b.module(step.node, made, step.args[0], **step.weights, **{name: constant.value})
    return None


def _averaged(value: object) -> object:
    """What a mean over axes is taken of: see `pooling.reduced`."""
    total = value.args[0] if isinstance(value, Step) and value.operation is operator.mul else None
    return total.args[0] if isinstance(total, Step) and total.operation is torch.sum else None


def _mean_axes(value: object, x: object) -> list[int] | None:
    """The last axes over which a value is the mean of x, with their places kept."""
    if not isinstance(x, Step) or not isinstance(value, Step) or _averaged(value) is not x:
        return None
    axes: list[int] = value.args[0].args[1]
    is_last = axes == list(range(len(x.shape)))[-len(axes) :] and 0 not in axes
    is_mean = abs(value.args[1] * math.prod(x.shape[axis] for axis in axes) - 1) < 1e-6
    return axes if is_last and is_mean and value.args[0].kwargs["keepdim"] else None


def instance_norm(b: Assembly, node: Node) -> Value:
    x, weight, bias = b.step(node), b.constant(node, 1), b.constant(node, 2)
    if len(x.shape) not in _INSTANCE_NORMS or weight.numel() != x.shape[1]:
        raise BadModelFile(f"gives {node.described} maps that do not fit its weights")
    kind = _INSTANCE_NORMS[len(x.shape)]
    module = kind(weight.numel(), node.setting("epsilon", 1e-5), affine=True, device="meta")
    return b.module(node, module, x, weight=weight, bias=bias)


def group_norm(b: Assembly, node: Node) -> Value:
    x, weight, bias = b.step(node), b.constant(node, 1), b.constant(node, 2)
    n, n_groups = x.shape[1], node.setting("num_groups", 0)
    if n_groups < 1 or n % n_groups:
        raise BadModelFile(f"divides {n} channels into {n_groups} groups in {node.described}")
    if weight.numel() == n_groups != n and b.opset < 21:  # one for each group, as it was at first
        weight, bias = (one.repeat_interleave(n // n_groups) for one in (weight, bias))
    module = nn.GroupNorm(n_groups, n, node.setting("epsilon", 1e-5), device="meta")
    return b.module(node, module, x, weight=weight, bias=bias)


def response_norm(b: Assembly, node: Node) -> Value:
    x, size = b.step(node, n_axes=4), node.setting("size", 0)
    if size < 1 or not size % 2 or size > 2 * x.shape[1]:
        raise BadModelFile(f"normalises over {size} channels in {node.described}; an odd number can be read")
    alpha, beta = node.setting("alpha", 1e-4), node.setting("beta", 0.75)
    return b.module(node, nn.LocalResponseNorm(size, alpha, beta, node.setting("bias", 1.0)), x)


def lp_norm(b: Assembly, node: Node) -> Value:
    x, axis = b.step(node), node.setting("axis", -1)
    if not -len(x.shape) <= axis < len(x.shape) or axis % len(x.shape) == 0:
        raise BadModelFile(f"gives {node.described} axis {axis}; what it reads has {len(x.shape)} axes")
    return b.function(node, F.normalize, x, p=float(node.setting("p", 2)), dim=axis, eps=0.0)


def _constant(tensor: torch.Tensor | None) -> Known | None:
    return None if tensor is None else Known((tensor, tensor))


def _broadcast(node: Node, weight: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    if weight.numel() != math.prod(shape):
        raise BadModelFile(f"gives {node.described} weights whose shapes do not belong together")
    return weight.reshape(shape)
