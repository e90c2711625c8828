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
    scaled: float  # divided by the temperature
    exponential: float  # e to the power of that
    shifted: float  # less the highest of all
    shifted_exponential: float
    probability: float


@dataclass(frozen=True)
class Softmax:
    """Softmax step by step: the likeliest classes, best first, then all others in one row if there are any."""

    rows: tuple[SoftmaxRow, ...]
    temperature: float
    total: float  # of all exponentials
    shifted_total: float
    bits: float  # entropy of the probabilities
    most_bits: float  # of as many equal ones


def softmax_steps(trace: Trace, temperature: float = 1.0, n: int = 6) -> Softmax:
    """p = exp(z / T) / sum of exp(z / T), and the same after the highest z / T is subtracted everywhere.

    In double precision. Of a single logit z the two classes get the logits 0 and z: softmax is then the sigmoid.
    """
    logits = trace.logits.astype(np.float64)
    logits = logits if len(logits) > 1 else np.array([0.0, logits[0]])
    scaled = logits / temperature
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
    return Softmax(rows, temperature, float(exponentials.sum()), float(after.sum()), bits, math.log2(len(p)))


def tempered(trace: Trace, temperature: float) -> DoubleArray:
    """All probabilities at a temperature, (K,)."""
    logits = trace.logits.astype(np.float64)
    scaled = (logits if len(logits) > 1 else np.array([0.0, logits[0]])) / temperature
    exponentials = np.exp(scaled - scaled.max())
    return exponentials / exponentials.sum()
