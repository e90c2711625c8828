"""What the processes run that tests begin: functions small enough to be read beside what is asserted of them."""

from __future__ import annotations

import os
import sys
import threading
import time

from explorer.errors import BadOption
from explorer.running.worker import Line


def echo(argument: object, line: Line) -> None:
    """Say the argument, then whatever is heard, until None would be."""
    line.send(argument)
    while (heard := line.receive(None)) != "enough":
        line.send(heard)


def surroundings(argument: object, line: Line) -> None:
    """What the process finds around it."""
    print("what is printed gets in nobody's way")
    os.write(1, b"nor what a library writes\n")
    import torch

    line.send(
        {
            "threads": torch.get_num_threads(),
            "nice": os.nice(0) if hasattr(os, "nice") else None,
            "streamlit": "streamlit" in sys.modules,
            "pytest": "pytest" in sys.modules,
            "main": getattr(sys.modules["__main__"], "__file__", None),
            "daemons": [thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()],
        }
    )


def refuse(argument: object, line: Line) -> None:
    raise BadOption(f"{argument} is not taken.")


def fall(argument: object, line: Line) -> None:
    os._exit(3)


def sleep(argument: object, line: Line) -> None:
    line.send("asleep")
    time.sleep(600)


def flood(argument: object, line: Line) -> None:
    """More than any pipe holds, in both directions."""
    for i in range(20):
        line.send(bytes([i]) * 1_000_000)
    line.send(line.receive(None))
