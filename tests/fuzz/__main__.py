"""The long run: `python -m tests.fuzz SECONDS [BORDER ...]`, exit status 1 where something was found.

Each border has a process of its own, which may crash or take too much: what it was reading then lies in the folder that
is named, and is to be described in a test, not kept.
"""

from __future__ import annotations

import argparse
import faulthandler
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.borders import BORDERS, tried

AT_A_TIME = 300  # examples, before the clock is looked at again
HANGS = 60  # seconds for one example


def long_run(name: str, seconds: float, folder: Path) -> int:
    """How many examples were tried at one border until the time was over. What fails is raised."""
    border, end, n, number = BORDERS[name], time.monotonic() + seconds, 0, time.time_ns() % 1_000_000

    def holds(thought_up: Any) -> None:
        nonlocal n
        n += 1
        (folder / name.replace(" ", "-")).write_bytes(repr(thought_up).encode())
        faulthandler.dump_traceback_later(HANGS, exit=True)
        tried(border, thought_up)
        faulthandler.cancel_dump_traceback_later()

    while time.monotonic() < end:
        number += 1
        some = settings(
            max_examples=AT_A_TIME, deadline=None, database=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink], print_blob=False,
        )  # fmt: skip
        seed(number)(some(given(border.thought_up())(holds)))()
    return n


def main() -> int:
    """Every border in turn, or those that are named, each for its share of the time."""
    parser = argparse.ArgumentParser("python -m tests.fuzz")
    parser.add_argument("seconds", type=float)
    parser.add_argument("borders", nargs="*", metavar="BORDER", help=f"of {', '.join(BORDERS)} (default: all)")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)  # in the process of one border
    options = parser.parse_args()
    if options.into is not None:
        warnings.simplefilter("ignore")
        print(f"{options.borders[0]}: {long_run(options.borders[0], options.seconds, options.into)} tried", flush=True)
        return 0
    folder, n_failed = Path(tempfile.mkdtemp(prefix="fuzz-")), 0
    names = options.borders or list(BORDERS)
    for name in names:
        command = [sys.executable, "-m", "tests.fuzz", str(options.seconds / len(names)), name, "--into", str(folder)]
        n_failed += subprocess.run(command, check=False).returncode != 0
    print(f"{n_failed} of {len(names)} borders failed; what each read last is in {folder}")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
