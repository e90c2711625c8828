"""How work is run: one at a time, and so that it can be followed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer.errors import TooLarge
from explorer.running.lock import LOCK, work


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
