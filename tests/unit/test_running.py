"""How work is run: one at a time, and so that it can be followed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from explorer.errors import TooLarge
from explorer.running.lock import LOCK, work
from explorer.running.size import arrays_in


def is_free() -> bool:
    """Whether another thread could begin now."""

    def tried() -> bool:
        found = LOCK.acquire(blocking=False)
        if found:
            LOCK.release()
        return found

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(tried).result()


def test_while_one_works_nobody_else_does() -> None:
    with work("The work"):
        assert not is_free()
        with work("Its part"):  # by the same thread: work may consist of other work
            assert not is_free()
        assert not is_free()
    assert is_free()


def test_what_is_raised_within_ends_it_and_memory_that_runs_out_is_a_sentence() -> None:
    with pytest.raises(KeyError, match="inside"), work("The work"):
        raise KeyError("inside")
    assert is_free()
    with pytest.raises(TooLarge, match=r"^The work needs more memory; on this machine too little"), work("The work"):
        raise MemoryError
    assert is_free()


@dataclass(frozen=True)
class Found:
    """A result as topics have them."""

    title: str
    values: object


def test_memory_is_counted_once_wherever_it_lies() -> None:
    values, png = np.zeros((10, 10), np.float32), b"x" * 30
    tensor = torch.zeros(25)
    assert sum(arrays_in(values).values()) == 400
    assert sum(arrays_in(values[::2, :3]).values()) == 400  # a part keeps the whole
    assert sum(arrays_in(Found("a title", {"a": [values, (png, values.T)], "b": {"c": tensor[:5]}})).values()) == 530
    assert arrays_in(tensor.numpy()) == arrays_in(tensor) == {tensor.data_ptr(): 100}
    assert arrays_in([Found("no array", 3.0), None, len]) == {}
    circle: list[object] = [values]
    circle.append(circle)
    assert sum(arrays_in(circle).values()) == 400
