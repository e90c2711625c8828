"""Who works when there is not room for all at once: places in a queue, fair between those who ask."""

from __future__ import annotations

import os
import threading
from collections.abc import Hashable
from functools import lru_cache


class Queue:
    """So many slots for work, and whoever waits for one.

    First come, first served, but each owner in turn: a second piece of work of one owner waits behind the first of
    every other that has come by the time a slot is free. For many threads.
    """

    def __init__(self, n_slots: int) -> None:
        self.n_slots = n_slots
        self._working: list[Ticket] = []
        self._waiting: list[Ticket] = []  # as they came
        self._turn = 0  # that of the work begun last
        self._last: dict[Hashable, int] = {}  # the turns of owners who have had theirs already
        self._changed = threading.Condition()

    def ask(self, owner: Hashable) -> Ticket:
        """A ticket, which has a slot at once where one is free."""
        with self._changed:
            ticket = Ticket(self, owner, self._turn)
            self._waiting.append(ticket)
            self._fill()
        return ticket

    @property
    def n_waiting(self) -> int:
        """How many have no slot yet."""
        with self._changed:
            return len(self._waiting)

    def _fill(self) -> None:
        """Give free slots to those whose turn it is. Call with the lock held."""
        while self._waiting and len(self._working) < self.n_slots:
            turn, _, first = self._in_turn()[0]
            self._waiting.remove(first)
            self._working.append(first)
            self._turn = max(self._turn, turn)
            self._last[first.owner] = turn
            # who had a turn before this one is treated as who comes for the first time
            self._last = {owner: last for owner, last in self._last.items() if last >= self._turn}
        self._changed.notify_all()

    def _in_turn(self) -> list[tuple[int, int, Ticket]]:
        """Those who wait, whose turn comes first at the front; each with its turn and the order in which they came.
        Nobody has two pieces of work in one turn. Call with the lock held."""
        last, turns = dict(self._last), []
        for arrival, ticket in enumerate(self._waiting):
            last[ticket.owner] = max(ticket.asked_in, last.get(ticket.owner, -1) + 1)
            turns.append((last[ticket.owner], arrival, ticket))
        return sorted(turns, key=lambda turn: turn[:2])


class Ticket:
    """A place in a queue, then a slot, until it is given back. In a `with` it is given back at the end of that."""

    def __init__(self, queue: Queue, owner: Hashable, asked_in: int) -> None:
        self.owner, self.asked_in = owner, asked_in
        self._queue = queue

    @property
    def has_slot(self) -> bool:
        """Whether its work may run."""
        with self._queue._changed:
            return self in self._queue._working

    @property
    def place(self) -> int | None:
        """How many have their turn before it, and itself: 1 is next. None where it has its slot, or gave it back."""
        with self._queue._changed:
            order = [ticket for _, _, ticket in self._queue._in_turn()]
            return order.index(self) + 1 if self in order else None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the slot, at most so many seconds. False where there is none: not yet, or given back."""
        with self._queue._changed:
            self._queue._changed.wait_for(lambda: self not in self._queue._waiting, timeout)
            return self in self._queue._working

    def give_back(self) -> None:
        """Let the next one have the slot, or leave the queue where there was none yet. Again it does nothing."""
        with self._queue._changed:
            for holders in (self._queue._working, self._queue._waiting):
                if self in holders:
                    holders.remove(self)
            self._queue._fill()

    def __enter__(self) -> Ticket:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back()


@lru_cache(maxsize=1)
def trainings() -> Queue:
    """The queue of whatever trains in a process of its own: one for every two cores that the program may use, so that
    the pages keep some."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Queue(max(1, n_cores // 2))
