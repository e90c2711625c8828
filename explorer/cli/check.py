"""Whether every network can be looked into on this machine, and what a look costs: a table, one row for each.

A network gets weights drawn at random, one pass over a sample picture with the gradients of its top class, and one
class activation map. It does so in a process of its own: then the peak of memory is its own too, and one that is
killed for want of memory is a row that fails, not the end of the table.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from ..loading.catalog import find
from ..networks.info import NetworkInfo

HEADER = (
    "| network | layers | map at | cells | pass | peak of memory | result |\n"
    "|:--|--:|:--|--:|--:|--:|:--|"
)  # fmt: skip
_GIB, _MIB = 1 << 30, 1 << 20
_PICTURE = "chelsea"

Work = Callable[[str], "Row"]


@dataclass(frozen=True)
class Row:
    """What came of one network. `problem` is empty where all is well; what was not reached is None.

    `cam_layer` and `cam_shape` are None too for a network without maps. `peak_bytes` is the most memory that the
    process held, with Python and torch themselves; what lies on a graphics card does not count.
    """

    name: str
    n_layers: int | None = None
    cam_layer: str | None = None
    cam_shape: tuple[int, ...] | None = None
    seconds: float | None = None  # of the pass, forwards and backwards
    peak_bytes: int | None = None
    problem: str = ""

    @property
    def passed(self) -> bool:
        return not self.problem


def check(names: Sequence[str], report: Callable[[str], None]) -> bool:
    """Check the networks one after the other, and report a Markdown table row by row. True if every one passed; one
    that was not run for want of memory did not. Raises UnknownNetwork before anything is run."""
    infos = [find(name) for name in names]
    report(HEADER)
    all_passed = True
    for info in infos:
        row = refusal(info, _free_bytes()) or in_own_process(measure, info.name)
        report(row_text(row))
        all_passed = all_passed and row.passed
    return all_passed


def row_text(row: Row) -> str:
    """The row as a line of the table."""
    has_run = row.seconds is not None
    cells = [
        row.name,
        "" if row.n_layers is None else str(row.n_layers),
        row.cam_layer or ("no maps" if has_run else ""),
        "" if row.cam_shape is None else " x ".join(map(str, row.cam_shape)),
        "" if row.seconds is None else f"{row.seconds:.2f} s",
        "" if row.peak_bytes is None else f"{row.peak_bytes / _MIB:.0f} MiB",
        row.problem or "passed",
    ]
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def refusal(info: NetworkInfo, free: int | None) -> Row | None:
    """The row of a network that would not fit into the memory that is free; None where it fits, or nobody knows."""
    if free is None or info.pass_bytes <= free:
        return None
    needed, there = f"{info.pass_bytes / _GIB:.1f} GiB", f"{free / _GIB:.1f}"
    return Row(info.name, problem=f"not run: needs {needed}, {there} are free")


def in_own_process(work: Work, name: str) -> Row:
    """`work(name)` as a new process returns it; if that process dies first, a row that says how."""
    context = multiprocessing.get_context("spawn")  # a fork of a process that has used torch's threads can hang
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(work, name, sender), daemon=True)
    process.start()
    sender.close()  # the other end of the pipe is now the new process's alone, so that its death can be seen here
    try:
        row: Row | None = receiver.recv()
    except EOFError:
        row = None
    receiver.close()
    process.join()
    return row or Row(name, problem=_manner_of_death(process.exitcode))


def _send(work: Work, name: str, sender: Connection) -> None:
    try:
        row = work(name)
    except Exception as error:
        row = Row(name, peak_bytes=peak_bytes(), problem=f"failed: {type(error).__name__}: {error}")
    sender.send(row)


def _manner_of_death(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"failed: its process ended with status {exit_code}"
    hint = ", as a system does where memory runs out" if exit_code == -9 else ""
    return f"failed: its process was ended by {signal.Signals(-exit_code).name}{hint}"


def measure(name: str) -> Row:
    """Build, run and explain the network in this process."""
    # here, and not above: the process that prints the table needs none of it
    import numpy as np

    from ..attribution import class_activation_map
    from ..loading.load import load_network
    from ..pictures.samples import load_sample
    from ..trace import run

    network = load_network(name, "random")
    trace = run(network, load_sample(_PICTURE), "top")
    problems = [] if np.isfinite(trace.logits).all() else ["logits that are not finite"]
    layer = shape = None
    if network.has_maps:
        layer = network.cam_layer
        cam = class_activation_map(trace, "grad_cam", layer)
        shape = cam.shape
        if shape != network.layer(layer).size:
            problems.append(f"a map that is not as large as its layer, {network.layer(layer).size}")
        if not np.isfinite(cam).all():
            problems.append("a map that is not finite")
    problem = f"failed: {' and '.join(problems)}" if problems else ""
    return Row(name, len(network.layers), layer, shape, trace.seconds, peak_bytes(), problem)


def peak_bytes() -> int | None:
    """The most memory that this process has held at once, or None where the system does not say."""
    try:
        # Not from getrusage: on Linux a new process takes over there what the one that started it had used.
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        pass
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _free_bytes() -> int | None:
    from ..running.memory import available_bytes, device

    return available_bytes(device())
