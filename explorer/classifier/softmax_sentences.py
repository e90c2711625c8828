"""What softmax does, in plain sentences."""

from __future__ import annotations

import math

import numpy as np

from ..predictions import CERTAIN, probabilities_of
from ..questions import Question
from ..trace import Trace
from ..wording import number, percent, ratio_phrase
from .softmax import Softmax

_FLOAT32_MOST = 88.7  # e to the power of more than that is no float32
_FLOAT32_LEAST = -103.9  # and of less it is 0


def odds_sentence(trace: Trace) -> str:
    """What softmax, or the sigmoid, makes of the lead of the likeliest class."""
    first, second = trace.top(2) if len(trace.probabilities) > 1 else (*trace.top(1), *trace.top(1))
    if len(trace.logits) == 1:
        z = float(trace.logits[0])
        return (
            f"One logit is enough for two classes: z = {number(z)}. The sigmoid, 1 / (1 + e^−z), makes it the "
            f"probability of “{trace.network.categories[1]}”, {percent(float(trace.probabilities[1]))}; the rest, "
            f"{percent(float(trace.probabilities[0]))}, is left for “{trace.network.categories[0]}”. So z is the "
            f"logarithm of the odds, ln(p / (1 − p)), and that of “{trace.network.categories[0]}” is {number(-z)}."
        )
    lead = first.logit - second.logit
    times = ratio_phrase(math.exp(min(lead, 700.0)))
    return (
        f"Softmax looks at differences alone. “{first.category}” ({number(first.logit)}) leads “{second.category}” "
        f"({number(second.logit)}) by {number(lead)}, so it is e^{number(lead)} = {times} times as likely."
    )


def sure_sentence(steps: Softmax) -> str:
    """How sure the network is, from the entropy of its probabilities."""
    even = 2**steps.bits
    n = 2**steps.most_bits
    best = max(steps.rows, key=lambda row: row.probability if row.index is not None else -1.0)
    degree = "as good as certain" if even < 1.1 else "fairly sure" if even < 2 else "unsure"
    if steps.bits > 0.97 * steps.most_bits:
        degree = "as undecided as it can be"
    share = percent(min(best.probability, float(CERTAIN)))
    return (
        f"“{best.category}” has {share}. The entropy is {steps.bits:.2f} of at most {steps.most_bits:.2f} bits: as "
        f"open as a fair draw among {even:.4g} of {n:.0f} classes. It is {degree}, which says nothing on whether it is "
        "right."
    )


def shift_sentence(steps: Softmax) -> str:
    """Why the highest logit is subtracted first, and that it changes nothing."""
    top = max(row.scaled for row in steps.rows)
    if top > _FLOAT32_MOST:
        why = f"e^{number(top)} is more than a float32 can hold; without the shift the answer would be no number."
    elif top < _FLOAT32_LEAST:
        why = f"e^{number(top)} is less than a float32 can hold; without the shift 0 would be divided by 0."
    else:
        why = f"e^{number(top)} can still be held; from e^{_FLOAT32_MOST} on a float32 cannot."
    return (
        f"The shift takes {number(top)} off every logit. Every e^z becomes e^{number(top)} times smaller, and so does "
        f"their sum: the quotients stay. {why}"
    )


def shift_question(trace: Trace) -> Question:
    """What adding 5 to every logit does: nothing after softmax, but a good deal to a single logit."""
    before, after = trace.probabilities, probabilities_of(trace.logits + np.float32(5))
    best = trace.top(1)[0]
    answers = (
        "All stay as they are",
        f"“{best.category}” becomes likelier",
        "All grow",
        "All come closer to each other",
    )
    if len(trace.logits) > 1:
        most = float(np.abs(after - before).max())
        why = (
            f"With 5 added to all {len(trace.logits)} logits no probability changes by more than {most:.1g}: both the "
            "numerator and the sum are e^5 times as large."
        )
        return Question("What happens to the probabilities if 5 is added to every logit?", answers, 0, why)
    second = trace.network.categories[1]
    return Question(
        "What happens if 5 is added to the one logit?",
        ("Nothing: softmax ignores a shift", f"“{second}” becomes likelier", f"“{second}” becomes less likely"),
        1,
        f"A single logit is compared with 0, and 0 stays. “{second}” goes from {percent(float(before[1]))} to "
        f"{percent(float(after[1]))}.",
    )
