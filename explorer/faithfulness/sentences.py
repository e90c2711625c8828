"""What the scores of a map say, in plain sentences."""

from __future__ import annotations

import numpy as np

from ..wording import percent
from .report import ReportCard
from .scores import Ties


def ties_sentence(ties: Ties) -> str:
    """How many pixels the map does not rank, and in which order they come; "" where it ranks all."""
    if not ties.n:
        return ""
    same = "all of them" if ties.most == ties.n else f"{ties.most:,} of them"
    return (
        f"{ties.n:,} of {ties.n_pixels:,} pixels ({percent(ties.n / ties.n_pixels)}) have the value of another one, "
        f"{same} {ties.value:.3g}. Equal pixels come scattered, in an order drawn once: the same for every map and run."
    )


def of_the_first(category: str) -> str:
    """Whose probability the curves of a map of one class and not another follow."""
    return f"The map explains a difference; the probability is that of “{category}”."


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


def road_sentence(card: ReportCard) -> str:
    """What becomes of the answer where pixels are guessed, and what the difference says of the map."""
    start, score = float(card.deletion.probabilities[0]), card.road.score
    highest, lowest = (
        float(np.mean(found, dtype=np.float64)) for found in (card.road.highest_first, card.road.lowest_first)
    )
    verdict = (
        "the network can less do without what the map ranks highest"
        if score > 0
        else "the network can less do without what the map ranks lowest"
        if score < 0
        else "the network can do without either"
    )
    return (
        f"With the highest pixels guessed from those around them, {percent(highest)} is left on average of a "
        f"probability of {percent(start)}; with the lowest, {percent(lowest)}: {verdict}."
    )


def removed_sentence(card: ReportCard) -> str:
    """How many pixels each share takes, and which of equal ones."""
    n_pixels, most = card.ties.n_pixels, card.ties.most
    counts = [f"{round(share * n_pixels):,}" for share in card.road.shares.tolist()]
    exactly = f"Guessed are exactly {', '.join(counts[:-1])} and {counts[-1]} of {n_pixels:,} pixels"
    if card.ties.n == 0:
        return f"{exactly}."
    return (
        f"{exactly}, no more: of those that the map does not rank, a lot names as many as the share still lacks, even "
        f"where {most:,} hold the same {card.ties.value:.3g}."
    )


_LEFT = {
    "mean": "one even surface, the mean colour of the pictures the network learned from",
    "black": "a black picture",
    "white": "a white picture",
    "blur": "the picture itself, blurred until no object is left",
}


def end_sentence(card: ReportCard, category: str) -> str:
    """What picture the deletion ends with, and why the class has a probability even there."""
    end = float(card.deletion.probabilities[-1])
    return (
        f"The deletion ends with {_LEFT[card.fill]}: there too the network shares out all of its {percent(1)} among "
        f"its classes, and {percent(end)} falls to “{category}”."
    )
