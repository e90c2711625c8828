"""What the server works on, in lines for whoever keeps it: nothing of who asked, nor of any picture or class."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakSet

from ...networks.network import Network
from ...running.lock import TOLD

LOGGER = logging.getLogger("explorer.analysis")
OWN = "own"  # instead of a name that a visitor may have given
PASS = "pass"  # the recorded pass, which is no method's


@dataclass(frozen=True, eq=False)
class Running:
    """Work that has been begun or waits for its turn."""

    network: str
    method: str
    since: float = field(default_factory=time.monotonic)


_SINCE = time.monotonic()  # as good as the start: what the first visitor sees needs this file
_running: set[Running] = set()
_seen: WeakSet[Network] = WeakSet()
_lock = threading.Lock()


@contextmanager
def analysis(network: Network, method: str, layer: str | None = None) -> Iterator[None]:
    """Around the work: one line when it has ended, in whatever way.

        network=resnet50 layer=layer4 method=grad_cam ms=41 waited_ms=0 ended=well

    Of a visitor's own network neither its name nor its layers' are written. `ms` is all of the time, `waited_ms` what
    of it went by until its turn came, in steps of a quarter of a second; `ended` is "well" or the kind of error.
    """
    own = is_own(network)
    running = Running(OWN if own else network.name, method)
    with _lock:
        _running.add(running)
        _seen.add(network)
    ended, waited = "well", _Waited(TOLD.get())
    before = TOLD.set(waited)
    try:
        yield
    except BaseException as error:  # a visitor who clicks elsewhere ends it by an exception of Streamlit's
        ended = type(error).__name__
        raise
    finally:
        TOLD.reset(before)
        with _lock:
            _running.discard(running)
        shown = "-" if layer is None else OWN if own else layer
        milliseconds = 1000 * (time.monotonic() - running.since)
        LOGGER.info(
            "network=%s layer=%s method=%s ms=%.0f waited_ms=%.0f ended=%s", running.network, shown, method,
            milliseconds, 1000 * waited.seconds, ended,
        )  # fmt: skip


class _Waited:
    """Counts the seconds without a turn. It is told of them like the visitor who waits, and passes that on."""

    def __init__(self, told: Callable[[int], None] | None) -> None:
        self.seconds = 0.0
        self._told = told
        self._since: float | None = None

    def __call__(self, n_before: int) -> None:
        if n_before:
            self._since = self._since or time.monotonic()
        elif self._since is not None:
            self.seconds += time.monotonic() - self._since
            self._since = None
        if self._told is not None:
            self._told(n_before)


def is_own(network: Network) -> bool:
    """Whether it is a visitor's, or of whoever started the server: of no catalogue, or with weights of theirs."""
    return network.info is None or not (network.is_random or network.weights_name.startswith("pretrained"))


def running() -> tuple[Running, ...]:
    """What is being worked on, the oldest first."""
    with _lock:
        return tuple(sorted(_running, key=lambda one: one.since))


def warm() -> tuple[Network, ...]:
    """The networks that are loaded and have run."""
    with _lock:
        return tuple(_seen)


def uptime() -> float:
    """For how many seconds the server has been there."""
    return time.monotonic() - _SINCE


def write_lines() -> None:
    """Write the lines to standard error from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("time=%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
