"""Where networks run, whether there is room for them, and what becomes of memory that they leave."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import torch

from ..errors import BadDevice, TooLarge

VARIABLE = "EXPLORER_DEVICE"
_GIB = 1 << 30
_FULL = ("t allocate memory", "not enough memory", "out of memory")  # on the CPU, there on Windows, on Apple's GPU
_CGROUP = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 62  # from here on the older version means that there is no limit, which the newer calls "max"

# What mallopt of the GNU C library is told, by the numbers in its malloc.h.
_HEAP = {
    -8: 1,  # M_ARENA_MAX: threads share one heap. Each would have its own, where memory that others left is no use
    -3: 32 << 20,  # M_MMAP_THRESHOLD: smaller pieces come from it; it would itself go up to this, step by step
    -1: 256 << 20,  # M_TRIM_THRESHOLD: what is free at its end is given back only beyond this
}


def device() -> torch.device:
    """The device that EXPLORER_DEVICE names; without it a GPU of NVIDIA or Apple where there is one, else the CPU.

    Raises BadDevice for a name that means nothing, or a device that this machine does not have.
    """
    return _device(os.environ.get(VARIABLE, ""))


@lru_cache(maxsize=4)
def _device(name: str) -> torch.device:
    present = [kind for kind, here in (("cuda", torch.cuda.is_available()), ("mps", torch.mps.is_available())) if here]
    try:
        chosen = torch.device(name or (*present, "cpu")[0])
    except RuntimeError:
        chosen = None
    count = {"cpu": 1, "mps": 1, "cuda": torch.cuda.device_count()}
    if chosen is None or chosen.type not in (*present, "cpu") or (chosen.index or 0) >= count[chosen.type]:
        raise BadDevice(
            f"{VARIABLE} is '{name}', which this machine does not have; it has {', '.join([*present, 'cpu'])}. "
            "Set it to one of these, or leave it out."
        )
    if chosen.type == "cuda":
        torch.backends.cudnn.allow_tf32 = False  # ten bits of a product are too few for numbers that can be checked
    return chosen


def available_bytes(where: torch.device) -> int | None:
    """Memory that is free for networks there, or None where the system does not say."""
    if where.type == "cuda":
        free, _ = torch.cuda.mem_get_info(where)
        return free + torch.cuda.memory_reserved(where) - torch.cuda.memory_allocated(where)
    if where.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    limits = [limit for limit in (_free_in_system(), _free_in_container()) if limit is not None]
    return min(limits, default=None)


def ensure_room(n_bytes: int, what: str) -> None:
    """Raise TooLarge if `what` would need more memory than is free on the device."""
    where = device()
    free = available_bytes(where)
    if free is not None and n_bytes > free:
        raise TooLarge(_too_large(what, f"{n_bytes / _GIB:.1f} GiB", f" {free / _GIB:.1f} GiB are free"))


@contextlib.contextmanager
def room(what: str) -> Iterator[None]:
    """Turn an allocation that fails after all into the same sentence."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # torch says it by a type of its own on NVIDIA's GPUs, and elsewhere by a plain RuntimeError
        if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(words in str(error) for words in _FULL):
            raise TooLarge(_too_large(what, "more memory", " too little is free")) from error
        raise


@lru_cache(maxsize=1)
def keep_heap() -> None:
    """Let one pass use the memory that another has left, where the system's C library can be told so.

    A trace is hundreds of pieces of up to some megabytes. Given back to the system and fetched again, page by page,
    they take up to half as long as the pass itself. Who has set how memory is given out, by the environment, is obeyed.
    """
    is_set = any(name.startswith("MALLOC_") for name in os.environ) or "GLIBC_TUNABLES" in os.environ
    if os.name != "posix" or is_set:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries have none
        for parameter, value in _HEAP.items():
            mallopt(parameter, value)


def _too_large(what: str, needed: str, free: str) -> str:
    return f"{what} needs {needed}; on this machine{free}. Choose a smaller network, or close what else is running."


def _free_in_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None


def _free_in_container() -> int | None:
    """What the control group may still take, in either version; files kept in memory count as free."""
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
        return total - used + numbers.get("total_inactive_file", numbers.get("inactive_file", 0))
    return None
