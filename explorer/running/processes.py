"""The memory of this process and of those that it began."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def resident_bytes(pid: int | None = None) -> int | None:
    """The memory that a process holds, or this one; None where the system does not say (it does on Linux), or where
    there is no such process any more."""
    try:
        pages = (_PROC / str(pid or os.getpid()) / "statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def begun_here() -> tuple[int, ...]:
    """The numbers of the processes that this one began and that still run, and of those that they began in turn."""
    parents = {}
    for path in _PROC.glob("[0-9]*/stat"):
        try:  # the name, in brackets before the rest, may hold anything
            parents[int(path.parent.name)] = int(
                path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            )
        except (OSError, IndexError, ValueError):  # it has ended meanwhile
            continue
    found, waiting = [], [os.getpid()]
    while waiting:
        parent = waiting.pop()
        new = [pid for pid, of in parents.items() if of == parent]
        found += new
        waiting += new
    return tuple(sorted(found))
