"""Does a map show what the network has learned? Block by block, from the output back, what it has learned is replaced
by the numbers that it began with, and the map drawn again: one that stays the same does not depend on them.

The cascading randomisation of Adebayo et al. 2018 (arXiv:1810.03292, section 3.1).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from ..attribution import Attribution, attribute
from ..errors import BadMap, BadOption, NotFinite, Unsuited
from ..loading.load import load_network
from ..networks.network import Network
from ..pictures.image import ImageInput
from ..running.lock import LOCK
from ..running.progress import Progress
from ..targets import Target
from ..trace import FloatArray
from .scores import as_ranking, spearman

ALIKE = 0.5  # rank correlation without signs from which two maps are called much the same


@dataclass(frozen=True)
class Block:
    """One step of the cascade: what it is called, and those of its layers that have learned something."""

    name: str
    layers: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SanityStep:
    """The map after this block too was randomised; no map where the method has none any more.

    `signed` is its rank correlation with the first map, -1 to 1, and `absolute` that of both without their signs; both
    are None where `problem` says why there is none.
    """

    block: str
    values: FloatArray | None
    signed: float | None
    absolute: float | None
    problem: str


@dataclass(frozen=True, eq=False)
class Sanity:
    """A map, and what became of it: `steps` from the last block alone to all of them."""

    original: Attribution
    steps: tuple[SanityStep, ...]
    seconds: float

    @property
    def n_alike(self) -> int:
        """How many blocks, from the last one, forgot before the map was another one: ALIKE no more."""
        return next((i for i, step in enumerate(self.steps) if not _is_alike(step)), len(self.steps))

    def reading(self) -> str:
        """What the steps say: where the map ends, and how long it stayed as it was before."""
        last, n = self.steps[-1], self.n_alike
        if last.absolute is None:
            return f"With nothing learned left, there is no map to compare. {last.problem}"
        stays = _is_alike(last)
        text = (
            f"With nothing learned left, the map {'still correlates' if stays else 'correlates only'} "
            f"{round(last.absolute, 2) + 0.0:.2f} with the one drawn before"
        )
        if stays:
            return f"{text}: much of it shows the picture, not what the network has learned."
        if not n:
            return f"{text}, and it changed with the first block: it depends on what the network has learned."
        forgot = "the last block" if n == 1 else f"the last {n} blocks"
        return (
            f"{text}. But while {forgot} of {len(self.steps)} forgot, it stayed much the same "
            f"({ALIKE} or more): it shows little of what {'that one has' if n == 1 else 'those have'} learned."
        )


def _is_alike(step: SanityStep) -> bool:
    return step.absolute is not None and abs(step.absolute) >= ALIKE


def cascade(network: Network) -> tuple[Block, ...]:
    """The blocks that hold learned numbers, from the last to the first: one for each of the network's stages.

    A stage that is a plain layer without weights, such as a pooling, ends a block that is called after the first
    layer that has some.
    """
    names = list(network.layers)
    learned = [name for name in names if network.graph.parameters(name) or network.graph.buffers(name)]
    blocks: list[Block] = []
    start = 0
    for stage in network.stages:
        end = names.index(network.resolve(stage)) + 1
        inside = tuple(name for name in names[start:end] if name in learned)
        if inside:
            blocks.append(Block(inside[0] if stage in network.layers else stage, inside))
        start = end
    return tuple(reversed(blocks))


def randomised(network: Network, n_blocks: int, seed: int = 0) -> Network:
    """The network with the last `n_blocks` of its cascade as `load_network(name, "random", seed)` begins: weights,
    biases, and what its batch norms counted. It shares all else with `network`, which stays as it is.

    A head with other layers, or another number of classes, than usual is drawn as torch draws such layers. Raises
    BadOption, and Unsuited for a network of no catalogue.
    """
    blocks = cascade(network)
    if not 0 <= n_blocks <= len(blocks):
        raise BadOption(f"n_blocks is {n_blocks}; {network.name} has {len(blocks)} blocks that can be randomised.")
    return _mixed(network, _twin(network, seed), blocks[:n_blocks], seed)


def sanity(
    network: Network, image: ImageInput, method: str = "grad_cam", target: int | Target | None = None,
    layer: str | None = None, twin_seed: int = 0, progress: Progress | None = None, **options: Any,
) -> Sanity:  # fmt: skip
    """Draw the map of `method` for the target (the top class unless given), and again after each step of the cascade.

    What is forgotten becomes as `twin_seed` draws it. `options` are the method's own, and `signed`. What `progress`
    raises cancels. Raises what `attribute` does, and BadMap where the first map already ranks nothing.
    """
    started = time.perf_counter()
    blocks = cascade(network)

    def drawing(step: int) -> Progress | None:
        """Whoever waits can cancel within a map, too."""
        return None if progress is None else lambda *_: progress(step, len(blocks) + 1)

    original = attribute(network, image, method, target, layer, progress=drawing(0), **options)
    as_ranking(original)
    twin = _twin(network, twin_seed)
    steps: list[SanityStep] = []
    for n_blocks in range(1, len(blocks) + 1):
        changed = _mixed(network, twin, blocks[:n_blocks], twin_seed)
        name = blocks[n_blocks - 1].name
        try:
            found = attribute(
                changed, image, method, original.target, original.layer, progress=drawing(n_blocks), **options
            )
        except (NotFinite, Unsuited) as error:
            steps.append(SanityStep(name, None, None, None, str(error)))
        else:
            steps.append(_compared(original.values, found, name))
    if progress is not None:
        progress(len(blocks) + 1, len(blocks) + 1)
    return Sanity(original, tuple(steps), time.perf_counter() - started)


def _twin(network: Network, seed: int) -> Network:
    """The network as it began."""
    if network.info is None:
        raise Unsuited(
            f"How {network.title} began is not known, since it is in no catalogue: nothing can be forgotten."
        )
    return load_network(network.name, "random", seed)


def _compared(original: FloatArray, found: Attribution, block: str) -> SanityStep:
    values = found.values
    try:
        signed, absolute = spearman(original, values), spearman(np.abs(original), np.abs(values))
    except BadMap as error:  # such as a class activation map without any positive evidence
        return SanityStep(block, values, None, None, found.remark or str(error))
    return SanityStep(block, values, signed, absolute, "")


def _mixed(network: Network, twin: Network, blocks: Sequence[Block], seed: int) -> Network:
    """The network with the twin's numbers in these blocks: both hand over their own tensors, nothing is copied."""
    if not blocks:
        return network
    names = [name for block in blocks for name in block.layers]
    drawn = twin.graph.parts([name for name in names if name in twin.layers])  # a head of one's own has other layers
    parts = {key: _untrained(own, drawn.get(key), seed) for key, own in network.graph.parts(names).items()}
    # random, so that nothing takes it for a trained network
    return network.with_graph(
        network.graph.with_parts(parts),
        f"random (seed {seed}) from {blocks[-1].name} on",
        f"{network.key}-randomised-{len(blocks)}-{seed}",
    )


def _untrained(own: Any, drawn: Any, seed: int) -> Any:
    """The twin's part, or, where it has none or one of another shape, one like the network's own that is drawn anew."""
    if not isinstance(own, nn.Module) or (drawn is not None and _shapes(own) == _shapes(drawn)):
        return drawn
    # copied first and drawn afterwards: the one random state of the process is nobody else's meanwhile
    fresh: Any = copy.deepcopy(own)
    with LOCK, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fresh.reset_parameters()
    return fresh


def _shapes(module: nn.Module) -> list[torch.Size]:
    return [tensor.shape for tensor in module.state_dict().values()]
