"""A store in memory that opens with a token alone, for many threads."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class TokenStore(Generic[T]):
    """Keeps each value under a token of its own, which cannot be guessed: 256 random bits, made here.

    `size` tells the bytes of a value. A value goes `max_age` seconds after it was kept, or when others need its room:
    the oldest first. `max_size` is that of one value. Two tokens never share a value, so nobody learns from a token
    whether somebody else keeps the same. What is too old goes at the next use of the store, whoever's that is.
    """

    def __init__(
        self, max_entries: int, max_bytes: int, max_size: int, max_age: float, size: Callable[[T], int],
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.max_size, self.max_age = min(max_size, max_bytes), max_age
        self._max_entries, self._max_bytes, self._size, self._clock = max_entries, max_bytes, size, clock
        self._values: dict[str, tuple[T, int, float]] = {}  # each with its size and when it was kept, the oldest first
        self._lock = threading.Lock()
        self.n_bytes = 0  # of everything kept

    def __len__(self) -> int:
        with self._lock:
            return len(self._values)

    def keep(self, value: T) -> str | None:
        """The token that opens the value from now on; None where it alone is too large."""
        size = self._size(value)
        if size > self.max_size:
            return None
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._values[token] = value, size, self._clock()
            self.n_bytes += size
            self._make_room()
        return token

    def find(self, token: str) -> T | None:
        """The value that the token opens, if it is still there."""
        with self._lock:
            self._make_room()
            found = self._values.get(token)
            return None if found is None else found[0]

    def drop(self, token: str) -> None:
        """Forget what the token opens, if it is still there."""
        with self._lock:
            if token in self._values:
                self.n_bytes -= self._values.pop(token)[1]

    def _make_room(self) -> None:
        """Let go of what is too old or too much. Call with the lock held."""
        now = self._clock()
        while self._values:
            oldest = next(iter(self._values))
            _, size, kept_at = self._values[oldest]
            if (
                now - kept_at <= self.max_age
                and len(self._values) <= self._max_entries
                and self.n_bytes <= self._max_bytes
            ):
                return
            del self._values[oldest]
            self.n_bytes -= size
