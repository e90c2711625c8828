"""One at a time: the lock around whatever traces or runs a network, and the one way to run some of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from .memory import keep_heap, room

# Tracing patches nn.Module for the whole process, so nothing may run while a network is traced; and two runs at once
# are far slower than one after the other, since each already uses every core. One lock serves both. By itself it is
# for what runs nothing: tracing, the one random state of the process, and what is kept for several threads.
LOCK = threading.RLock()


@contextlib.contextmanager
def work(what: str) -> Iterator[None]:
    """Run a network, or operations of one: nothing else runs meanwhile, and memory that runs out is a sentence about
    `what`. Raises TooLarge, and whatever is raised inside."""
    keep_heap()
    with LOCK, room(what):
        yield
