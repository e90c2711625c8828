"""What the scores of a map say, in plain sentences."""

from __future__ import annotations

import numpy as np

from ..wording import percent
from .curves import ReportCard


def curves_sentence(card: ReportCard) -> str:
    """What the curves of deletion and insertion say, in two sentences."""
    deleted, inserted = card.deletion, card.insertion
    start, half = float(deleted.probabilities[0]), float(deleted.probabilities[0]) / 2
    if start == 0:
        return "The network gives this class no probability at all, so the curves say nothing about the map."
    gone = np.flatnonzero(deleted.probabilities <= half)
    back = np.flatnonzero(inserted.probabilities >= half)
    first = (
        f"Deleting the {percent(float(deleted.shares[gone[0]]))} of the pixels that the map ranks highest halves the "
        f"probability, from {percent(start)} to {percent(float(deleted.probabilities[gone[0]]))}."
        if gone.size
        else f"Whatever is deleted, the probability stays above half of its {percent(start)}."
    )
    second = (
        f"Inserting {percent(float(inserted.shares[back[0]]))} into the blurred picture brings half of it back."
        if back.size and back[0]
        else "The blurred picture alone already has half of it."
    )
    return f"{first} {second}"
