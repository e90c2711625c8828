"""What the operations right behind a value make of it, in numbers and as formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..networks.layers import Layer
from ..networks.network import Network
from ..trace import Trace, is_close
from ..wording import number


@dataclass(frozen=True)
class Step:
    """What an operation that reads one value makes of it. `formula` is written with its numbers, `numbers` are those
    that the operation brings along (a batch norm's mean, variance, gamma, beta and eps)."""

    name: str
    kind: str
    formula: str
    value: float  # worked out in float64 from the value worked out before, not from the recorded one
    recorded: float
    size: float  # of what was added up on the way, for `is_close`
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """Whether this is what the pass recorded."""
        return is_close(self.value, self.recorded, self.size)


def _sigmoid(x: float) -> float:
    return (1 + math.tanh(x / 2)) / 2  # the same as 1 / (1 + exp(-x)), but no exponential can overflow


def _clip6(x: float) -> float:
    return float(np.clip(x, 0, 6))  # unlike min and max, it passes on what is no number


# kind -> the formula, where {} is the value, and the function; none rises faster than 1.13 times its input
_FUNCTIONS: dict[str, tuple[str, Callable[[float], float]]] = {
    "ReLU": ("max(0, {})", lambda x: float(np.maximum(x, 0))),
    "ReLU6": ("min(6, max(0, {}))", _clip6),
    "tanh": ("tanh({})", math.tanh),
    "Sigmoid": ("1 / (1 + exp(−({})))", _sigmoid),
    "SiLU": ("{0} / (1 + exp(−({0})))", lambda x: x * _sigmoid(x)),
    "GELU": ("{0} · (1 + erf({0} / √2)) / 2", lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2),
    "Hardsigmoid": ("min(6, max(0, {} + 3)) / 6", lambda x: _clip6(x + 3) / 6),
    "Hardswish": ("{0} · min(6, max(0, {0} + 3)) / 6", lambda x: x * _clip6(x + 3) / 6),
    "dropout": ("{}, as it is", lambda x: x),
    "stochastic depth": ("{}, as it is", lambda x: x),
    "permutation": ("{}, in another order of the axes", lambda x: x),
}


def _steps(
    trace: Trace, layer: Layer, unit: tuple[int, ...], value: float, size: float
) -> tuple[tuple[Step, ...], str]:
    """The operations behind a value that read nothing else, and why there are no more."""
    steps: list[Step] = []
    while True:
        readers = [reader for reader in trace.network.layers.values() if layer.name in reader.inputs]
        if len(readers) != 1:
            return tuple(steps), _ending(layer, readers)
        step = _step(trace, readers[0], unit, value, size) if readers[0].shape == layer.shape else None
        if step is None:
            return tuple(steps), f"Next, {deed(trace.network, readers[0].name)}"
        steps.append(step)
        layer, value, size = readers[0], step.value, step.size


def _step(trace: Trace, layer: Layer, unit: tuple[int, ...], value: float, size: float) -> Step | None:
    numbers: dict[str, float] = {}
    if layer.kind in _FUNCTIONS:
        formula, function = _FUNCTIONS[layer.kind]
        text, after = formula.format(number(value)), function(value)
    elif layer.kind == "batch norm":
        numbers = _batch_norm(trace.network, layer.name, unit[0])
        factor = numbers["gamma"] / math.sqrt(numbers["variance"] + numbers["eps"])
        text = (
            f"({number(value)} − {_inner(numbers['mean'])}) / √({number(numbers['variance'])} + "
            f"{number(numbers['eps'])}) · {_inner(numbers['gamma'])} + {_inner(numbers['beta'])}"
        )
        after = (value - numbers["mean"]) * factor + numbers["beta"]
        size = (size + abs(numbers["mean"])) * abs(factor) + abs(numbers["beta"])
    elif layer.kind == "multiplication" and (scale := _scale(trace.network, layer, unit[0])) is not None:
        numbers = {"factor": scale}
        text, after, size = f"{number(value)} · {_inner(scale)}", value * scale, size * abs(scale)
    else:
        return None
    return Step(layer.name, layer.kind, text, after, float(trace[layer.name][unit]), size, numbers)


def _batch_norm(network: Network, name: str, channel: int) -> dict[str, float]:
    """(x - mean) / sqrt(variance + eps) * gamma + beta, with the running mean and variance of training (Ioffe and
    Szegedy 2015, arXiv:1502.03167, alg. 2)."""
    arrays = network.weights(name)
    return {
        "mean": float(arrays["running_mean"][channel]),
        "variance": float(arrays["running_var"][channel]),
        "gamma": float(arrays["weight"][channel]) if "weight" in arrays else 1.0,
        "beta": float(arrays["bias"][channel]) if "bias" in arrays else 0.0,
        "eps": float(network.graph.setting(name, 7, "eps")),
    }


def _scale(network: Network, layer: Layer, channel: int) -> float | None:
    """What a multiplication multiplies each value of a channel by, where it is a number of its own (ConvNeXt's layer
    scale); None where it multiplies two layers."""
    factor = network.graph.setting(layer.name, 1, "other")
    if isinstance(factor, (int, float)):
        return float(factor)
    own = [*network.weights(layer.name).values()]
    if len(layer.inputs) == 1 and len(own) == 1 and own[0].size == layer.shape[0]:
        return float(own[0].ravel()[channel])
    return None


def _inner(value: float) -> str:
    """The same inside a formula, where a negative number stands in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


_DEEDS = {
    "convolution": "adds up products of {sources} with its weights",
    "dense": "adds up products of {sources} with its weights",
    "addition": "adds the values of {sources} at the same place",
    "multiplication": "multiplies the values of {sources} at the same place",
    "concatenation": "sets the channels of {sources} one behind the other, and changes no value",
    "max pooling": "passes on the highest value in each window of {sources}",
    "average pooling": "takes the mean of each window of {sources}",
    "flatten": "writes the values of {sources} in one row, and changes none",
    "layer norm": "sets the channels of {sources} at each place to mean 0 and variance 1, then scales and shifts them",
    "batch norm": "shifts and scales each channel of {sources}",
    "dropout": "passes on {sources} as it is: it drops values only in training",
    "stochastic depth": "passes on {sources} as it is: it drops values only in training",
    "permutation": "puts the axes of {sources} into another order, and changes no value",
}


def deed(network: Network, layer: str) -> str:
    """What a layer does with its inputs, as a sentence."""
    described = network.layer(layer)
    sources = " and ".join(described.inputs) or "the picture"
    if len(described.inputs) > 4:
        sources = f"{len(described.inputs)} layers"
    rule = _DEEDS.get(described.kind, "rearranges {sources}")
    if described.kind in _FUNCTIONS and described.kind not in _DEEDS:
        rule = "applies one function to each value of {sources}"
    return f"{described.name} ({described.kind}) {rule.format(sources=sources)}."


def _ending(layer: Layer, readers: list[Layer]) -> str:
    """Why the steps end at a layer that none, or more than one, reads."""
    if not readers:
        return f"Nothing reads {layer.name} any more: it is what the network answers."
    shown = ", ".join(reader.name for reader in readers[:3]) + (" …" if len(readers) > 3 else "")
    return f"{len(readers)} operations read {layer.name}, so no single one comes next: {shown}."
