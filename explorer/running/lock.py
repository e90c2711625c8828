"""One at a time: the lock around whatever traces or runs a network, and the one way to run some of it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from .memory import keep_heap, room
from .waiting import TOLD

_TICK = 0.25  # seconds between two times that it is told


class _Turn(NamedTuple):
    """What a thread waits for, and what wakes it."""

    thread: int
    is_beside: bool
    lock: threading.Lock


class FairLock:
    """Held by one thread at a time, which may take it again; or by up to `n_beside` of those that take it `beside` each
    other. Those that wait get it in the order in which they came, whichever of the two they want: with a lock of
    Python's own, a thread that lets go of it between two of its batches has it again before any that waits is awake,
    and a visitor's click waits for another's whole measurement."""

    def __init__(self, n_beside: int = 1) -> None:
        self._n_beside = n_beside
        self._inner = threading.Lock()  # around the lines below, for a moment at a time
        self._holders: dict[int, int] = {}  # threads, and how often each has taken it
        self._are_beside = False
        self._waiting: deque[_Turn] = deque()

    @property
    def is_held(self) -> bool:
        """Whether any thread has it."""
        return bool(self._holders)

    @property
    def n_waiting(self) -> int:
        """How many threads wait."""
        return len(self._waiting)

    def __enter__(self) -> None:
        self._take(False)

    def __exit__(self, *error: object) -> None:
        self._let_go()

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """Hold it while others do that want no more either. Whoever holds it so and takes it again has no more."""
        self._take(True)
        try:
            yield
        finally:
            self._let_go()

    def _take(self, is_beside: bool) -> None:
        me = threading.get_ident()
        with self._inner:
            if me in self._holders:
                self._holders[me] += 1
                return
            turn = _Turn(me, is_beside, threading.Lock())
            turn.lock.acquire()
            self._waiting.append(turn)
            self._hand_on()
        try:
            self._wait(turn)
        except BaseException:
            with self._inner:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                else:
                    del self._holders[me]
                self._hand_on()
            raise

    def _let_go(self) -> None:
        me = threading.get_ident()
        with self._inner:
            self._holders[me] -= 1
            if not self._holders[me]:
                del self._holders[me]
                self._hand_on()

    def _wait(self, turn: _Turn) -> None:
        """Until the turn comes. Raises what who is told raises."""
        told = TOLD.get()
        if told is None:
            turn.lock.acquire()
            return
        is_told = False
        while not turn.lock.acquire(timeout=_TICK):
            with self._inner:
                before = 1 + self._waiting.index(turn) if turn in self._waiting else 0
            if before:
                told(before)
                is_told = True
        if is_told:
            told(0)

    def _hand_on(self) -> None:
        """To those that have waited longest, as many as there is a place for. Call with the inner lock held."""
        while self._waiting and self._has_place(self._waiting[0]):
            turn = self._waiting.popleft()
            self._holders[turn.thread], self._are_beside = 1, turn.is_beside
            turn.lock.release()

    def _has_place(self, turn: _Turn) -> bool:
        is_beside = self._are_beside and turn.is_beside and len(self._holders) < self._n_beside
        return not self._holders or is_beside


MOST_BESIDE = min(4, os.cpu_count() or 1)  # passes that each want one core, and have to be held in memory

# Tracing patches nn.Module for the whole process, so nothing may run while a network is traced; and two runs at once
# are far slower than one after the other where each uses every core. One lock serves both. By itself it is for what
# runs nothing: tracing, the one random state of the process, and what is kept for several threads.
LOCK = FairLock(MOST_BESIDE)


@contextlib.contextmanager
def work(what: str, is_beside: bool = False) -> Iterator[None]:
    """Run a network, or operations of one: nothing else runs meanwhile, unless it `is_beside` others that use one core
    each. Memory that runs out is a sentence about `what`. Raises TooLarge, and whatever is raised inside."""
    keep_heap()
    with LOCK.beside() if is_beside else LOCK, room(what):
        yield
