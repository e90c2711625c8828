"""How the threads that share an operation wait for each other."""

from __future__ import annotations

import os


def wait_asleep() -> None:
    """Have them sleep where they wait, unless who starts the program has said how. Call before torch is imported.

    Else they spin, for a few hundred microseconds at the end of each operation. While the cores are theirs that is a
    little faster (a recorded pass of EfficientNet-Lite0: 18 ms, asleep 27, in one run). Where other programs use them,
    each waits in turn for a thread that has none: on two cores that five to nine programs wanted, the median pass took
    0.2 to 0.5 s and the slowest 2.5 s, where asleep it took 0.03 to 0.1 s (libgomp, which torch's builds for Linux
    bring).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
