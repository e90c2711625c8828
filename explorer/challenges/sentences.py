"""What a changed picture does to a network's answer, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..trace import Trace
from ..wording import percent, plural
from .attack import Attack
from .card import Borne, borne
from .changes import CHANGES, Change
from .sweep import Sweep


def change_sentence(change: Change, strength: float) -> str:
    """What the change does, and how much of it there is."""
    if strength == change.still:
        return f"{change.title}, {change.says}. At {change.words(change.still)} nothing changes."
    return f"{change.title}: {change.words(strength)}, {change.says}."


def answer_sentence(before: Trace, after: Trace) -> str:
    """What became of the class that the unchanged picture is said to be."""
    if not (before.is_finite and after.is_finite):
        return "The network's scores are no numbers, so nothing can be said about its answer."
    best = before.prediction(before.class_of(None))
    now, first = after.prediction(best.index), after.top(1)[0]
    said = f"“{best.category}” has {percent(now.probability)}, before the change {percent(best.probability)}"
    if first.index == best.index:
        return f"{said}, and is still the likeliest class."
    return f"{said}; the likeliest class is now “{first.category}”, {percent(first.probability)}."


def borne_phrase(row: Borne) -> str:
    """From where to where the answer stays."""
    change = CHANGES[row.change]
    if row.low == row.high == change.still:
        return "with no change alone"
    if (row.low, row.high) == (change.low, change.high):
        return "at every strength that was tried"
    return f"from {change.words(row.low)} to {change.words(row.high)}"


def left_out_sentence(rows: Sequence[Borne]) -> str:
    """Which changes are not on a card, and why; nothing where all are."""
    there = {row.change for row in rows}
    absent = [change.title for name, change in CHANGES.items() if name not in there]
    if not absent:
        return ""
    return f"Left out, since GrabCut finds no thing in the box: {', '.join(absent)}. Drag another box around the thing."


def sweep_sentence(trace: Trace, found: Sweep) -> str:
    """How much of the change the answer bears, and what it becomes."""
    if not np.isfinite(found.logits).all():
        return "Some of the network's scores are no numbers, so nothing can be said about its answer."
    row, category = borne(found), trace.network.categories[found.target]
    others = [found.top(i) for i, kept in enumerate(found.kept) if not kept]
    text = f"“{category}” stays the likeliest class {borne_phrase(row)}."
    if others:
        usual = max(set(others), key=others.count)
        text += f" Where it does not, the answer is mostly “{trace.network.categories[usual]}”."
    return text


def followed_sentence(values: list[float | None]) -> str:
    """Whether the map of the evidence moves with what it lies on."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return "At too few strengths can the maps be compared."
    lowest = min(known)
    verdict = "goes along with it" if lowest > 0.8 else "goes along in part" if lowest > 0.4 else "does not go along"
    return (
        "Moved back as the picture was moved, the map of the evidence correlates with that of the unchanged picture by "
        f"{lowest:.2f} or more: where the picture moves, the evidence {verdict}."
    )


def attack_sentence(before: Trace, found: Attack) -> str:
    """What was done, whether the answer turned, and what that means."""
    network, first = before.network, found.trace.top(1)[0]
    how = "one step along the sign of the gradient" if found.steps == 1 else f"{found.steps} steps"
    text = (
        f"No value was changed by more than {plural(found.epsilon, 'level')} of 255, in {how}. "
        f"“{network.categories[found.away_from]}” went from "
        f"{percent(float(before.probabilities[found.away_from]))} to "
        f"{percent(float(found.trace.probabilities[found.away_from]))}; the answer is “{first.category}”, "
        f"{percent(first.probability)}."
    )
    if found.aim is not None and not found.is_reached:
        text += (
            f" “{network.categories[found.aim]}” was aimed at, and not reached: it has "
            f"{percent(float(found.trace.probabilities[found.aim]))}."
        )
    return text


ATTACK_NOTE = (
    "Such a change is worked out from this network's own gradients, for this one picture: light, cameras and printing "
    "seldom make one. It shows that what the network relies on is not what people see; how well a network does on "
    "ordinary pictures it does not tell."
)
