"""How far a map of evidence tells what the network used: the picture is changed where the map points, and the network
asked again.

The changed pictures are of a kind that the network was never trained on, so a probability that falls may do so for
that reason alone: `score_cards` says of each score what it proves and what it does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..attribution.fills import FILLS, filled
from ..attribution.passes import scores
from ..attribution.request import Request
from ..errors import BadOption, NotFinite, nearest
from ..networks.network import Network
from ..networks.preparation import as_pixels
from ..predictions import probabilities_of
from ..running.progress import Progress
from ..targets import Target
from ..trace import FloatArray, Trace
from .scores import MapLike, as_positive, as_ranking, pixel_ranks, places_in, resized

Pixels = NDArray[np.uint8]

N_STEPS = 32
_MOST_STEPS = 1024


@dataclass(frozen=True, eq=False)
class Curve:
    """The target's probability while the picture changes pixel by pixel, the map's highest first.

    `shares` is (n + 1,), the share of pixels changed at each step, from 0 to 1; `probabilities` (n + 1,) the target's.
    The area is that of the trapezoid rule.
    """

    shares: FloatArray
    probabilities: FloatArray
    _ranks: NDArray[np.int64]  # (H, W): when each pixel changes
    _before: Pixels  # (H, W, 3)
    _after: Pixels

    @property
    def area(self) -> float:
        """What lies under the curve, 0 to 1."""
        return float(np.trapezoid(self.probabilities.astype(np.float64), self.shares))

    @property
    def n_steps(self) -> int:
        """How many steps lead from the first picture to the last."""
        return len(self.shares) - 1

    def at_step(self, i: int) -> Pixels:
        """The picture at step i of 0 to n_steps, as the network received it, (H, W, 3); IndexError for another."""
        changed = self._ranks < _count(i, range(self.n_steps + 1), self._ranks.size)
        return np.where(changed[:, :, None], self._after, self._before)


@dataclass(frozen=True, eq=False)
class Confidence:
    """What the network makes of what the map keeps of the picture: `probability` before, `kept` after.

    `drop` is how much is lost, in percent of what it was: 0 where it rose, None where it was 0 from the start.
    `pixels` is what was kept, (H, W, 3).
    """

    probability: float
    kept: float
    pixels: Pixels

    @property
    def rose(self) -> bool:
        """Whether the class is likelier on what was kept."""
        return self.kept > self.probability

    @property
    def drop(self) -> float | None:
        """The loss in percent, 0 to 100."""
        lost = max(0.0, self.probability - self.kept)
        return 100 * lost / self.probability if self.probability else None


def deletion(
    trace: Trace, given: MapLike, target: int | None = None, n_steps: int = N_STEPS, fill: str = "mean", seed: int = 0,
    progress: Progress | None = None,
) -> Curve:  # fmt: skip
    """The target's probability while the pixels that the map ranks highest are replaced by one of FILLS (Petsiuk et
    al. 2018, arXiv:1806.07421, algorithm 1). `seed` orders equal values. Raises BadMap, BadTarget, BadOption,
    NotFinite, TooLarge."""
    check_options(trace.network, n_steps, fill)
    return _curve(trace, given, target, n_steps, (_received(trace), filled(trace, fill)), True, seed, progress)


def insertion(
    trace: Trace, given: MapLike, target: int | None = None, n_steps: int = N_STEPS, seed: int = 0,
    progress: Progress | None = None,
) -> Curve:  # fmt: skip
    """The target's probability while the pixels that the map ranks highest are put into the blurred picture (the same
    source). The blur is a Gaussian of a sixteenth of the side: the 11 pixels of the authors' own program leave enough
    to recognise. Raises BadMap, BadTarget, BadOption, NotFinite, TooLarge."""
    check_options(trace.network, n_steps, "blur")
    return _curve(trace, given, target, n_steps, (filled(trace, "blur"), _received(trace)), False, seed, progress)


def confidence(trace: Trace, given: MapLike, target: int | None = None, progress: Progress | None = None) -> Confidence:
    """What is left of the target's probability when the picture, as the network receives it, is multiplied by the
    map's positive part over its maximum: average drop and increase in confidence are this over many pictures
    (Chattopadhay et al. 2018, arXiv:1710.11063). What the map leaves out takes the colour "mean". Raises BadMap,
    BadTarget, NotFinite."""
    target = trace.class_of(target)
    weights = as_positive(as_input(trace, given))
    received = _received(trace)
    kept = received * torch.from_numpy(weights / weights.max()).to(received.device)
    (after,) = probabilities_on(trace, target, 1, lambda _: kept, progress)
    return Confidence(_probability(trace.logits, target), after, as_pixels(trace.network.preprocessing, kept))


# The parts


def check_options(network: Network, n_steps: int, fill: str) -> None:
    """Raise BadOption for a number of steps that no curve can have, or a fill that does not exist."""
    n_pixels = network.preprocessing.size**2
    n_most = min(_MOST_STEPS, n_pixels)
    if not (isinstance(n_steps, int) and 1 <= n_steps <= n_most):
        raise BadOption(f"n_steps is {n_steps}; 1 to {n_most} steps are possible on {n_pixels} pixels.")
    if fill not in FILLS:
        raise BadOption(f"There is no fill '{fill}'.{nearest(fill, FILLS)} Pick one of {', '.join(FILLS)}.")


def as_input(trace: Trace, given: MapLike) -> FloatArray:
    """The map at the size of what the network received, its cells at their places where it knows them; raises BadMap
    where it ranks nothing."""
    return as_ranking(resized(as_ranking(given), *trace.prepared.size, places_in(given)))


def probabilities_on(
    trace: Trace, target: int, n: int, picture: Callable[[int], torch.Tensor], progress: Progress | None
) -> list[float]:
    """The target's probability for `picture(i)`, (1, C, H, W), for each i below n. Raises NotFinite."""

    def pictures(first: int, last: int) -> torch.Tensor:
        return torch.cat([picture(i) for i in range(first, last)])

    request = Request(trace, Target(target), None, {}, None)
    found: list[float] = []
    for logits in scores(request, n, pictures, read=lambda output: output):
        found += [_probability(row, target) for row in logits]
        if progress is not None:  # without the lock: it may raise to cancel, or take its time
            progress(len(found), n)
    return found


def _probability(logits: FloatArray, target: int) -> float:
    found = float(probabilities_of(logits)[target])
    if not math.isfinite(found):
        raise NotFinite(
            "The network's scores are no finite numbers, so no map of it can be judged by them: its weights may be "
            "damaged. Choose others."
        )
    return found


def _curve(
    trace: Trace, given: MapLike, target: int | None, n_steps: int, ends: tuple[torch.Tensor, torch.Tensor],
    is_first: bool, seed: int, progress: Progress | None,
) -> Curve:  # fmt: skip
    """The curve from one of the `ends` to the other. The untouched one, which `is_first` or last, is what the trace
    recorded; the other n_steps points are run."""
    before, after = ends
    target = trace.class_of(target)
    ranks = pixel_ranks(as_input(trace, given), seed)
    steps = range(n_steps + 1)
    order = torch.from_numpy(ranks).to(before.device)

    def picture(i: int) -> torch.Tensor:
        return torch.where(order < _count(i + is_first, steps, ranks.size), after, before)

    found = probabilities_on(trace, target, n_steps, picture, progress)
    recorded = _probability(trace.logits, target)
    probabilities = np.array([recorded, *found] if is_first else [*found, recorded], np.float32)
    shares = np.array([_count(i, steps, ranks.size) for i in steps], np.float32) / np.float32(ranks.size)
    return Curve(shares, probabilities, ranks, *(as_pixels(trace.network.preprocessing, end) for end in ends))


def _count(i: int, steps: range, n_pixels: int) -> int:
    """How many pixels have changed at step i: as even as whole pixels can be."""
    return round(n_pixels * steps[i] / steps[-1])


def _received(trace: Trace) -> torch.Tensor:
    return trace.prepared.tensor.to(trace.network.device)
