"""How the threads that share an operation wait for each other."""

from __future__ import annotations

import os

_TURNS = "2000"  # around a loop: some microseconds


def wait_briefly() -> None:
    """Have them go to sleep soon where they wait, unless who starts the program has said how. Call before torch is
    imported.

    By themselves they go around for a few hundred microseconds at the end of each operation. Where other programs want
    the cores, each then waits for a thread that has none: with a loop on both of two cores, single passes of a network
    took 1.5 s. Those that sleep at once have to be woken for the next operation, which is there after microseconds: a
    recorded pass of EfficientNet-Lite0 took 46 ms then, and with so short a wait 25 ms as when they do not sleep at
    all; beside the loops 60 ms, where asleep it took 40 to 86 (one run on two cores; libgomp, which torch's builds for
    Linux bring).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _TURNS)
