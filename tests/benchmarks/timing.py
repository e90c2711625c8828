"""Two ways to do the same, taking turns: absolute times drift on a shared machine, their ratio does not."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import perf_counter

N_ROUNDS = 11


def ratio(
    ours: Callable[[], object], theirs: Callable[[], object], n_rounds: int = N_ROUNDS,
    clock: Callable[[], float] = perf_counter,
) -> tuple[float, float]:  # fmt: skip
    """Median of ours / theirs, round by round, and the median time of theirs in ms. Of what runs in one thread
    `time.process_time` says more on a machine on which others work too."""
    ours(), theirs()
    quotients, bare = [], []
    for _ in range(n_rounds):
        started = clock()
        theirs()
        between = clock()
        ours()
        bare.append(between - started)
        quotients.append((clock() - between) / (between - started))
    return statistics.median(quotients), 1000 * statistics.median(bare)
