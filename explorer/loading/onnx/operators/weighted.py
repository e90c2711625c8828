"""Sums of products with weights: convolutions and dense layers."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from ....errors import BadModelFile
from ..assembly import Assembly, Known, Step, Value
from ..document import Node
from .windows import padded, window_of

_MOST_PRODUCTS = 1 << 30  # of constants
_SETTINGS = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups")  # of a Conv2d


def conv(b: Assembly, node: Node) -> Value:
    weight, bias = b.constant(node, 1), b.constant(node, 2) if b.has(node, 2) else None
    if weight.ndim != 4:
        raise BadModelFile(f"has {node.described} with a weight of {weight.ndim} axes; convolutions of pictures have 4")
    x = b.step(node, n_axes=4)
    n_out, n_group, *kernel = weight.shape
    groups = node.setting("group", 1)
    if not weight.numel() or groups < 1 or n_out % groups or n_group * groups != x.shape[1]:
        raise BadModelFile(
            f"has {node.described} whose weight, {' × '.join(map(str, weight.shape))}, does not fit {x.shape[1]} "
            f"channels in {groups} group{'' if groups == 1 else 's'}"
        )
    window = window_of(node, x.shape[2:], (kernel[0], kernel[1]))
    top, left, bottom, right = window.pads
    if (top, left) != (bottom, right):
        x = padded(b, node, x, window.pads)
        top = left = 0
    module = nn.Conv2d(
        n_group * groups, n_out, window.kernel, window.strides, (top, left), window.dilations, groups,
        bias is not None, device="meta",
    )  # fmt: skip
    return b.module(node, module, x, weight=weight, bias=bias)


def gemm(b: Assembly, node: Node) -> Value:
    x, weight = b.step(node, n_axes=2), b.constant(node, 1)
    if node.setting("transA", 0) or weight.ndim != 2:
        raise BadModelFile(f"multiplies in {node.described} what is no row of numbers for each picture with weights")
    weight = weight if node.setting("transB", 0) else weight.t()
    alpha, beta = node.setting("alpha", 1.0), node.setting("beta", 1.0)
    bias = b.constant(node, 2) if b.has(node, 2) else None
    if bias is not None:
        bias = _bias(node, bias, weight.shape[0])
        bias = bias if beta == 1 else bias * beta
    return _linear(b, node, x, weight if alpha == 1 else weight * alpha, bias)


def matmul(b: Assembly, node: Node) -> Value:
    left, right = b.value(node, 0), b.value(node, 1)
    if isinstance(left, Step) and isinstance(right, Known) and right.value.ndim == 2:
        return _linear(b, node, left, right.value.t(), None)
    if isinstance(left, Known) and isinstance(right, Known):
        one, other = left.samples[0], right.samples[0]
        if one.numel() * (other.shape[-1] if other.ndim > 1 else 1) > _MOST_PRODUCTS:
            raise BadModelFile(f"multiplies very large constants in {node.described}")
    return b.function(node, torch.matmul, left, right)


def with_bias(b: Assembly, one: Value, other: Value) -> Value | None:
    """What an addition is, where it gives a dense layer or a convolution without a bias its bias; else None."""
    for step, constant in ((one, other), (other, one)):
        if not isinstance(step, Step) or not isinstance(constant, Known) or "bias" in step.weights:
            continue
        made = _biased(step.operation, tuple(constant.samples[0].shape), len(step.shape))
        if made is not None and step.node is not None:
            return b.module(step.node, made, step.args[0], **step.weights, bias=constant.value.reshape(-1))
    return None


def _biased(module: object, shape: tuple[int, ...], n_axes: int) -> nn.Module | None:
    """The same layer with a bias, if what is added has one number for each of its outputs."""
    if len(shape) > n_axes:
        return None
    if isinstance(module, nn.Linear) and shape[-1:] == (math.prod(shape),) == (module.out_features,):
        return nn.Linear(module.in_features, module.out_features, device="meta")
    if isinstance(module, nn.Conv2d) and shape[-3:] == (module.out_channels, 1, 1) and shape[:-3] in ((), (1,)):
        settings: dict[str, Any] = {name: getattr(module, name) for name in _SETTINGS}
        return nn.Conv2d(**settings, device="meta")
    return None


def _linear(b: Assembly, node: Node, x: Step, weight: torch.Tensor, bias: torch.Tensor | None) -> Value:
    n_out, n_in = weight.shape
    if not weight.numel() or x.shape[-1] != n_in:
        raise BadModelFile(
            f"has {node.described} that reads rows of {n_in} numbers, and is given {x.shape[-1]}: with another size of "
            "picture there would be others"
        )
    module = nn.Linear(n_in, n_out, bias is not None, device="meta")
    return b.module(node, module, x, weight=weight, bias=bias)


def _bias(node: Node, bias: torch.Tensor, n: int) -> torch.Tensor:
    if bias.ndim > 2 or (bias.ndim == 2 and bias.shape[0] != 1) or bias.shape[-1:] not in ((), (1,), (n,)):
        raise BadModelFile(f"gives {node.described} a bias that is not one number for each output")
    return bias.reshape(-1).expand(n)
