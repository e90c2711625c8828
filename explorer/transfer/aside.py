"""A fine-tuning in a process of its own, from the side of who waits for it: how far it is, and what came of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable

from ..running.queue import Queue
from ..running.worker import Worker
from .learned import Learned
from .tuner import WORK, Reached, Tuned, finished, job_of
from .tuning import Point, Tuning, curve_of

_TICK = 0.2  # seconds between two looks at whether it is still wanted
_GONE = 5.0  # seconds after which nobody who has not looked is thought to wait


class Aside(threading.Thread):
    """One training. `points` are those of its curve as they come; `found` is there at the end, or `error`.

    Several visitors may wait for the same: it goes on until none of them does.
    """

    def __init__(self, before: Learned, tuning: Tuning, slots: Queue, owner: Hashable) -> None:
        """Ask for a slot in the queue for the owner, and begin. Raises Unsuited."""
        super().__init__(daemon=True, name="fine-tuning")
        self.before, self.tuning = before, tuning
        self.points: list[Point] = []
        self.reached: Reached | None = None
        self.found: Learned | None = None
        self.error: Exception | None = None
        self._job = job_of(before, tuning)
        self._ticket = slots.ask(owner)
        self._seen: dict[Hashable, float] = {owner: time.monotonic()}
        self._is_stopped = False
        self.start()

    @property
    def place(self) -> int | None:
        """Which one it is in the queue, from 1; None where it does not wait."""
        return self._ticket.place

    @property
    def is_stopped(self) -> bool:
        """Whether nobody wanted it any more before it was done."""
        return self._is_stopped and self.found is None

    def look(self, visitor: Hashable) -> None:
        """Somebody waits for it."""
        self._seen[visitor] = time.monotonic()

    def leave(self, visitor: Hashable) -> None:
        """Somebody waits no more: with the last one it ends."""
        self._seen.pop(visitor, None)
        self._is_stopped = not any(time.monotonic() - at < _GONE for at in [*self._seen.values()])

    def run(self) -> None:
        try:
            with self._ticket:
                while not self._ticket.wait(_TICK):
                    if self._is_stopped:
                        return
                self._train()
        except Exception as error:  # for the page, whose boundary makes a sentence of it
            self.error = error

    def _train(self) -> None:
        with Worker(WORK, self._job) as worker:
            for one in self.before.examples.examples:
                if self._is_stopped:
                    return
                worker.send(one.source)
            while not self._is_stopped:
                told = worker.receive(_TICK)
                if told is not None:
                    self._hear(told)
                if isinstance(told, Tuned):
                    return

    def _hear(self, told: object) -> None:
        if isinstance(told, Tuned):
            self.found = finished(self.before, self.tuning, told, curve_of(self.points))
        elif isinstance(told, Reached):
            self.reached = told
        elif isinstance(told, tuple):
            self.points.append(told)  # four numbers
