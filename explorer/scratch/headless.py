"""A training without a page: in a notebook or a script, in this process."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from ..errors import NotFinite
from ..running.progress import Progress
from .data import load
from .export import weights_file
from .film import Film, Layout
from .looking import Looker
from .presets import in_shape
from .sentences import measured_sentence
from .settings import Plan
from .training import Training

_LOOKED_AT = 500  # held-out pictures that are measured on the way


@dataclass(frozen=True, eq=False)
class Filmed:
    """What came of a training: `layout.column(film.packed(), "loss")` is the loss over the frames, and so are all its
    other fields; `file` opens as a network of one's own, as it is after the last step."""

    plan: Plan
    layout: Layout
    film: Film
    file: bytes
    n_right: int  # of all the held-out pictures

    def __repr__(self) -> str:
        return measured_sentence(self.n_right, self.layout.n_held_out, self.plan.n_steps, self.plan.title)


def train(plan: Plan, n_frames: int = 120, progress: Progress | None = None) -> Filmed:
    """Train what a plan says, and film it in about so many frames. In one thread (`torch.set_num_threads(1)`) its
    weights are those that a page's training of the same plan has, bit for bit.

    What `progress` raises cancels. Raises BadData, BadOption, BadImage, and NotFinite where the loss becomes no number.
    """
    data = load(plan.data, in_shape(plan.network, plan.data), plan.n_train, plan.shifted)
    with torch.random.fork_rng(devices=[]):  # whoever draws besides is not disturbed
        training, film = Training(plan, data), Film()
        looker = Looker(training, _LOOKED_AT)
        shown = {round(i * plan.n_steps / n_frames) for i in range(n_frames + 1)}
        while True:
            if training.step in shown or training.step == plan.n_steps:
                looker.measure()
                film.add(looker.frame())
            if training.step == plan.n_steps:
                break
            taken = training.advance()
            if not math.isfinite(taken.loss):
                raise NotFinite(f"The loss of step {training.step + 1:,} is no number. Take a lower learning rate.")
            looker.tally.add(taken)
            if progress is not None:
                progress(training.step, plan.n_steps)
        _, n_right, _ = training.answers(range(len(data.test)))
        return Filmed(plan, looker.layout, film, weights_file(training.module, plan.network, plan.data), n_right)
