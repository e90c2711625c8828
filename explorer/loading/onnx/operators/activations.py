"""Functions of one value, and those that exporters write as several operations."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from ....errors import BadModelFile
from ..assembly import Assembly, Known, Step, Value
from ..document import Node

_NEAR = 1e-4  # constants that exporters write in half precision, or round


def plain(module: Callable[[], nn.Module]) -> Callable[[Assembly, Node], Value]:
    """An activation without settings."""
    return lambda b, node: b.module(node, module(), b.value(node, 0))


def leaky_relu(b: Assembly, node: Node) -> Value:
    return b.module(node, nn.LeakyReLU(node.setting("alpha", 0.01)), b.value(node, 0))


def elu(b: Assembly, node: Node) -> Value:
    return b.module(node, nn.ELU(node.setting("alpha", 1.0)), b.value(node, 0))


def celu(b: Assembly, node: Node) -> Value:
    return b.module(node, nn.CELU(node.setting("alpha", 1.0)), b.value(node, 0))


def selu(b: Assembly, node: Node) -> Value:
    alpha, gamma = node.setting("alpha", 1.6732632), node.setting("gamma", 1.050701)
    if _is(alpha, 1.6732632) and _is(gamma, 1.050701):
        return b.module(node, nn.SELU(), b.value(node, 0))
    inner = b.module(node, nn.ELU(alpha), b.value(node, 0))
    return b.function(node, operator.mul, inner, gamma)


def prelu(b: Assembly, node: Node) -> Value:
    x, slope = b.step(node), b.constant(node, 1)
    n = slope.numel()
    if n != 1 and (len(x.shape) < 2 or n != x.shape[1] or slope.ndim not in (1, len(x.shape) - 1, len(x.shape))):
        raise BadModelFile(f"gives {node.described} slopes that are not one for each channel")
    if n != 1 and slope.shape[-(len(x.shape) - 1)] != n and slope.ndim != 1:
        raise BadModelFile(f"gives {node.described} slopes that are not one for each channel")
    return b.module(node, nn.PReLU(n, device="meta"), x, weight=slope.reshape(-1))


def clip(b: Assembly, node: Node) -> Value:
    low, high = (_bound(b, node, i, name) for i, name in ((1, "min"), (2, "max")))
    x = b.value(node, 0)
    if isinstance(x, Step) and low == 0 and high in (None, math.inf):
        return b.module(node, nn.ReLU(), x)
    if isinstance(x, Step) and low == 0 and high == 6:
        return b.module(node, nn.ReLU6(), x)
    if low is None and high is None:
        return x
    return b.function(node, torch.clamp, x, low, high)


def hard_sigmoid(b: Assembly, node: Node) -> Value:
    alpha, beta = node.setting("alpha", 0.2), node.setting("beta", 0.5)
    x = b.value(node, 0)
    if _is(alpha, 1 / 6) and _is(beta, 0.5):
        return b.module(node, nn.Hardsigmoid(), x)
    line = b.function(node, operator.add, b.function(node, operator.mul, x, alpha), beta)
    return b.function(node, torch.clamp, line, 0.0, 1.0)


def swish(b: Assembly, node: Node) -> Value:
    x, alpha = b.value(node, 0), node.setting("alpha", 1.0)
    if _is(alpha, 1):
        return b.module(node, nn.SiLU(), x)
    gate = b.module(node, nn.Sigmoid(), b.function(node, operator.mul, x, alpha))
    return b.function(node, operator.mul, x, gate)


def gelu(b: Assembly, node: Node) -> Value:
    x = b.value(node, 0)
    if node.setting("approximate", "none") == "none":
        return b.module(node, nn.GELU(), x)
    # by tanh it is another function, of which its steps are shown
    cubed = b.function(node, operator.mul, b.function(node, operator.pow, x, 3), 0.044715)
    inner = b.function(node, operator.mul, b.function(node, operator.add, x, cubed), math.sqrt(2 / math.pi))
    gate = b.function(node, operator.add, b.module(node, nn.Tanh(), inner), 1.0)
    return b.function(node, operator.mul, b.function(node, operator.mul, x, gate), 0.5)


def softplus(b: Assembly, node: Node) -> Value:
    return b.module(node, nn.Softplus(), b.value(node, 0))


def softmax(module: Callable[[int], nn.Module]) -> Callable[[Assembly, Node], Value]:
    def translate(b: Assembly, node: Node) -> Value:
        x = b.value(node, 0)
        shape = tuple(x.samples[0].shape)
        axis = node.setting("axis", -1 if b.opset >= 13 else 1)
        if not shape or not -len(shape) <= axis < len(shape):
            raise BadModelFile(f"gives {node.described} axis {axis}; what it reads has {len(shape)} axes")
        axis %= len(shape)
        if b.opset >= 13 or math.prod(shape[axis + 1 :]) == 1:
            return b.module(node, module(axis), x)
        if axis == 0:
            raise BadModelFile(f"mixes the pictures of a batch in {node.described}")
        rows = b.module(node, module(axis), b.function(node, torch.flatten, x, axis))  # as older operators had it
        return b.function(node, torch.reshape, rows, (-1, *shape[1:]))

    return translate


def multiplied(b: Assembly, node: Node, one: Value, other: Value) -> Value | None:
    """The activation that a product is the last part of: x times its sigmoid; None where it is none."""
    for gate, x in ((one, other), (other, one)):
        if not isinstance(gate, Step) or not isinstance(x, Step):
            continue
        for kind, whole in ((nn.Sigmoid, nn.SiLU), (nn.Hardsigmoid, nn.Hardswish)):
            if isinstance(gate.operation, kind) and gate.args[0] is x:
                return b.module(node, whole(), x)
        if isinstance(gate.operation, nn.Tanh) and isinstance(gate.args[0], Step):
            inner = gate.args[0]
            if isinstance(inner.operation, nn.Softplus) and inner.args[0] is x:
                return b.module(node, nn.Mish(), x)
    return _sixth(b, node, one, other) or _by_erf(b, node, one, other)


def divided(b: Assembly, node: Node, one: Value, other: Value) -> Value | None:
    """The activation that a quotient is the last part of: (x + 3, from 0 to 6) / 6; None where it is none."""
    return _by_six(b, node, one) if _is(_number(other), 6) else None


def _sixth(b: Assembly, node: Node, one: Value, other: Value) -> Value | None:
    for x, factor in ((one, other), (other, one)):
        if _is(_number(factor), 1 / 6):
            return _by_six(b, node, x)
    return None


def _by_six(b: Assembly, node: Node, x: Value) -> Value | None:
    """A sixth of what is clipped, or of x times what is clipped."""
    if not isinstance(x, Step):
        return None
    if (source := _clipped(x)) is not None:
        return b.module(node, nn.Hardsigmoid(), source)
    if x.operation is operator.mul:
        for clipped, factor in (x.args, x.args[::-1]):
            if isinstance(factor, Step) and _clipped(clipped) is factor:
                return b.module(node, nn.Hardswish(), factor)
    return None


def _clipped(value: Any) -> Step | None:
    """x, where the value is x + 3 from 0 to 6."""
    if not isinstance(value, Step) or not isinstance(value.operation, nn.ReLU6):
        return None
    line = value.args[0]
    if not isinstance(line, Step) or line.operation is not operator.add:
        return None
    return next(
        (x for x, n in (line.args, line.args[::-1]) if isinstance(x, Step) and not isinstance(n, Step) and n == 3), None
    )


def _by_erf(b: Assembly, node: Node, one: Value, other: Value) -> Value | None:
    """GELU, whose factors x, 1 + erf(x / √2) and 1/2 exporters multiply in any order."""
    factors = [*_factors(one), *_factors(other)]
    halves = [n for n in factors if _is(_number(n), 0.5)]
    steps = [n for n in factors if isinstance(n, Step)]
    if len(factors) != 3 or len(halves) != 1 or len(steps) != 2:
        return None
    for gate, x in (steps, steps[::-1]):
        if gate.operation is not operator.add:
            continue
        for erf, n in (gate.args, gate.args[::-1]):
            if _is(_number(n), 1) and isinstance(erf, Step) and erf.operation is torch.erf and _root(erf.args[0]) is x:
                return b.module(node, nn.GELU(), x)
    return None


def _root(value: Any) -> Any:
    """x, where the value is x / √2."""
    if not isinstance(value, Step) or value.operation not in (operator.truediv, operator.mul):
        return None
    x, n = value.args
    by = math.sqrt(2) if value.operation is operator.truediv else 1 / math.sqrt(2)
    return x if _is(_number(n), by) else n if value.operation is operator.mul and _is(_number(x), by) else None


def _factors(value: Value) -> list[Any]:
    return list(value.args) if isinstance(value, Step) and value.operation is operator.mul else [value]


def _bound(b: Assembly, node: Node, index: int, name: str) -> float | None:
    if b.has(node, index):
        bound = b.constant(node, index)
        if bound.numel() != 1:
            raise BadModelFile(f"gives {node.described} more than one bound")
        return bound.item()
    value = node.setting(name)
    # older operators have the largest numbers of float32 where there is no bound
    return None if value is None or abs(value) > 3.4e38 else value


def _number(value: Any) -> float | None:
    """The one number that a constant is."""
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, Known) and value.samples[0].numel() == 1 and value.samples[0] is value.samples[1]:
        return float(value.samples[0].item())
    return None


def _is(value: float | None, expected: float) -> bool:
    return value is not None and abs(value - expected) <= _NEAR * abs(expected)
