"""A cache with an upper limit in entries and in bytes, for many threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class _Making:
    """A value that is being made, and how many threads make it or wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    n_threads: int = 0


class BoundedCache(Generic[T]):
    """Keeps what was used last. What several threads ask for at once is made once.

    `size` tells the bytes of a value, and is asked again whenever the value is used: it may have grown. The newest
    value always stays, however large it is.
    """

    def __init__(self, max_entries: int, max_bytes: int, size: Callable[[T], int]) -> None:
        self._max_entries, self._max_bytes, self._size = max_entries, max_bytes, size
        self._values: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()  # each with its size
        self._making: dict[Hashable, _Making] = {}
        self._lock = threading.Lock()
        self.n_bytes = 0  # of everything kept

    def __len__(self) -> int:
        return len(self._values)

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
                        return self._values[key][0]
                value = make()
                with self._lock:
                    self._keep(key, value)
                return value
        finally:
            with self._lock:
                making.n_threads -= 1
                if not making.n_threads:
                    del self._making[key]

    def _used(self, key: Hashable) -> T:
        """The value, which may have grown since it was kept. Call with the lock held."""
        value = self._values[key][0]
        self._keep(key, value)
        return value

    def _keep(self, key: Hashable, value: T) -> None:
        """Make it the newest one, and let the oldest go where that is too much. Call with the lock held."""
        size = self._size(value)
        self.n_bytes += size - (self._values.pop(key)[1] if key in self._values else 0)
        self._values[key] = value, size
        while len(self._values) > 1 and (len(self._values) > self._max_entries or self.n_bytes > self._max_bytes):
            self.n_bytes -= self._values.popitem(last=False)[1][1]


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
