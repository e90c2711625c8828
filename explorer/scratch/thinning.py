"""Which of many steps to keep, where there is room for half of them."""

from __future__ import annotations

from collections.abc import Sequence


def spread(steps: Sequence[int]) -> list[int]:
    """The places of about half of the steps, in order: the first, the last, and between them what is evenly spread; of
    the early ones, in which most happens, each that is twice as far as the one before it stays besides."""
    gap = 2 * (steps[-1] - steps[0]) / (len(steps) - 1)
    kept = [0]
    for i in range(1, len(steps) - 1):
        if steps[i] - steps[kept[-1]] >= min(gap, steps[i] / 2):
            kept.append(i)
    kept.append(len(steps) - 1)
    return kept if len(kept) <= 3 * len(steps) // 4 else [*range(0, len(steps) - 1, 2), len(steps) - 1]
