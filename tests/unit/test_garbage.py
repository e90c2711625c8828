"""What is looked through after a run, and what later."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from explorer.ui.frame.garbage import Sweeper


class Knot:
    """An object that only the garbage collector can take away."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_a_run_makes_is_found_after_it_and_what_was_there_before_is_not_looked_at() -> None:
    sweeper, before = Sweeper(), Knot()
    gone = weakref.ref(before)
    sweeper.begin()
    made = weakref.ref(Knot())
    del before
    gc.collect()  # as Streamlit does
    assert made() is None
    assert gone() is not None


def test_what_earlier_runs_left_is_found_in_turn() -> None:
    sweeper, before = Sweeper(), Knot()
    gone = weakref.ref(before)
    sweeper.begin()
    del before
    assert sweeper.sweep() > 0
    assert gone() is None
    assert gc.get_freeze_count() > 0  # and the rest is out of sight again


def test_it_sweeps_while_there_are_runs_and_rests_else(monkeypatch: pytest.MonkeyPatch) -> None:
    sweeper, swept = Sweeper(), threading.Semaphore(0)
    monkeypatch.setattr(sweeper, "sweep", swept.release)
    sweeper.start(period=0.01)
    assert not swept.acquire(timeout=0.2)
    sweeper.begin()
    assert swept.acquire(timeout=10)
    assert not swept.acquire(timeout=0.2)
