"""From logits to probabilities, step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..trace import Trace

DoubleArray = NDArray[np.float64]


@dataclass(frozen=True)
class SoftmaxRow:
    """One class, or several together: `index` is None then, and `logit` the highest of theirs."""

    index: int | None
    category: str
    logit: float
    scaled: float  # divided by the temperature, and by 2 where it is one of a pair
    exponential: float  # e to the power of that
    shifted: float  # less the highest of all
    shifted_exponential: float
    probability: float


@dataclass(frozen=True)
class Softmax:
    """Softmax step by step: the likeliest classes, best first, then all others in one row if there are any.

    `is_pair` says that the network gives one logit for two classes.
    """

    rows: tuple[SoftmaxRow, ...]
    temperature: float
    total: float  # of all exponentials
    shifted_total: float
    bits: float  # entropy of the probabilities
    most_bits: float  # of as many equal ones
    is_pair: bool = False


def softmax_steps(trace: Trace, temperature: float = 1.0, n: int = 6) -> Softmax:
    """p = exp(z / T) / sum of exp(z / T), and the same after the highest z / T is subtracted everywhere.

    In double precision. Of a single logit z the two classes have -z and z, each the logarithm of its odds. Half of each
    goes into softmax: e^(z/2) / (e^(z/2) + e^(-z/2)) is the sigmoid of z, and ln(p1 / p0) is z.
    """
    logits, scaled = _of_each_class(trace, temperature)
    shifted = scaled - scaled.max()
    with np.errstate(over="ignore"):
        exponentials = np.exp(scaled)
    after = np.exp(shifted)
    p = after / after.sum()
    order = np.argsort(-scaled, kind="stable")
    groups = [[int(i)] for i in order] if len(order) <= n + 1 else [[int(i)] for i in order[:n]] + [order[n:].tolist()]
    names = trace.network.categories
    rows = tuple(
        SoftmaxRow(
            index=group[0] if len(group) == 1 else None,
            category=names[group[0]] if len(group) == 1 else f"the other {len(group)} together",
            logit=float(logits[group[0]]),
            scaled=float(scaled[group[0]]),
            exponential=float(exponentials[group].sum()),
            shifted=float(shifted[group[0]]),
            shifted_exponential=float(after[group].sum()),
            probability=float(p[group].sum()),
        )
        for group in groups
    )
    bits = float(-(p[p > 0] * np.log2(p[p > 0])).sum()) + 0.0
    return Softmax(
        rows,
        temperature,
        float(exponentials.sum()),
        float(after.sum()),
        bits,
        math.log2(len(p)),
        len(trace.logits) == 1,
    )


def _of_each_class(trace: Trace, temperature: float) -> tuple[DoubleArray, DoubleArray]:
    """The logits, and what goes into softmax of them, (K,) each."""
    logits = trace.logits.astype(np.float64)
    if len(logits) > 1:
        return logits, logits / temperature
    logits = np.array([-logits[0], logits[0]])
    return logits, logits / 2 / temperature


def tempered(trace: Trace, temperature: float) -> DoubleArray:
    """All probabilities at a temperature, (K,)."""
    scaled = _of_each_class(trace, temperature)[1]
    exponentials = np.exp(scaled - scaled.max())
    return exponentials / exponentials.sum()
