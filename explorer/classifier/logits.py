"""A logit, or the difference of two, as a sum: one term for each input or channel, and a bias."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..networks.layers import counted_before
from ..networks.network import Network
from ..recording import is_close
from ..trace import FloatArray, Trace
from .decomposition import decompose, direction_of, recorded_of
from .head import Head, head
from .softmax import DoubleArray


@dataclass(frozen=True, eq=False)
class Ledger:
    """A logit, or the difference of two, as one term for each input, and a bias: value = sum of terms + bias.

    `source` are the inputs: the numbers that `reader` reads, or the channels of the last maps. `weights` and `inputs`
    multiply to the terms; None where a term is a sum of many products. `channels` tells whether input c is made of
    channel c of the last maps alone.
    """

    source: str
    reader: str
    terms: DoubleArray  # (K,)
    weights: FloatArray | None  # (K,)
    inputs: FloatArray | None  # (K,)
    bias: float
    recorded: float
    is_by_channel: bool

    @property
    def value(self) -> float:
        """The terms and the bias, added up in double precision."""
        return float(self.terms.sum() + self.bias)

    @property
    def agrees(self) -> bool:
        """Whether it is the recorded one."""
        return is_close(self.value, self.recorded, float(np.abs(self.terms).sum()) + abs(self.bias))

    def strongest(self, n: int) -> tuple[list[int], list[int]]:
        """The inputs with the n most positive and the n most negative terms, strongest first."""
        order = np.argsort(-self.terms, kind="stable")
        supports = [int(c) for c in order[:n] if self.terms[c] > 0]
        opposes = [int(c) for c in order[::-1][:n] if self.terms[c] < 0]
        return supports, opposes


def source_of(network: Network, reading: str) -> str | None:
    """The layer whose channels the terms are, by their numbers; None for the picture."""
    ends = head(network)
    if ends.maps is not None and (ends.is_direct or reading == READINGS[1]):
        return ends.maps
    return counted_before(network.layers, ends.last.name)


READINGS = ("inputs of the last dense layer", "channels of the last maps")


def readings(network: Network) -> tuple[str, ...]:
    """Of which inputs a ledger can be made: one of READINGS, or both, the plainer first, where they are not the same
    numbers."""
    ends = head(network)
    if ends.form == "pixels":
        return READINGS[:1]
    if ends.form in ("average", "map per class"):
        return READINGS[1:]
    return READINGS if ends.is_direct else READINGS[::-1]


def ledger(trace: Trace, reading: str, target: int, other: int | None = None) -> Ledger:
    """The target's logit, or the target's minus the other class's, as a sum over one of `readings(network)`.

    Of a single logit z, the second class has z and the first -z; z is a difference already, and `other` changes
    nothing. Raises BadTarget.
    """
    ends = head(trace.network)
    if ends.form == "average" or reading == READINGS[0]:
        return _dense_ledger(trace, ends, target, other)
    found = trace.view(decompose, target, other)
    terms = found.by_channel
    weights = inputs = None
    if ends.form == "map per class" and (other is None or len(trace.logits) == 1):
        weights = trace.network.weights(ends.last.name)["weight"][:, :, 0, 0].T @ direction_of(trace, target, None)
        with np.errstate(divide="ignore", invalid="ignore"):
            inputs = np.where(weights == 0, 0, terms / weights).astype(np.float32)
    elif ends.is_averaged and ends.form != "map per class":
        weights = found.gains[:, 0, 0] * math.prod(ends.shape[1:])
        inputs = found.values.mean(axis=(1, 2))
    assert ends.maps is not None  # a network of dense layers alone has the other reading only
    return Ledger(ends.maps, ends.last.name, terms, weights, inputs, found.bias, found.recorded, True)


def _dense_ledger(trace: Trace, ends: Head, target: int, other: int | None) -> Ledger:
    parameters = trace.network.weights(ends.last.name)
    direction = direction_of(trace, target, other)
    rows = np.flatnonzero(direction)
    weights = direction[rows] @ parameters["weight"][rows].reshape(len(rows), -1)  # (K,)
    source = ends.last.inputs[0]
    inputs = trace[source].reshape(-1)
    bias = float(direction[rows].astype(np.float64) @ parameters["bias"][rows]) if "bias" in parameters else 0.0
    terms = weights.astype(np.float64) * inputs
    return Ledger(
        source, ends.last.name, terms, weights, inputs, bias, recorded_of(trace, target, other), ends.is_direct
    )
