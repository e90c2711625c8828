"""Where networks run, whether there is room for them, and what becomes of memory that they leave."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from functools import lru_cache

import torch

from ..errors import BadDevice, TooLarge
from .limit import free_bytes, give_back, make_room

VARIABLE = "EXPLORER_DEVICE"
_GIB = 1 << 30
_FULL = ("t allocate memory", "not enough memory", "out of memory")  # on the CPU, there on Windows, on Apple's GPU

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
    return free_bytes()


def ensure_room(n_bytes: int, what: str) -> None:
    """Have so much memory free on the device, at the cost of what is kept there. Raises TooLarge if `what` would need
    more."""
    where = device()
    free = available_bytes(where)
    for make in (lambda _: give_back(), make_room):  # what nothing refers to may be all that is missing
        if free is not None and n_bytes > free and where.type == "cpu":
            make(n_bytes - free)
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
