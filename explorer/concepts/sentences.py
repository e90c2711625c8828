"""What is said of a concept and a class."""

from __future__ import annotations

from ..networks.network import Network
from ..wording import percent, plural, quoted
from .tcav import SIGNIFICANT, Tcav


def score_sentence(network: Network, found: Tcav, at: int, concept: str) -> str:
    """How often a step towards the concept raises the class's score at a layer, and whether that says anything."""
    scores, random, layer = found.scores[at], found.random[at], found.layers[at]
    said = (
        f"At {layer}, a step towards {quoted(concept)} raises {found.target.phrase(network)} in "
        f"{percent(float(scores.mean()))} of {plural(found.n_examples, 'picture')}, on average over "
        f"{len(scores)} random sets (standard deviation {percent(float(scores.std(ddof=1)))}); with random pictures in "
        f"the concept's place in {percent(float(random.mean()))} (standard deviation "
        f"{percent(float(random.std(ddof=1)))})."
    )
    if not found.tells(at):
        return (
            f"{said} But {layer} hardly has the concept: its pictures are told from random ones in "
            f"{percent(float(found.accuracies[at].mean()))} of cases alone, so the score means nothing."
        )
    if not found.is_significant(at):
        return f"{said} That is not significant: {_chance(found, at)}, so the score may be chance."
    way = "more" if scores.mean() > random.mean() else "less"
    return f"{said} That is significantly {way} than random pictures do: {_chance(found, at)}."


def accuracy_sentence(found: Tcav, at: int) -> str:
    """How well a layer tells the concept from random pictures."""
    return (
        f"A linear classifier on {found.layers[at]} tells the {plural(found.n_concept, 'picture')} of the concept from "
        f"as many random ones in {percent(float(found.accuracies[at].mean()))} of cases, of pictures held out; by lot "
        f"it would be {percent(0.5)}."
    )


def _chance(found: Tcav, at: int) -> str:
    times = f", times {len(found.layers)} layers" if len(found.layers) > 1 else ""
    return (
        f"dealt out anew, the scores differ by as much in p = {found.chances[at]:.2g}{times}, and {SIGNIFICANT:g} is "
        "the limit"
    )
