"""How much of every change a network's answer bears, on one card."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import BadBox, Unsuited
from ..running.progress import Progress
from ..trace import Trace
from .changes import CHANGES
from .sweep import Sweep, sweep

N_STRENGTHS = 17  # of each change


@dataclass(frozen=True)
class Borne:
    """How far a change goes on either side of none before the answer is another one, by the strengths that were tried,
    and the share of all of them that leaves it."""

    change: str
    low: float
    high: float
    share: float


def borne(found: Sweep) -> Borne:
    """The strengths around none at which the followed class stays the likeliest without a gap. Where it is not even so
    with no change, both ends are that."""
    still = found.strengths.index(CHANGES[found.change].still)
    kept = found.kept
    low = high = still
    if kept[still]:
        while low > 0 and kept[low - 1]:
            low -= 1
        while high < len(kept) - 1 and kept[high + 1]:
            high += 1
    return Borne(found.change, found.strengths[low], found.strengths[high], sum(kept) / len(kept))


def card(
    trace: Trace, changes: Sequence[str] = tuple(CHANGES), progress: Progress | None = None,
    box: Sequence[int] | None = None,
) -> list[Borne]:  # fmt: skip
    """Every change at 17 strengths, without maps. What `progress` raises cancels; it is told before each change. `box`
    is that of `changed`; where no thing can be cut out of it, the changes that would are left out.
    Raises BadArgument, BadTarget, TooLarge."""
    rows = []
    for i, name in enumerate(changes):
        if progress is not None:
            progress(i, len(changes))
        change = CHANGES[name]
        try:
            rows.append(borne(sweep(trace, name, change.strengths(N_STRENGTHS), with_maps=False, box=box)))
        except (BadBox, Unsuited):
            if change.behind is None:
                raise
    return rows


def card_csv(rows: Sequence[Borne]) -> str:
    """A row a change: its name, group and unit, from where to where the answer stays, and the share of strengths that
    leave it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("change", "group", "unit", "from", "to", "share_kept"))
    for row in rows:
        change = CHANGES[row.change]
        writer.writerow((row.change, change.group, change.unit, row.low, row.high, round(row.share, 4)))
    return text.getvalue()
