"""Threads in which operations are not shared out among the cores."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from .lock import MOST_BESIDE

T = TypeVar("T")


def alone(function: Callable[[], T]) -> T:
    """function(), by a thread whose operations each run on one core. Call within `work`, beside others.

    A small network's operations are so short that their halves, on two cores, are not there sooner than the whole: a
    pass of EfficientNet-Lite0 with its gradients took 54 ms of one core, and of two 48 ms and 84 to 103 ms of
    processor, which thirty visitors want for themselves (one run on two cores). Its sums are then the same on any
    number of cores, to the last bit.
    """
    return _threads().submit(function).result()


@functools.cache
def _threads() -> ThreadPoolExecutor:
    n_threads = torch.get_num_threads()
    made, all_there = ThreadPoolExecutor(MOST_BESIDE, "alone", _stay_alone), threading.Barrier(MOST_BESIDE + 1)
    for _ in range(MOST_BESIDE):
        made.submit(all_there.wait)
    all_there.wait()
    torch.set_num_threads(n_threads)  # threads that begin later start from what was said last, in whichever of them
    return made


def _stay_alone() -> None:
    torch.get_num_threads()  # a thread's first operation, as this is one, has it start from what was said last
    torch.set_num_threads(1)
