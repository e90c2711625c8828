"""More of a network trained than its head: its last block, or all of its layers, on the same pictures."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from ..errors import BadOption, Unsuited
from ..networks.network import Network, as_array
from ..running.memory import ensure_room
from ..trace import FloatArray
from ..wording import plural
from .head import Curve

Layers = Literal["last", "all"]
Point = tuple[float, float, float, float]  # of a Curve, after an epoch

_LONGEST = (
    1.0  # a gradient that is longer is shortened: a head on few pictures is steep, and its first steps go too far
)

IN_WORDS: dict[Layers, str] = {"last": "the last block", "all": "all layers"}


@dataclass(frozen=True)
class Tuning:
    """How more than a head is trained: the last block or all layers, so many epochs in batches of so many, by
    stochastic gradient descent with momentum (Sutskever et al. 2013) at a small learning rate. Batch norms stay in
    evaluation mode: they go on with the means and variances that they have, and their weights are trained."""

    layers: Layers = "last"
    n_epochs: int = 5
    batch: int = 16
    learning_rate: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 1e-4
    seed: int = 0

    def __post_init__(self) -> None:
        if self.layers not in IN_WORDS:
            raise BadOption(f"'{self.layers}' are no layers to train. Choose one of: {', '.join(IN_WORDS)}.")
        for name, value, low, high in (
            ("n_epochs", self.n_epochs, 1, 200), ("batch", self.batch, 1, 256),
            ("learning_rate", self.learning_rate, 1e-7, 1.0), ("momentum", self.momentum, 0.0, 0.999),
            ("weight_decay", self.weight_decay, 0.0, 1.0),
        ):  # fmt: skip
            if not low <= value <= high:
                raise BadOption(f"{name} is a number from {low:g} to {high:g}, not {value!r}.")

    @property
    def in_words(self) -> str:
        """What was done, as the end of a sentence."""
        return (
            f"{IN_WORDS[self.layers]} and the head trained on, {plural(self.n_epochs, 'epoch')} in batches of "
            f"{self.batch}, SGD at {self.learning_rate:g} with momentum {self.momentum:g}, weight decay "
            f"{self.weight_decay:g}, seed {self.seed}; batch norms in evaluation mode"
        )


def last_block(network: Network) -> str:
    """The operation with which the last block begins: that of the last stage with maps in which there is more than a
    single layer of weights; where no stage has more, of the last with any. Without maps, the last stage but one.

    Raises Unsuited where nothing comes before it, so that it would be the whole network."""
    order = list(network.layers)
    ends = [0, *(order.index(network.resolve(stage)) + 1 for stage in network.stages)]
    stages = [order[first:last] for first, last in itertools.pairwise(ends)]
    weighted = [sum(network.layers[name].traits.is_weighted for name in stage) for stage in stages]
    with_maps = [i for i, stage in enumerate(stages) if stage and network.layers[stage[-1]].is_spatial]
    found = (
        [i for i in with_maps if weighted[i] > 1] or [i for i in with_maps if weighted[i]] or [len(stages) - 2]
    )[-1]  # fmt: skip
    if found < 1 or not any(weighted[:found]):
        raise Unsuited(f"{network.title} has a single block. Train the head alone, or all layers.")
    nodes = list(network.graph.nodes)
    return nodes[nodes.index(stages[found - 1][-1]) + 1]


@dataclass(frozen=True, eq=False)
class Trainee:
    """What a process that trains needs of a network, and no more: what comes before the first layer that is trained,
    and from there on to the logits; and the entries of the second part that are. `first` is None where the second
    begins with the picture itself."""

    first: nn.Module | None
    second: nn.Module
    trained: frozenset[str]


def trainee(network: Network, layers: Layers) -> Trainee:
    """The two parts of a network of which the second is to be trained. It shares its weights with the network: copy it
    before it is trained. Raises Unsuited."""
    whole = network.graph.halves(next(iter(network.graph.nodes)), [{}]).seconds[0].module
    if layers == "all":
        return Trainee(None, whole, _entries(whole))
    halves = network.graph.halves(last_block(network), [{}])
    second = halves.seconds[0].module
    if all(halves.names.get(node) in network.layers for node in halves.first.wanted):
        return Trainee(halves.first.module, second, _entries(second))
    return Trainee(None, whole, _entries(second))  # a size that goes over the border is that of a whole batch


def _entries(module: nn.Module) -> frozenset[str]:
    return frozenset(name for name, _ in module.named_parameters())


def trained_numbers(network: Network, layers: Layers) -> dict[str, NDArray[np.float32]]:
    """The weights that would be trained, by the names of their entries. Raises Unsuited."""
    given = trainee(network, layers)
    return {name: as_array(value) for name, value in given.second.named_parameters() if name in given.trained}


class Training:
    """Pictures that are looked at once as far as nothing is trained, and the epochs over them."""

    def __init__(self, given: Trainee, tuning: Tuning, labels: Sequence[int], is_held_out: Sequence[bool]) -> None:
        self._first, self._second, self._tuning = given.first, given.second, tuning
        self._device = next(iter(given.second.parameters())).device
        self._labels = torch.tensor(np.asarray(labels), dtype=torch.int64, device=self._device)
        self._held = torch.tensor(np.asarray(is_held_out, bool), device=self._device)
        self._seen: list[list[torch.Tensor]] = []
        self._trained = {
            name: value.requires_grad_(True) for name, value in self._second.named_parameters() if name in given.trained
        }
        counts = torch.bincount(self._labels[~self._held]).float()
        self._shares = int((~self._held).sum()) / (len(counts) * counts)

    @torch.no_grad()
    def see(self, x: torch.Tensor) -> None:
        """Take in the next picture, (1, C, H, W) as the network receives it. Raises TooLarge where all of them would
        not have room."""
        x = x.to(self._device).contiguous(memory_format=torch.channels_last)
        found: list[Any] = [x] if self._first is None else self._first(x)
        if not self._seen:
            ensure_room(
                len(self._labels) * sum(value.nbytes for value in found), "Keeping what is seen of all pictures"
            )
        self._seen.append(found)

    def epochs(self, tell: Callable[[int, int], None]) -> Iterator[Point]:
        """Before any training, and after each epoch: cross entropy and right answers of the pictures trained on, and of
        those held out. `tell(done, total)` counts the pictures of all epochs."""
        order = torch.Generator().manual_seed(self._tuning.seed)
        train = torch.nonzero(~self._held)[:, 0]
        how = self._tuning
        optimizer = torch.optim.SGD(
            self._trained.values(), lr=how.learning_rate, momentum=how.momentum, weight_decay=how.weight_decay
        )
        yield self._point()
        done = 0
        for _ in range(how.n_epochs):
            for chosen in train[torch.randperm(len(train), generator=order).to(self._device)].split(how.batch):
                losses = F.cross_entropy(self._logits(chosen), self._labels[chosen], reduction="none")
                optimizer.zero_grad(set_to_none=True)
                (losses * self._shares[self._labels[chosen]]).mean().backward()
                nn.utils.clip_grad_norm_(self._trained.values(), _LONGEST)
                optimizer.step()
                done += len(chosen)
                tell(done, how.n_epochs * len(train))
            yield self._point()

    def changed(self) -> dict[str, torch.Tensor]:
        """The weights that were trained, by the names of their entries."""
        return {name: value.detach().contiguous() for name, value in self._trained.items()}

    @torch.no_grad()
    def logits(self) -> FloatArray:
        """(N, K) of all pictures."""
        parts = torch.arange(len(self._seen)).split(self._tuning.batch)
        found: NDArray[np.float32] = torch.cat([self._logits(chosen) for chosen in parts]).cpu().numpy()
        return found

    def _logits(self, chosen: torch.Tensor) -> torch.Tensor:
        rows = [self._seen[i] for i in chosen.tolist()]
        output, _ = self._second(*(torch.cat(values) for values in zip(*rows, strict=True)))
        found: torch.Tensor = output
        return found

    def _point(self) -> Point:
        logits = torch.from_numpy(self.logits()).to(self._device)
        found: list[float] = []
        for part in (~self._held, self._held):
            found.append(float(F.cross_entropy(logits[part], self._labels[part])))
            found.append(float((logits[part].argmax(dim=1) == self._labels[part]).float().mean()))
        if not np.isfinite(found).all():
            raise Unsuited("The training has left all numbers: the learning rate is too large. Take a smaller one.")
        loss, accuracy, held_out_loss, held_out_accuracy = found
        return loss, accuracy, held_out_loss, held_out_accuracy


def curve_of(points: Sequence[Point]) -> Curve:
    """The points of all epochs as a curve."""
    return Curve(*zip(*points, strict=True))
