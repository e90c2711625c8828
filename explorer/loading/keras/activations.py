"""Activations: layers of their own, and those that other layers name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from ...wording import quoted
from .applied import Applied
from .building import Value, weight
from .network import Exponential, OtherHardSigmoid, PiecewiseReLU, SlopeOfEach
from .settings import Settings

Make = Callable[[], nn.Module]

# Keras's name of a function -> the same in torch
_FUNCTIONS: Mapping[str, Make] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "swish": nn.SiLU,
    "gelu": nn.GELU,
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_silu": nn.Hardswish,
    "hard_swish": nn.Hardswish,
    "hard_tanh": nn.Hardtanh,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "celu": nn.CELU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "exponential": Exponential,
    "log_sigmoid": nn.LogSigmoid,
    "tanh_shrink": nn.Tanhshrink,
    "hard_shrink": nn.Hardshrink,
    "soft_shrink": nn.Softshrink,
    "leaky_relu": partial(nn.LeakyReLU, 0.2),
}
# operations of functional models whose settings change nothing of it
_OPERATIONS = {name.replace("_", ""): name for name in ("relu", "relu6", "sigmoid", "tanh", "silu", "swish", "softmax")}


def activated(applied: Applied, value: Value) -> Value:
    """What a layer's `activation` makes of its value, as an operation beside the layer's own."""
    given = applied.settings.get("activation")
    if given in ("linear", None):
        return value
    made, name = _named(applied, given, value)
    return applied.add(made, value, what=name)


def activation(applied: Applied) -> Value:
    """The layer Activation."""
    if applied.settings.get("activation") in ("linear", None):
        return applied.value
    return applied.add(_named(applied, applied.settings.get("activation"), applied.value)[0], applied.value)


def activation_layer(applied: Applied) -> Value:
    """ReLU, LeakyReLU, ELU, Softmax."""
    return applied.add(_LAYERS[applied.layer.kind](applied.settings, applied.value), applied.value)


def activation_operation(applied: Applied) -> Value:
    """A function that a functional model calls: Relu of Keras 3, nn.relu of Keras 2."""
    name = applied.layer.kind.rpartition(".")[2].lower()
    if name == "softmax" and applied.settings.get("axis") not in (-1, None):
        applied.refuse("which is taken over another axis than the last")
    return applied.add(_named(applied, _OPERATIONS[name], applied.value)[0], applied.value)


def prelu(applied: Applied) -> Value:
    value = applied.value
    shared = applied.settings.get("shared_axes") or []
    if not isinstance(shared, list) or not all(isinstance(axis, int) for axis in shared):
        applied.settings.odd("shared_axes")
    shape = tuple(1 if i + 1 in shared else n for i, n in enumerate(value.shape))
    (slope, *_) = applied.weights(shape)
    in_torch = value.in_torch(slope)
    if in_torch.size in (1, in_torch.shape[0]):  # one for each channel
        return applied.add(partial(_prelu, in_torch.ravel()), value, key=value.order_key)
    return applied.add(lambda: SlopeOfEach(weight(in_torch)), value, key=value.order_key)


def _named(applied: Applied, given: object, value: Value) -> tuple[Make, str]:
    """How to make an activation that a layer names, and what it is called."""
    if isinstance(given, Mapping) and given.get("class_name") in _LAYERS:
        kind = str(given["class_name"])
        return _LAYERS[kind](Settings(given.get("config"), applied.settings.title), value), kind.lower()
    if isinstance(given, Mapping):  # a function that Keras has registered
        given = given.get("config") if given.get("class_name") == "function" else given.get("class_name")
    name = given.rpartition(">")[2] if isinstance(given, str) else ""
    if name == "softmax":
        return partial(nn.Softmax, value.axes[-1]), name
    if name == "log_softmax":
        return partial(nn.LogSoftmax, value.axes[-1]), name
    if name == "hard_sigmoid" and applied.keras < 3:
        return OtherHardSigmoid, name
    if name not in _FUNCTIONS:
        applied.refuse(f"whose activation {quoted(str(given))} is none of Keras's own that are known here")
    return _FUNCTIONS[name], name


def _relu(settings: Settings, value: Value) -> Make:
    slope, threshold = settings.number("negative_slope", 0.0), settings.number("threshold", 0.0)
    highest = settings.number("max_value", math.inf) if "max_value" in settings else math.inf
    if threshold == 0 and highest == math.inf:
        return partial(nn.LeakyReLU, slope) if slope else nn.ReLU
    if threshold == 0 and not slope and highest > 0:
        return nn.ReLU6 if highest == 6 else partial(nn.Hardtanh, 0.0, highest)
    return partial(PiecewiseReLU, highest, slope, threshold)


def _leaky_relu(settings: Settings, value: Value) -> Make:
    return partial(nn.LeakyReLU, settings.number("alpha" if "alpha" in settings else "negative_slope", 0.3))


def _elu(settings: Settings, value: Value) -> Make:
    return partial(nn.ELU, settings.number("alpha", 1.0))


def _softmax(settings: Settings, value: Value) -> Make:
    return partial(nn.Softmax, value.axes[settings.axis(len(value.shape)) - 1])


_LAYERS: Mapping[str, Callable[[Settings, Value], Make]] = {
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
}


def _prelu(slope: Any) -> nn.PReLU:
    made = nn.PReLU(slope.size)
    made.weight = weight(slope)
    return made


ACTIVATIONS: Mapping[str, Callable[[Applied], Value]] = {
    "Activation": activation,
    "PReLU": prelu,
    **dict.fromkeys(_LAYERS, activation_layer),
}
ACTIVATION_OPERATIONS = dict.fromkeys(_OPERATIONS, activation_operation)
