"""A question about what is on the screen, with the answer that the network gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """What is asked, the answers to choose from, which of them is right, and why: the network's own numbers.

    `pictures` are PNGs, one for each answer, where the answers are things to look at.
    """

    text: str
    answers: tuple[str, ...]
    right: int
    why: str
    pictures: tuple[bytes, ...] = ()
