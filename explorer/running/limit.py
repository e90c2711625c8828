"""How much memory this process may take with all it has started, and the room in it for what is kept."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import re
import time
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

from ..errors import BadOption
from .cache import Room

VARIABLE = "EXPLORER_MEMORY_LIMIT"
_CGROUP = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 62  # from here on the older version means that there is no limit, which the newer calls "max"
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_LEAST = 1 << 30  # below that, torch and one network hardly begin
_ASSUMED = 8 << 30  # of memory, where the system does not say
_RESERVE = 128 << 20  # of address space, for threads and pages


def given_limit() -> int | None:
    """The bytes that EXPLORER_MEMORY_LIMIT gives, such as 2G; None where it is not set. Raises BadOption."""
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,3})?)\s*([KMG]?)(?:i?B)?", text, re.IGNORECASE)
    if found is None or (n_bytes := int(float(found[1]) * _UNITS[found[2].upper()])) < _LEAST:
        raise BadOption(f"{VARIABLE} is '{text}'. Give 1G or more, such as 2G or 3500M, or leave it out.")
    return n_bytes


def memory_limit() -> int:
    """What is given, else what the control group may take, else half of the machine's memory. Raises BadOption."""
    return given_limit() or container_limit() or (_in_system("MemTotal") or _ASSUMED) // 2


@cache
def shared_room() -> Room:
    """What is kept of all visitors has half of the limit: as much again is for the program itself, and for one pass
    with what becomes of it. Raises BadOption."""
    free = free_addresses()
    return Room(min([memory_limit(), *([] if free is None else [free])]) // 2)


def make_room(n_bytes: int) -> None:
    """Let go of what was used longest ago, of all that is kept, until so many bytes are free; the system has them back
    at once."""
    if shared_room().free(n_bytes):
        give_back()


def give_back() -> None:
    """Let the system have what nothing refers to, where its C library can be told so."""
    gc.collect()
    if os.name == "posix" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


def free_bytes() -> int | None:
    """What this process may still take: of its own limit, the control group, the system and its addresses; None where
    nothing is known."""
    limit, taken = given_limit(), _taken_with(_children_in(int(time.monotonic())))
    own = None if limit is None or taken is None else limit - taken
    found = [free for free in (own, _in_container(), _in_system("MemAvailable"), free_addresses()) if free is not None]
    return min(found, default=None)


def taken_bytes() -> int | None:
    """What lies in memory of this process and of those that it has started; None where the system does not say."""
    return _taken_with(_children())


def _taken_with(children: Sequence[str]) -> int | None:
    own = _pages_of("self")
    if own is None:
        return None
    return own[1] + sum(found[1] for pid in children if (found := _pages_of(pid)) is not None)


def container_limit() -> int | None:
    """What the control group may take in all; None where there is none, or no limit."""
    found = _group()
    return None if found is None else found[0]


def free_addresses() -> int | None:
    """What a limit on addresses leaves, less what threads need; None where there is no limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    own = _pages_of("self")
    return None if limit == resource.RLIM_INFINITY or own is None else max(0, limit - own[0] - _RESERVE)


def _pages_of(pid: str) -> tuple[int, int] | None:
    """Bytes of addresses, and of memory, that a process has."""
    try:
        size, resident = map(int, Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[:2])
    except (OSError, ValueError):
        return None
    page = os.sysconf("SC_PAGE_SIZE")
    return size * page, resident * page


@lru_cache(maxsize=1)
def _children_in(second: int) -> list[str]:
    """For each pass they are looked for once a second: every thread has a file of its own, in which they are."""
    return _children()


def _children() -> list[str]:
    found = []
    for path in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            found += path.read_text(encoding="ascii").split()
    return found


def _in_system(what: str) -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:"))
    except (OSError, ValueError, StopIteration):
        return None


def _in_container() -> int | None:
    """What the control group may still take; files kept in memory count as free."""
    found = _group()
    return None if found is None else found[0] - found[1]


def _group() -> tuple[int, int] | None:
    """The limit of the control group and what counts towards it, in either version; None where there is no limit."""
    for limit, usage in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            total = int((_CGROUP / limit).read_text())
            if total >= _UNLIMITED:
                return None
            used = int((_CGROUP / usage).read_text())
            statistics = ((_CGROUP / usage).parent / "memory.stat").read_text().split()
        except (OSError, ValueError):  # no control group, or one without a limit ("max")
            continue
        numbers = dict(zip(statistics[::2], map(int, statistics[1::2]), strict=False))
        return total, used - numbers.get("total_inactive_file", numbers.get("inactive_file", 0))
    return None
