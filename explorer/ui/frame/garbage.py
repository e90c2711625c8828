"""Garbage: what a run of the script makes is looked through after it, what was there before it once in a while.

After every run Streamlit has Python look for cycles through all that is alive. With torch imported and a class at work
that took most of a short run's time, and found what the run itself had made. What is alive when a run begins is taken
out of sight, and looked through in turn by a thread of its own.
"""

from __future__ import annotations

import gc
import threading
import time

PERIOD = 60.0  # seconds for which a cycle that an earlier run left may stay


class Sweeper:
    """Looks through everything every so often, while there are runs."""

    def __init__(self) -> None:
        self._has_run = threading.Event()
        self.has_started = False

    def begin(self) -> None:
        """A run begins: what is there already is none of its garbage."""
        gc.freeze()
        self._has_run.set()

    def sweep(self) -> int:
        """Find the cycles that are left of earlier runs; returns how many objects were in them."""
        gc.unfreeze()
        found = gc.collect()
        gc.freeze()
        return found

    def start(self, period: float = PERIOD) -> None:
        """Sweep from now on, as long as the process lives."""
        self.has_started = True
        threading.Thread(target=self._keep_on, args=(period,), name="sweeper", daemon=True).start()

    def _keep_on(self, period: float) -> None:
        while True:
            self._has_run.wait()
            time.sleep(period)
            self._has_run.clear()
            self.sweep()


SWEEPER = Sweeper()
