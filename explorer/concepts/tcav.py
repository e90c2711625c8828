"""TCAV: in how many pictures of a class a step towards a concept raises the class's score, and whether that is more
than random pictures would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption
from ..networks.network import Network
from ..pictures.image import ImageInput
from ..running.progress import Progress
from ..targets import Target, as_target
from .passes import activations, slopes
from .vector import Doubles, fitted, held_out_accuracy, scaled

FEWEST, MOST = 5, 50  # pictures of a concept
FEWEST_SETS, MOST_SETS = 3, 10  # random sets: of ten all 184,756 ways to deal out the scores are counted
SIGNIFICANT = 0.05
_TELLS = 0.7  # right about held-out pictures: below, a layer hardly has the concept


@dataclass(frozen=True, eq=False)
class Tcav:
    """What came of it at each layer. `scores` (layers, sets) are the shares of the class's pictures in which a step
    towards the concept raises the class's score, with each random set as what the concept is told apart from;
    `random` the same with a random set in the place of the concept; `accuracies` how well concept and random set are
    told apart, on pictures held out. `chances` (layers,) are how often the two rows of scores, dealt out anew, differ
    by as much, times the number of layers asked about (Bonferroni), at most 1."""

    target: Target
    layers: tuple[str, ...]
    scores: Doubles
    random: Doubles
    accuracies: Doubles
    chances: Doubles
    n_concept: int
    n_examples: int

    def is_significant(self, layer: int) -> bool:
        """Whether the score at a layer differs from that of random pictures by more than chance does."""
        return bool(self.chances[layer] < SIGNIFICANT)

    def tells(self, layer: int) -> bool:
        """Whether the layer tells the concept from random pictures at all."""
        return bool(self.accuracies[layer].mean() >= _TELLS)

    @property
    def n_bytes(self) -> int:
        """What it takes in memory."""
        return self.scores.nbytes + self.random.nbytes + self.accuracies.nbytes


def tcav(
    network: Network, concept: Sequence[ImageInput], random: Sequence[Sequence[ImageInput]],
    examples: Sequence[ImageInput], target: int | str | Target, layers: Sequence[str],
    progress: Progress | None = None,
) -> Tcav:  # fmt: skip
    """Testing with concept activation vectors (Kim et al. 2018, arXiv:1711.11279, eq. 2): for each random set, the
    direction at a layer in which a linear classifier tells the concept's pictures from it; then the share of the
    class's `examples` whose score rises in that direction. Compared with the shares that come of random sets in the
    concept's place, by a two-sided permutation test.

    What `progress` raises cancels. Raises BadOption for fewer than 5 or more than 50 pictures of the concept, for fewer
    than 3 or more than 10 random sets, for sets of other sizes and for no examples; BadTarget, UnknownLayer, TooLarge.
    """
    _check(concept, random, examples, layers)
    wanted, n = as_target(network, target), len(concept)
    images = [*concept, *(one for part in random for one in part)]
    n_all = len(images) + len(examples)
    towards = slopes(network, examples, wanted, layers, _shifted(progress, 0, n_all))
    values = activations(network, images, layers, _shifted(progress, len(examples), n_all))
    rows = []
    for layer in layers:
        x = values[layer] - values[layer].mean(axis=0)  # so that products keep their digits
        rows.append(_at_layer((x @ x.T).astype(np.float64), (towards[layer] @ x.T).astype(np.float64), n))
    scores, baseline, accuracies = (np.stack(part) for part in zip(*rows, strict=True))
    chances = [min(1.0, len(layers) * chance(*both)) for both in zip(scores, baseline, strict=True)]
    return Tcav(
        wanted, tuple(layers), scores, baseline, accuracies, np.array(chances), n, len(examples)
    )  # fmt: skip


def _at_layer(gram: Doubles, rises: Doubles, n: int) -> tuple[Doubles, Doubles, Doubles]:
    """Of the products of all pictures' activations with each other, and with the class's gradients (examples,
    pictures): the scores of the concept and of random sets, and how well they are told apart. Each set has n."""
    heaps = [np.arange(i, i + n) for i in range(0, len(gram), n)]
    concept, random = heaps[0], heaps[1:]
    is_concept = np.arange(2 * n) < n
    scores, baseline, accuracies = [], [], []
    for i, other in enumerate(random):
        both = np.concatenate([concept, other])
        scores.append(_score(gram, rises, both, is_concept))
        accuracies.append(held_out_accuracy(scaled(gram[np.ix_(both, both)]), is_concept))
        baseline.append(_score(gram, rises, np.concatenate([other, random[(i + 1) % len(random)]]), is_concept))
    return np.array(scores), np.array(baseline), np.array(accuracies)


def _score(gram: Doubles, rises: Doubles, both: NDArray[np.int64], is_concept: NDArray[np.bool_]) -> float:
    """The share of examples whose gradient has a positive product with the direction that tells two heaps apart."""
    dual = fitted(scaled(gram[np.ix_(both, both)]), is_concept).dual
    part = rises[:, both]
    return float(((part - part.mean(axis=1, keepdims=True)) @ dual > 0).mean())


def chance(scores: Doubles, random: Doubles) -> float:
    """Of all ways to deal out the scores of both into two heaps of their sizes, the share whose means differ by as much
    or more, in whichever direction: a permutation test, which takes nothing for granted about how scores spread."""
    pooled = np.concatenate([scores, random])
    sums = pooled[_dealt(len(pooled), len(scores))].sum(axis=1)
    means = sums / len(scores) - (pooled.sum() - sums) / len(random)
    return float((np.abs(means) >= abs(scores.mean() - random.mean()) - 1e-9).mean())


@lru_cache(maxsize=8)
def _dealt(n: int, k: int) -> NDArray[np.int8]:
    return np.array([*combinations(range(n), k)], np.int8)


def _check(
    concept: Sequence[object], random: Sequence[Sequence[object]], examples: Sequence[object], layers: Sequence[str]
) -> None:
    if not FEWEST <= len(concept) <= MOST:
        raise BadOption(f"A concept is shown by {FEWEST} to {MOST} pictures; these are {len(concept)}.")
    if not FEWEST_SETS <= len(random) <= MOST_SETS:
        raise BadOption(f"{FEWEST_SETS} to {MOST_SETS} random sets are needed; these are {len(random)}.")
    if {*map(len, random)} != {len(concept)}:
        raise BadOption(
            f"Each random set has as many pictures as the concept, {len(concept)}; these have "
            f"{', '.join(str(len(part)) for part in random)}."
        )
    if not examples or not layers:
        raise BadOption(f"At least one {'layer' if examples else 'picture of the class'} is needed; there is none.")


def _shifted(progress: Progress | None, start: int, n_all: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(start + done, n_all)
