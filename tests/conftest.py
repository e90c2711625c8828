"""Pictures and networks that tests of several files share, and the order of the tests.

All tests compute in one thread: two workers then have a core each, and no sum depends on how many cores there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import explorer
from explorer.loading.catalog import CATALOG
from explorer.loading.load import load_network  # before page tests put another in its place
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.running.cache import BoundedCache
from explorer.trace import Trace

from .tiny import Overwriting, noise_image, tiny_network

torch.set_num_threads(1)
os.environ["OMP_NUM_THREADS"] = "1"  # for the programs and servers that tests start

HERE = Path(__file__).parent
_MAX_BYTES = 600_000_000  # of weights: all small networks, or one large one and a few small ones
KINDS = ("file", "network", "page", "browser")  # of tests: see _group
_LARGE = {info.name for info in CATALOG.values() if info.source != "project"}


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put tests of one large network together, so that it is loaded once, and what takes long at the end: quick tests
    fail first. What needs a large network is slow.

    Where workers share the tests, what stands together is one worker's: a network, what a file's tests share, and the
    app with its browser. Page tests are spread one by one. There what takes longest comes first, so that no worker
    waits for the other's at the end.
    """
    is_shared = hasattr(config, "workerinput")
    order = KINDS[::-1] if is_shared else KINDS
    keys = {item: _group(item) for item in items}
    for item, (kind, name) in keys.items():
        if kind == "network":
            item.add_marker(pytest.mark.slow)
        if is_shared and name:
            item.add_marker(pytest.mark.xdist_group(name))
    places = {key: i for i, key in enumerate(dict.fromkeys(keys.values()))}  # otherwise as they stand
    items.sort(key=lambda item: (order.index(keys[item][0]), places[keys[item]]))


def _group(item: pytest.Item) -> tuple[str, str]:
    """What kind of test this is, and with which others it stands; "" alone."""
    folder = item.path.relative_to(HERE).parts[0]
    if folder == "e2e":
        return "browser", "browser"
    if network := _network(item):
        return "network", network
    return ("page", "") if folder == "pages" else ("file", item.path.stem)


def _network(item: pytest.Item) -> str:
    """The large network that a test asks `random_network` for: among its parameters, else named in its code."""
    if "random_network" not in getattr(item, "fixturenames", ()):
        return ""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    written = item.function.__code__.co_consts if isinstance(item, pytest.Function) else ()
    return next((name for name in (*parameters, *written) if isinstance(name, str) and name in _LARGE), "")


@pytest.fixture(scope="session")
def image() -> ImageInput:
    """Noise, wider than it is high."""
    return noise_image()


@pytest.fixture(scope="session")
def random_network() -> Callable[[str], Network]:
    """load_network(name, "random"), loaded once as long as memory allows: tests of one network stand together."""
    networks: BoundedCache[Network] = BoundedCache(8, _MAX_BYTES, size=lambda network: network.n_bytes)
    return lambda name: networks.get(name, lambda: load_network(name, "random"))


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


@pytest.fixture(scope="session")
def sigmoid_head() -> Network:
    """The same with a single logit, for two classes."""
    return tiny_network(Overwriting(n_outputs=1), categories=("cat", "dog"))
