"""All scores of one map on one picture, as one card."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from ..errors import BadMap
from ..running.progress import Progress
from ..trace import FloatArray, Trace
from .curves import N_STEPS, Confidence, Curve, as_input, check_options, confidence, deletion, insertion
from .imputation import SHARES, Road, road
from .scores import Box, Localisation, MapLike, Ties, as_positive, entropy, gini, localisation, ties_of


@dataclass(frozen=True, eq=False)
class ReportCard:
    """All scores of one map on one picture for one class.

    `fill`, one of FILLS, is what took the place of deleted pixels; those of `road` are guessed, whatever it is.
    `confidence` is None for a map without a positive cell, and `found` None without a box to find. Entropy, Gini index
    and `ties` are those of the map at the size of what the network received, so that maps of any size compare.
    """

    target: int
    fill: str
    deletion: Curve
    insertion: Curve
    road: Road
    confidence: Confidence | None
    found: Localisation | None
    entropy: float
    gini: float
    ties: Ties
    seconds: float
    n_evaluations: int


def report_card(
    trace: Trace, given: MapLike, target: int | None = None, n_steps: int = N_STEPS, fill: str = "mean",
    box: Box | None = None, seed: int = 0, progress: Progress | None = None,
) -> ReportCard:  # fmt: skip
    """Score a map of evidence for `target` (the trace's, or its top class, unless given) on the trace's picture.

    It costs `n_most(n_steps)` evaluations of the network, in batches; one less for a map without a positive cell. `box`
    is where the target is, if that is known. `seed` orders equal values, and draws the noise of guessed pixels.
    What `progress` raises cancels. Raises BadMap, BadTarget, BadOption, BadBox, NotFinite, TooLarge.
    """
    started = time.perf_counter()
    check_options(trace.network, n_steps, fill)
    target = trace.class_of(target)
    values = as_input(trace, given)
    found = None if box is None else localisation(values, box, trace.prepared.size, seed=seed)
    try:
        kept: FloatArray | None = as_positive(values)
    except BadMap:
        kept = None
    n_total = n_most(n_steps) - (kept is None)

    def report(before: int) -> Progress | None:
        return None if progress is None else partial(_further, progress, before, n_total)

    return ReportCard(
        target=target,
        fill=fill,
        deletion=deletion(trace, values, target, n_steps, fill, seed, report(0)),
        insertion=insertion(trace, values, target, n_steps, seed, report(n_steps)),
        road=road(trace, values, target, seed=seed, progress=report(2 * n_steps)),
        confidence=None if kept is None else confidence(trace, kept, target, report(n_most(n_steps) - 1)),
        found=found,
        entropy=entropy(values),
        gini=gini(values),
        ties=ties_of(values),
        seconds=time.perf_counter() - started,
        n_evaluations=n_total,
    )


def n_most(n_steps: int = N_STEPS) -> int:
    """How many evaluations a card takes: both curves, ROAD's shares from either end, and what is kept."""
    return 2 * n_steps + 2 * len(SHARES) + 1


def _further(progress: Progress, before: int, n_total: int, done: int, _: int | None) -> None:
    progress(before + done, n_total)
