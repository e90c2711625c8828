"""Pictures and networks that tests of several files share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import explorer
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.running.cache import BoundedCache
from explorer.trace import Trace

from .tiny import Overwriting, noise_image, tiny_network

_MAX_BYTES = 600_000_000  # of weights: all small networks, or one large one and a few small ones


@pytest.fixture(scope="session")
def image() -> ImageInput:
    """Noise, wider than it is high."""
    return noise_image()


@pytest.fixture(scope="session")
def random_network() -> Callable[[str], Network]:
    """load_network(name, "random"), loaded once as long as memory allows."""
    networks: BoundedCache[Network] = BoundedCache(8, _MAX_BYTES, size=lambda network: network.n_bytes)
    return lambda name: networks.get(name, lambda: explorer.load_network(name, "random"))


@pytest.fixture(scope="session")
def pocket() -> Network:
    """The network that the project ships, with its weights."""
    return explorer.load_network("pocket_resnet")


@pytest.fixture(scope="session")
def pocket_trace(pocket: Network) -> Trace:
    """What it makes of the first sample, with the gradients of the class it sees."""
    return explorer.run(pocket, load_sample("chelsea"), "top")


@pytest.fixture(scope="session")
def tiny() -> Network:
    """A network of three convolutions in which almost every operation overwrites another's result."""
    return tiny_network(Overwriting())


@pytest.fixture(scope="session")
def tiny_trace(tiny: Network, image: ImageInput) -> Trace:
    """What it makes of the noise, with the gradients of class 2."""
    return explorer.run(tiny, image, 2)
