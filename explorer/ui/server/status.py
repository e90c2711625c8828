"""How the server is: numbers, of this moment, and nothing of whom."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...running.limit import memory_limit, shared_room, taken_bytes
from ...running.lock import LOCK
from ...running.queue import trainings
from ..frame.caches import caches
from ..frame.log import Running, is_own, running, uptime, warm
from ..frame.visits import VISITS
from ..uploads import stored


@dataclass(frozen=True)
class CacheStatus:
    """One of the caches that all visitors share: how many entries, and how many bytes."""

    name: str
    n_entries: int
    n_bytes: int


@dataclass(frozen=True)
class Memory:
    """In bytes: what the server holds with the processes that it began, None where the system does not say; what it
    may hold; what all caches hold, and may; what is uploaded."""

    taken: int | None
    limit: int
    kept: int
    room: int
    uploaded: int


@dataclass(frozen=True)
class Status:
    """The server at one moment. `is_busy` where a network runs, `n_waiting` how many wait for it to end; trainings have
    processes and a queue of their own."""

    n_visitors: int
    running: tuple[Running, ...]
    is_busy: bool
    n_waiting: int
    n_trainings_waiting: int
    memory: Memory
    seconds: float
    warm: tuple[str, ...]
    n_own: int
    caches: tuple[CacheStatus, ...]


def status() -> Status:
    """The server now."""
    networks, kept = warm(), caches()
    return Status(
        n_visitors=len(VISITS),
        running=running(),
        is_busy=LOCK.is_held,
        n_waiting=LOCK.n_waiting,
        n_trainings_waiting=trainings().n_waiting,
        memory=Memory(
            taken_bytes(), memory_limit(), shared_room().n_bytes, shared_room().max_bytes, sum(stored().values())
        ),
        seconds=uptime(),
        warm=tuple(sorted({network.title for network in networks if not is_own(network)})),
        n_own=sum(map(is_own, networks)),
        caches=tuple(
            CacheStatus(field.name, len(cache), cache.n_bytes)
            for field in fields(kept)
            if len(cache := getattr(kept, field.name))
        ),
    )
