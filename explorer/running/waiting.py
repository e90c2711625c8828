"""Who is told how long there is to wait: apart from the lock, so that a page can ask for it before torch is there."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

# Told a few times a second how many are before, and with 0 that the turn has come. What it raises ends the waiting.
# None: nobody asks.
TOLD: ContextVar[Callable[[int], None] | None] = ContextVar("told", default=None)
