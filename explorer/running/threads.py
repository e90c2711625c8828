"""How the threads of a server wait for each other."""

from __future__ import annotations

import os
import sys

_TURNS = "2000"  # around a loop: some microseconds
_AT_MOST = 0.0005  # seconds


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


def hand_over_soon() -> None:
    """Have a thread that runs Python let another go on after half a millisecond instead of five.

    A pass lets go of the interpreter for each of its operations, and asks for it again before the next: while one other
    thread is busy in Python, each time until that one has to let go. A recorded pass of EfficientNet-Lite0 that takes
    65 ms took 3 s then, and so 0.16 s; a tenth of that again gains little (one run on two cores; CPython 3.11).
    """
    sys.setswitchinterval(min(_AT_MOST, sys.getswitchinterval()))
