"""How the threads that share an operation wait for each other."""

from __future__ import annotations

import os


def wait_asleep() -> None:
    """Have them sleep where they wait, unless who starts the program has said how. Call before torch is imported.

    Else they spin, for a few hundred microseconds at the end of each operation. On a quiet machine that is a little
    faster; where other programs use the cores, each waits in turn for a thread that has none: on two cores with three
    busy programs a recorded pass of EfficientNet-Lite0 took 0.2 to 0.5 s where it takes 0.1 s asleep, and single ones
    took 2.5 s (libgomp, which is what torch's builds for Linux bring).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
