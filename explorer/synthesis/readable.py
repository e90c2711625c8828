"""Whether what came out can be believed to show something: measured, and by a rule that stands under the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray

from ..networks.network import Network
from ..pictures.samples import SAMPLES, load_sample
from ..running.cache import BoundedCache
from ..running.lock import work
from ..trace import FloatArray
from .moving import moved
from .objective import Objective

N_NOISE, N_MOVED = 8, 8
HOLDS = 0.5  # of what it has more than noise, when it is moved


@dataclass(frozen=True)
class Place:
    """Where one of the pictures that come along, by its `name`, answers most, and how much."""

    value: float
    name: str
    y: int
    x: int


@dataclass(frozen=True)
class Measured:
    """What made pictures reach, and what others do.

    `reached` is the objective at each picture; `strongest` what the unit in it reaches that answers most, which is to
    be compared with `natural`, the same in that one of the pictures that come with the program (`best`) where it is
    highest, and with `noise`, the highest in pictures of noise. `places` are those of all that come along, the highest
    first. `holds` is the share of what `strongest` has over noise that is left in the mean when the picture is moved a
    little.
    """

    reached: tuple[float, ...]
    strongest: float
    places: tuple[Place, ...]
    noise: float
    holds: float
    is_random: bool  # nothing has trained the network

    @property
    def natural(self) -> float:
        """The most that one of the pictures that come along has."""
        return self.places[0].value

    @property
    def best(self) -> str:
        """Which of them that is."""
        return self.places[0].name

    @property
    def is_readable(self) -> bool:
        """Whether a trained network answers more to the picture than to noise and to any of the pictures that come
        along, and still has half of that when it is moved."""
        return not self.is_random and self.strongest > max(self.natural, self.noise) and self.holds >= HOLDS


_others: BoundedCache[tuple[tuple[Place, ...], float]] = BoundedCache(4096, 4 << 20, size=lambda _: 1024)
_highest: BoundedCache[float] = BoundedCache(4096, 1 << 20, size=lambda _: 256)


def measured(network: Network, objective: Objective, values: FloatArray, seed: int) -> Measured:
    """Run the network on made pictures, (B, C, H, W) from 0 to 1, and on what they are compared with."""
    pictures = torch.tensor(values)
    reached, strongest = [], []
    for one in pictures:
        found = _answers(network, objective, one[None])
        reached.append(float(objective.score(network, found)[0]))
        strongest.append(float(found.max()))
    best = int(np.argmax(strongest))
    random = torch.Generator().manual_seed(seed)
    shifted = [
        float(_answers(network, objective, moved(pictures[best : best + 1], 1.0, random)).max()) for _ in range(N_MOVED)
    ]
    make = partial(_of_others, network, objective)
    places, noise = _others.get((network.key, objective), make)
    over = strongest[best] - noise
    holds = max(0.0, (float(np.mean(shifted)) - noise) / over) if over > 0 else 0.0
    return Measured(tuple(reached), strongest[best], places, noise, holds, network.is_random)


def _answers(network: Network, objective: Objective, values: torch.Tensor) -> torch.Tensor:
    with work(f"A pass of {network.title}"), torch.inference_mode():
        x = network.preprocessing.scaled(values).to(network.device)
        return objective.values(network, network.graph.up_to(objective.read_from(network), x)).cpu()


def natural_crops(network: Network, objective: Objective, places: Sequence[Place]) -> list[NDArray[np.uint8]]:
    """What the unit that answers most sees of each of the pictures that come along, (h, w, 3), as the network received
    it: all of it, where it sees all."""
    side, first = network.preprocessing.size, objective.weights[0][0]
    name = objective.read_from(network)
    field = network.field(name, first if objective.layer else 0)
    found = []
    for place in places:
        top, left, bottom, right = field.box(place.y, place.x, side, side)
        found.append(network.prepare(load_sample(place.name)).pixels[top:bottom, left:right])
    return found


def highest_at(network: Network, layer: str, channel: int, values: FloatArray) -> float:
    """The highest value of a channel at any place of made pictures, (B, C, H, W) from 0 to 1: of what the layer itself
    gives, behind whatever activation it ends with."""
    name = network.resolve(layer)

    def highest() -> float:
        with work(f"A pass of {network.title}"), torch.inference_mode():
            x = network.preprocessing.scaled(torch.tensor(values)).to(network.device)
            return float(network.layers[name].as_maps(network.graph.up_to(name, x))[:, channel].max())

    return _highest.get((network.key, name, channel, sha256(values.tobytes()).digest()), highest)


def _of_others(network: Network, objective: Objective) -> tuple[tuple[Place, ...], float]:
    """Where each of the pictures that come along answers most, the highest first, and the highest in noise."""
    natural = []
    for name in SAMPLES:
        values = network.preprocessing.unscaled(network.prepare(load_sample(name)).tensor)
        found = _answers(network, objective, values)[0].numpy()
        y, x = np.unravel_index(int(found.argmax()), found.shape)
        natural.append(Place(float(found[y, x]), name, int(y), int(x)))
    natural.sort(key=lambda place: -place.value)
    random, side = torch.Generator().manual_seed(0), network.preprocessing.size
    shape = (1, network.preprocessing.n_channels, side, side)
    noise = [float(_answers(network, objective, torch.rand(shape, generator=random)).max()) for _ in range(N_NOISE)]
    return tuple(natural), max(noise)
