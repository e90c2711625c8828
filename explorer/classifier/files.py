"""The ledgers of the likeliest classes as a file for a browser that lays them out itself: what each input adds, and
what each value of the last maps is multiplied by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..drawing.packing import gzipped
from ..trace import FloatArray, Trace
from .decomposition import Decomposition, class_map, decompose
from .head import Head, head, sizes
from .logits import Ledger, ledger

N_LIKELY = 5
MOST_GAINS = 1 << 18  # numbers in a file: a mebibyte
MOST_WEIGHTS = 1 << 22  # behind the last maps: with more of them, each further class is felt


@dataclass(frozen=True, eq=False)
class LedgerFiles:
    """The ledgers of some classes, packed by gzip: of each the terms, K of float64; and behind them of each, in
    float32, K weights and K inputs where these multiply to the terms, the class map (H, W), and the gains of the last
    maps: one a channel where a map counts by its mean alone, else one a value, none without maps.

    A channel's map is its values, each times its gain times `factor`: its mean, or with a factor of 1 its sum, is the
    channel's term.
    """

    classes: tuple[int, ...]
    ledgers: tuple[Ledger, ...]
    has_products: bool
    cells: tuple[int, int]
    n_gains: int
    factor: int
    packed: bytes


def ledger_files(trace: Trace, reading: str, target: int, other: int | None = None) -> LedgerFiles:
    """Those of the target and of the likeliest classes, as many as go into one file. The target's alone less another
    class's, which may be another one for every target; and of a network with many weights behind its last maps."""
    ends = head(trace.network)
    n_gains = 0 if ends.maps is None else _gains(trace.view(decompose, target, other), ends).size
    others = [p.index for p in trace.top(N_LIKELY) if p.index != target]
    is_alone = other is not None or sizes(trace.network).n_head > MOST_WEIGHTS
    most = 0 if is_alone else max(0, MOST_GAINS // max(1, n_gains) - 1)
    classes = tuple(sorted((target, *others[:most]), key=lambda index: (-_probability(trace, index), index)))
    found = tuple(trace.view(ledger, reading, one, other) for one in classes)
    has_products = all(one.weights is not None and one.inputs is not None for one in found)
    parts = []
    for index, one in zip(classes, found, strict=True):
        if has_products:
            parts += [one.weights, one.inputs]
        parts.append(trace.view(class_map, index, other))
        if ends.maps is not None:
            parts.append(_gains(trace.view(decompose, index, other), ends))
    terms = b"".join(one.terms.astype("<f8").tobytes() for one in found)
    rest = b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in parts)
    height, width = trace.view(class_map, target, other).shape
    factor = height * width if ends.is_averaged else 1
    return LedgerFiles(
        classes, found, has_products, (height, width), n_gains, factor,
        gzipped(terms + rest),
    )  # fmt: skip


def _probability(trace: Trace, index: int) -> float:
    return trace.prediction(index).probability


def _gains(found: Decomposition, ends: Head) -> FloatArray:
    """One a channel, or one a value; so too where what is negative is cut off before the mean is taken."""
    is_even = ends.is_averaged and ends.form != "map per class"
    return found.gains[:, 0, 0] if is_even else found.gains
