"""What is trained and how: all that a training depends on, so that the same plan gives the same weights again."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import BadOption

MOST_STEPS = 100_000


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # nor what is no number
        raise BadOption(f"{name} is a number from {least:g} to {most:g}, not {value!r}.")


@dataclass(frozen=True)
class Settings:
    """What can be changed while a training runs. Raises BadOption.

    Stochastic gradient descent at a learning rate, in batches of so many pictures, with momentum and weight decay;
    `dropout` is the share that a network's dropout leaves out, None the one that it was built with; with `augment`
    each picture of a batch is moved a little at random (see augmentation).
    """

    learning_rate: float = 0.05
    batch: int = 32
    momentum: float = 0.9
    weight_decay: float = 0.0
    dropout: float | None = None
    augment: bool = False

    def __post_init__(self) -> None:
        _check("learning_rate", self.learning_rate, 0, 100)
        _check("batch", self.batch, 1, 1024)
        _check("momentum", self.momentum, 0, 0.999)
        _check("weight_decay", self.weight_decay, 0, 1)
        if self.dropout is not None:
            _check("dropout", self.dropout, 0, 0.95)


@dataclass(frozen=True)
class Plan:
    """A training: of a network (a preset's name, or a line of blocks) on a data set, with a seed. Raises BadOption.

    `n_train` is of how many pictures, None of all; `shifted` moves the held-out ones; `watched` is the number of the
    held-out picture that the film watches; `title` stands over the pane.
    """

    network: str = "lenet5"
    data: str = "digits"
    n_train: int | None = None
    shifted: bool = False
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    watched: int = 0
    n_steps: int = 2000
    title: str = ""

    def __post_init__(self) -> None:
        _check("seed", self.seed, 0, 2**31 - 1)
        _check("watched", self.watched, 0, 10**9)
        _check("n_steps", self.n_steps, 1, MOST_STEPS)


@dataclass(frozen=True)
class Edit:
    """One weight of a layer, set by hand: `index` is its place in the layer's weight, (C_out, C_in, kH, kW) or
    (units, inputs)."""

    layer: str
    index: tuple[int, ...]
    value: float


@dataclass(frozen=True)
class Event:
    """What was changed, after so many steps and before the next."""

    step: int
    change: Settings | Edit
