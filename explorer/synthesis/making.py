"""Feature visualisation: a picture at which one number of a network is as high as it can be made."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import NotFinite
from ..networks.checks import check_network
from ..networks.folding import folded
from ..networks.network import Network
from ..running.lock import work
from ..running.memory import ensure_room
from ..running.progress import Progress
from ..shown import Shown
from ..targets import Target
from ..trace import FloatArray
from .canvas import Canvas, pixels_of
from .moving import moved
from .objective import Objective
from .readable import Measured, measured
from .settings import Settings

Pixels = NDArray[np.uint8]
Growing = Callable[[Callable[[], list[Pixels]]], None]  # told after each step how to see the pictures so far


@dataclass(frozen=True, eq=False)
class Synthesis(Shown):
    """Pictures that were made for a number of a network.

    `values` (B, C, side, side) are what the network receives before normalisation, from 0 to 1 in whole levels of 255,
    in the order of `network.preprocessing.inputs`; `course` (steps, B) is the number at each step, of the picture as it
    was moved in it; `measured` what the finished pictures reach, and others beside them.
    """

    network: Network
    objective: Objective
    settings: Settings
    values: FloatArray
    course: FloatArray
    measured: Measured
    seconds: float

    def __repr__(self) -> str:
        return f"Synthesis({self.objective.phrase(self.network)!r} of {self.network.name!r}, {self.value:.4g})"

    @property
    def value(self) -> float:
        """The number at the picture, of several at the best of them."""
        return max(self.measured.reached)

    @property
    def is_readable(self) -> bool:
        """Whether it is more than what any picture that comes with the program, and noise, has: see `Measured`."""
        return self.measured.is_readable

    @property
    def pictures(self) -> list[Pixels]:
        """Each as a picture, (side, side, 3)."""
        return pixels_of(self.network.preprocessing, self.values)

    @property
    def n_bytes(self) -> int:
        """Memory that it holds."""
        return self.values.nbytes + self.course.nbytes


def synthesise(
    network: Network, objective: Objective | Target | str | int, settings: Settings | None = None,
    progress: Progress | None = None, growing: Growing | None = None,
) -> Synthesis:  # fmt: skip
    """Make pictures at which an objective is as high as it can be made, by Adam's steps along its gradient (Olah,
    Mordvintsev and Schubert 2017, doi:10.23915/distill.00007).

        x  = sigmoid(colours(waves of what is free))
        up = score(network(moved(x))) - diversity * |score| * mean over pairs of cos(Gram(x_i), Gram(x_j))

    A target, or its text, is taken for the objective that it means. Each step is made by itself in the network's turn.
    What `progress` raises cancels; it, and `growing`, are called between the steps. Raises BadTarget, UnknownLayer,
    BadChannel, BadOption, NotFinite, TooLarge.
    """
    check_network(network)
    started = time.perf_counter()
    objective = objective if isinstance(objective, Objective) else Objective.of(network, objective)
    objective = objective.checked(network)
    name = objective.read_from(network)
    settings = (settings or Settings()).checked().at_side(network, name)
    random = torch.Generator().manual_seed(settings.seed)
    canvas = Canvas(network.preprocessing, settings, random)
    adam = canvas.adam()
    what = f"A step of {settings.pictures} made pictures for {network.title}"
    course = []
    with work(what):
        ensure_room(_bytes(network, settings), what)  # once: to look each time takes as long as the waves do
    run = folded(network.graph, name)
    for step in range(settings.steps):
        with work(what), torch.inference_mode(False), torch.enable_grad():
            x = network.preprocessing.scaled(moved(canvas.values(), settings.robustness, random))
            given = run(x.to(network.device))
            scores = objective.score(network, objective.values(network, given))
            up = scores.sum()
            if settings.pictures > 1:
                weight = settings.diversity * float(scores.detach().abs().mean())
                up = up - settings.pictures * weight * alikeness(network.layers[name].as_maps(given))
            adam.zero_grad()
            (-up).backward()
            adam.step()
        course.append(scores.detach().cpu().numpy())
        if not np.isfinite(course[-1]).all():
            raise NotFinite(
                f"{objective.phrase(network)} is no finite number, so no step leads anywhere: these weights are "
                "broken, or were not trained to the end. Choose other weights."
            )
        if growing is not None:
            growing(lambda: pixels_of(network.preprocessing, canvas.levels()))
        if progress is not None:
            progress(step + 1, settings.steps)
    values = canvas.levels()
    found = measured(network, objective, values, settings.seed)
    return Synthesis(network, objective, settings, values, np.stack(course), found, time.perf_counter() - started)


def alikeness(maps: torch.Tensor) -> torch.Tensor:
    """How alike the channels of several pictures go together, from -1 to 1: the mean over pairs of the cosine of their
    Gram matrices (Olah et al. 2017, “Diversity”; Gatys et al. 2015, arXiv:1505.07376, eq. 3)."""
    flat = maps.flatten(2)
    grams = torch.nn.functional.normalize((flat @ flat.mT).flatten(1), dim=1)
    cosines = grams @ grams.T
    n = len(maps)
    return (cosines.sum() - cosines.diagonal().sum()) / (n * (n - 1))


def _bytes(network: Network, settings: Settings) -> int:
    """What a step takes at the most: every value, kept for the way back, and its gradient."""
    assert settings.side is not None  # settled by then
    return int(8 * settings.pictures * network.n_values * (settings.side / network.preprocessing.size) ** 2)
