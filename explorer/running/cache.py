"""Caches with upper limits in entries and in bytes, for many threads, and the room that they share."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Room:
    """What several caches may keep together. Beyond `max_bytes` goes what has taken most room for nothing, whichever of
    them it is in: of what each was not asked for longest, the one of the largest bytes x uses of others since then (the
    space-time product of Smith 1981, Commun. ACM 24(8), 521), less where it is dear to make. So a large array goes
    before the many small things of a visitor who comes back. The newest value of all always stays, however large it
    is."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.lock = threading.RLock()  # one for all of them: a step in one may let go of something in another
        self._caches: list[BoundedCache[object]] = []
        self._time = 0  # how often something was used
        self.n_bytes = 0  # of everything kept

    def join(self, cache: BoundedCache[object]) -> None:
        """Share the room with one more."""
        self._caches.append(cache)

    def tick(self) -> int:
        """Something is used: when that is, a larger number each time."""
        self._time += 1
        return self._time

    def free(self, n_bytes: int) -> int:
        """Let go of values until so many bytes are free, or nothing is left; returns how many."""
        with self.lock:
            return self._shrink(max(0, self.n_bytes - n_bytes))

    def trim(self) -> None:
        """Keep to the limit. Call with the lock held."""
        self._shrink(self.max_bytes, n_left=1)

    def _shrink(self, to: int, n_left: int = 0) -> int:
        before = self.n_bytes
        while self.n_bytes > to and sum(map(len, self._caches)) > n_left:
            max((cache for cache in self._caches if len(cache)), key=lambda cache: cache.idle(self._time)).drop_oldest()
        return before - self.n_bytes


@dataclass
class _Making:
    """A value that is being made, and how many threads make it or wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    n_threads: int = 0


class _Kept(NamedTuple, Generic[T]):
    """A value, its bytes, and when it was used last."""

    value: T
    size: int
    used: int


class BoundedCache(Generic[T]):
    """Keeps what was used last. What several threads ask for at once is made once.

    `size` tells the bytes of a value, and is asked again whenever the value is used: it may have grown. The newest
    value always stays, however large it is, in a cache that shares its room with no other; see Room for one that does.
    A value is `dear` times as long in the making as others of its size.
    """

    def __init__(
        self, max_entries: int, max_bytes: int, size: Callable[[T], int], shared: Room | None = None, dear: int = 1,
    ) -> None:  # fmt: skip
        self._max_entries, self._max_bytes, self._size, self._dear = max_entries, max_bytes, size, dear
        self._values: OrderedDict[Hashable, _Kept[T]] = OrderedDict()
        self._making: dict[Hashable, _Making] = {}
        self._room = Room(max_bytes) if shared is None else shared
        self._lock = self._room.lock
        self._room.join(self)  # type: ignore[arg-type]  # the room reads no values
        self.n_bytes = 0  # of everything kept

    def __len__(self) -> int:
        """How many values are kept."""
        return len(self._values)

    def idle(self, time: int) -> tuple[float, int]:
        """What room the value that was not used for longest has taken since then, until `time`, for what it is worth:
        bytes x uses of others; and how many these were, where it has no bytes."""
        kept = next(iter(self._values.values()))
        age = time - kept.used
        return kept.size * age / self._dear, age

    def find(self, key: Hashable) -> T | None:
        """The value of `key` if it is there."""
        with self._lock:
            if key not in self._values:
                return None
            return self._used(key)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of `key`, made now if it is not there. An error of `make` is the caller's, and nothing is kept."""
        with self._lock:
            if key in self._values:
                return self._used(key)
            making = self._making.setdefault(key, _Making())
            making.n_threads += 1
        try:
            with making.lock:
                with self._lock:
                    if key in self._values:  # another thread has made it while this one waited
                        return self._values[key].value
                value = make()
                with self._lock:
                    self._keep(key, value)
                return value
        finally:
            with self._lock:
                making.n_threads -= 1
                if not making.n_threads:
                    del self._making[key]

    def put(self, key: Hashable, value: T) -> None:
        """Keep what has been made elsewhere."""
        with self._lock:
            self._keep(key, value)

    def drop_oldest(self) -> None:
        """Let go of what was not used for longest. Call with the room's lock held."""
        _, kept = self._values.popitem(last=False)
        self._count(-kept.size)

    def _used(self, key: Hashable) -> T:
        """The value, which may have grown since it was kept. Call with the lock held."""
        value = self._values[key].value
        self._keep(key, value)
        return value

    def _keep(self, key: Hashable, value: T) -> None:
        """Make it the newest one, and let the oldest go where that is too much. Call with the lock held."""
        size = self._size(value)
        self._count(size - (self._values.pop(key).size if key in self._values else 0))
        self._values[key] = _Kept(value, size, self._room.tick())
        while len(self) > 1 and (len(self) > self._max_entries or self.n_bytes > self._max_bytes):
            self.drop_oldest()
        self._room.trim()

    def _count(self, n_bytes: int) -> None:
        self.n_bytes += n_bytes
        self._room.n_bytes += n_bytes


@dataclass(frozen=True)
class Shelf(Generic[T]):
    """What a cache keeps about one `owner`: it stands in front of every key."""

    cache: BoundedCache[T]
    owner: tuple[Hashable, ...]

    def find(self, key: Hashable) -> T | None:
        """The value of `key` if it is there."""
        return self.cache.find((*self.owner, key))

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of `key`, made now if it is not there."""
        return self.cache.get((*self.owner, key), make)
