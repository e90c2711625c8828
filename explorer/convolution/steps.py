"""What the operations right behind a value make of it, in numbers and as formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..networks.layers import Layer
from ..networks.network import Network
from ..recording import is_close
from ..trace import Trace
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
            return tuple(steps), f"Next, {what_it_does(trace.network, readers[0].name)}"
        steps.append(step)
        layer, value, size = readers[0], step.value, step.size


def _step(trace: Trace, layer: Layer, unit: tuple[int, ...], value: float, size: float) -> Step | None:
    numbers: dict[str, float] = {}
    kind = layer.traits
    if kind.function is not None:
        text, after = kind.formula.format(number(value)), kind.function(value)
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


def what_it_does(network: Network, layer: str) -> str:
    """What a layer does with its inputs, as a sentence."""
    described = network.layer(layer)
    sources = " and ".join(described.inputs) or "the picture"
    if len(described.inputs) > 4:
        sources = f"{len(described.inputs)} layers"
    return f"{described.name} ({described.kind}) {described.traits.what_it_does.format(sources=sources)}."


def _ending(layer: Layer, readers: list[Layer]) -> str:
    """Why the steps end at a layer that none, or more than one, reads."""
    if not readers:
        return f"Nothing reads {layer.name} any more: it is what the network answers."
    shown = ", ".join(reader.name for reader in readers[:3]) + (" …" if len(readers) > 3 else "")
    return f"{len(readers)} operations read {layer.name}, so no single one comes next: {shown}."
