"""Passes beside each other in numbers."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..architecture.hierarchy import totals
from ..predictions import Prediction
from ..trace import Trace
from .agreement import cam_agreement
from .matching import same_class


@dataclass(frozen=True)
class Row:
    """One pass: what the network costs, how long the recorded pass took on this machine, its likeliest class (None
    without a classifier), whether that is by name the first pass's, and how far its Grad-CAM correlates with the first
    pass's (None where there is none)."""

    network: str
    weights: str
    picture: str
    n_parameters: int
    n_multiply_adds: int
    milliseconds: float
    top: Prediction | None
    is_answer_of_first: bool
    agreement: float | None


def rows(traces: Sequence[Trace]) -> list[Row]:
    """A row for each pass; the first is what the others are compared with."""
    return [_row(traces[0], trace) for trace in traces]


def _row(first: Trace, trace: Trace) -> Row:
    cost = totals(trace.network, trace.network.layers)
    return Row(
        network=trace.network.title,
        weights=trace.network.weights_name,
        picture=trace.image.name,
        n_parameters=cost.n_parameters,
        n_multiply_adds=cost.n_multiply_adds,
        milliseconds=1000 * trace.seconds,
        top=next(iter(trace.top(1)), None),
        is_answer_of_first=_is_answer(first, trace),
        agreement=cam_agreement(first, trace),
    )


def _is_answer(first: Trace, trace: Trace) -> bool:
    own, other = first.top(1), trace.top(1)
    return bool(own and other) and same_class(first.network, own[0].index, trace.network) == other[0].index


def numbers(found: Sequence[Row]) -> NDArray[np.float64]:
    """(n, 5): parameters, multiply-adds, milliseconds, the likeliest class's probability, agreement; NaN for none."""
    return np.array(
        [
            (row.n_parameters, row.n_multiply_adds, row.milliseconds,
             math.nan if row.top is None else row.top.probability, math.nan if row.agreement is None else row.agreement)
            for row in found
        ],
        np.float64,
    )  # fmt: skip


def table_csv(found: Sequence[Row]) -> str:
    """A row a pass."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("network", "weights", "picture", "parameters", "multiply_adds", "milliseconds", "top", "probability",
         "cam_correlation_with_first")
    )  # fmt: skip
    for row in found:
        top = ("", "") if row.top is None else (row.top.category, row.top.probability)
        cells = row.network, row.weights, row.picture, row.n_parameters, row.n_multiply_adds, row.milliseconds
        writer.writerow((*cells, *top, "" if row.agreement is None else row.agreement))
    return text.getvalue()
