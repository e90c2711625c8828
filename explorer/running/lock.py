"""One at a time: the lock around whatever traces or runs a network, and the one way to run some of it."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from .memory import keep_heap, room

# Who waits is told a few times a second how many are before it, and with 0 that its turn has come. What this raises
# ends the waiting. None: nobody asks.
TOLD: ContextVar[Callable[[int], None] | None] = ContextVar("told", default=None)

_TICK = 0.25  # seconds between two times that it is told


class FairLock:
    """Held by one thread at a time, which may take it again. Those that wait get it in the order in which they came:
    with a lock of Python's own, a thread that lets go of it between two of its batches has it again before any that
    waits is awake, and a visitor's click waits for another's whole measurement."""

    def __init__(self) -> None:
        self._inner = threading.Lock()  # around the lines below, for a moment at a time
        self._holder: int | None = None
        self._depth = 0
        self._waiting: deque[tuple[int, threading.Lock]] = deque()  # threads, and what wakes each

    @property
    def is_held(self) -> bool:
        """Whether any thread has it."""
        return self._holder is not None

    @property
    def n_waiting(self) -> int:
        """How many threads wait."""
        return len(self._waiting)

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._inner:
            if self._holder in (None, me):  # where nobody holds it nobody waits: it is handed on
                self._holder, self._depth = me, self._depth + 1
                return
            turn = me, threading.Lock()
            turn[1].acquire()
            self._waiting.append(turn)
        try:
            self._wait(turn)
        except BaseException:
            with self._inner:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                else:
                    self._hand_on()
            raise

    def __exit__(self, *error: object) -> None:
        with self._inner:
            self._depth -= 1
            if not self._depth:
                self._hand_on()

    def _wait(self, turn: tuple[int, threading.Lock]) -> None:
        """Until the turn comes. Raises what who is told raises."""
        told = TOLD.get()
        if told is None:
            turn[1].acquire()
            return
        is_told = False
        while not turn[1].acquire(timeout=_TICK):
            with self._inner:
                before = 1 + self._waiting.index(turn) if turn in self._waiting else 0
            if before:
                told(before)
                is_told = True
        if is_told:
            told(0)

    def _hand_on(self) -> None:
        """To the one that has waited longest. Call with the inner lock held."""
        self._holder, self._depth = None, 0
        if self._waiting:
            self._holder, turn = self._waiting.popleft()
            self._depth = 1
            turn.release()


# Tracing patches nn.Module for the whole process, so nothing may run while a network is traced; and two runs at once
# are far slower than one after the other, since each already uses every core. One lock serves both. By itself it is
# for what runs nothing: tracing, the one random state of the process, and what is kept for several threads.
LOCK = FairLock()


@contextlib.contextmanager
def work(what: str) -> Iterator[None]:
    """Run a network, or operations of one: nothing else runs meanwhile, and memory that runs out is a sentence about
    `what`. Raises TooLarge, and whatever is raised inside."""
    keep_heap()
    with LOCK, room(what):
        yield
