"""One at a time: the lock around whatever traces or runs a network, and the one way to run some of it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from .memory import keep_heap, room
from .waiting import TOLD

_TICK = 0.25  # seconds between two times that it is told


class _Turn(NamedTuple):
    """What a thread waits for, and what wakes it."""

    thread: int
    of: Hashable  # what it wants to make, beside others; None of who wants nobody beside it
    lock: threading.Lock


class FairLock:
    """Held by one thread at a time, which may take it again; or by up to `n_beside` of those that take it `beside` each
    other, each for another thing: what two threads want to make, the second finds made. Those that wait get it in the
    order in which they came, whichever they want: with a lock of Python's own, a thread that lets go of it between two
    of its batches has it again before any that waits is awake, and a visitor's click waits for another's whole
    measurement."""

    def __init__(self, n_beside: int = 1) -> None:
        self._n_beside = n_beside
        self._inner = threading.Lock()  # around the lines below, for a moment at a time
        self._holders: dict[int, int] = {}  # threads, and how often each has taken it
        self._made: dict[int, Hashable] = {}  # threads, and what each makes beside others
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
        self._take(None)

    def __exit__(self, *error: object) -> None:
        self._let_go()

    @contextlib.contextmanager
    def beside(self, of: Hashable) -> Iterator[None]:
        """Hold it while others do that want no more either, for another thing than `of`. Whoever holds it so and takes
        it again has no more."""
        self._take(of)
        try:
            yield
        finally:
            self._let_go()

    def _take(self, of: Hashable) -> None:
        me = threading.get_ident()
        with self._inner:
            if me in self._holders:
                self._holders[me] += 1
                return
            turn = _Turn(me, of, threading.Lock())
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
                    self._leave(me)
                self._hand_on()
            raise

    def _let_go(self) -> None:
        me = threading.get_ident()
        with self._inner:
            self._holders[me] -= 1
            if not self._holders[me]:
                self._leave(me)
                self._hand_on()

    def _leave(self, thread: int) -> None:
        del self._holders[thread]
        self._made.pop(thread, None)

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
            self._holders[turn.thread] = 1
            if turn.of is not None:
                self._made[turn.thread] = turn.of
            turn.lock.release()

    def _has_place(self, turn: _Turn) -> bool:
        is_new = turn.of is not None and turn.of not in self._made.values()
        return not self._holders or (bool(self._made) and is_new and len(self._holders) < self._n_beside)


MOST_BESIDE = min(4, os.cpu_count() or 1)  # passes that each want one core, and have to be held in memory

# Tracing patches nn.Module for the whole process, so nothing may run while a network is traced; and two runs at once
# are far slower than one after the other where each uses every core. One lock serves both. By itself it is for what
# runs nothing: tracing, the one random state of the process, and what is kept for several threads.
LOCK = FairLock(MOST_BESIDE)


@contextlib.contextmanager
def work(what: str, of: Hashable = None) -> Iterator[None]:
    """Run a network, or operations of one: nothing else runs meanwhile, or, where there is something that it is the
    making `of`, others that make other things, and use one core each as it does. Memory that runs out is a sentence
    about `what`. Raises TooLarge, and whatever is raised inside."""
    keep_heap()
    with LOCK if of is None else LOCK.beside(of), room(what):
        yield
