"""A fine-tuning in a process of its own, from the side of who waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from explorer.errors import WorkLost
from explorer.networks.network import Network
from explorer.running.queue import Queue
from explorer.transfer import Learned, Tuning, aside, fine_tune, gathered, learn
from explorer.transfer.aside import Aside
from explorer.transfer.drawn import drawn_set

pytestmark = pytest.mark.slow  # a process imports torch


@pytest.fixture(scope="module")
def found(pocket: Network) -> Learned:
    return learn(pocket, gathered(drawn_set("parts", 4)))


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def test_it_tells_how_far_it_is_and_ends_with_the_same_as_here(found: Learned) -> None:
    slots = Queue(1)
    tuning = Tuning(n_epochs=2)
    running = Aside(found, tuning, slots, "a")
    until(lambda: running.found is not None or running.error is not None)
    assert running.error is None
    assert running.found is not None
    assert len(running.points) == 3
    assert running.reached is not None
    np.testing.assert_allclose(running.found.probabilities, fine_tune(found, tuning).probabilities, atol=1e-3)
    running.join(30)
    assert slots.ask("b").has_slot  # it gave its own back


def test_it_waits_for_its_turn_and_ends_with_the_last_who_wants_it(
    found: Learned, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = Queue(1)
    with slots.ask("somebody"):
        running = Aside(found, Tuning("all", n_epochs=200), slots, "a")
        assert running.place == 1
        running.look("b")
        running.leave("a")
        assert not running.is_stopped
        monkeypatch.setattr(aside, "_GONE", 0.0)
        running.leave("nobody")  # and b has not looked for long
        assert running.is_stopped
        running.join(30)
    running = Aside(found, Tuning("all", n_epochs=200), slots, "a")
    until(lambda: running.place is None)
    running.leave("a")
    running.join(30)
    assert not running.is_alive()
    assert running.found is None


def test_a_process_that_is_lost_is_said(found: Learned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "WORK", "tests.workers:fall")
    running = Aside(found, Tuning(), Queue(1), "a")
    until(lambda: running.error is not None)
    assert isinstance(running.error, WorkLost)
