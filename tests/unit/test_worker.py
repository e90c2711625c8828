"""A process of its own: what it is told and says, what it finds around it, and how it ends."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from explorer.errors import BadOption, WorkLost
from explorer.running.worker import Worker

ROOT = Path(__file__).parents[2]


def is_there(pid: int) -> bool:
    """Whether the system's table has the process, be it a dead one that nobody has waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int) -> bool:
    """Whether it goes within half a minute."""
    for _ in range(600):
        if not is_there(pid):
            return True
        time.sleep(0.05)
    return False


def test_messages_go_both_ways_in_order_and_the_end_is_the_functions() -> None:
    with Worker("tests.workers:echo", {"given": 1}) as worker:
        assert worker.receive(30) == {"given": 1}
        for i in range(50):
            worker.send((i, "x" * i))
        assert [worker.receive(30) for _ in range(50)] == [(i, "x" * i) for i in range(50)]
        assert worker.receive(0.01) is None
        assert worker.is_alive
        worker.send("enough")
        assert list(worker) == []
        assert worker.receive() is None  # and whoever asks again is not kept waiting
        assert gone(worker.pid)
        worker.send("to nobody")


def test_what_is_larger_than_a_pipe_comes_whole() -> None:
    with Worker("tests.workers:flood", None) as worker:
        worker.send(b"z" * 5_000_000)
        assert list(worker) == [bytes([i]) * 1_000_000 for i in range(20)] + [b"z" * 5_000_000]


@pytest.mark.slow  # it imports torch
def test_it_computes_in_one_thread_and_after_others_and_knows_nothing_of_its_host() -> None:
    with Worker("tests.workers:surroundings", None) as worker:
        found = worker.receive(60)
    assert isinstance(found, dict)
    assert found["threads"] == 1
    assert found["nice"] is None or found["nice"] >= min(19, os.nice(0) + 10)
    assert not found["streamlit"]
    assert not found["pytest"]
    assert found["main"] is None
    assert all(found["daemons"])


def test_what_it_raises_is_raised_here() -> None:
    with Worker("tests.workers:refuse", "that") as worker:
        for _ in range(2):
            with pytest.raises(BadOption, match=r"^that is not taken\.$"):
                worker.receive(30)


def test_one_that_dies_is_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    lost = r"^The process that worked on this has ended before it was done \({}\)\.$"
    with Worker("tests.workers:fall", None) as worker:
        with pytest.raises(WorkLost, match=lost.format("status 3")):
            worker.receive(30)
        assert gone(worker.pid)
    nothing = Worker("tests.workers:nothing_of_that_name", None)
    with nothing as worker, pytest.raises(WorkLost, match=lost.format("status 1")):
        worker.receive(30)
    assert "AttributeError" in capfd.readouterr().err  # a fault of ours is in the log


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals as of POSIX")
def test_one_that_is_killed_is_told_of_and_leaves_no_entry() -> None:
    with Worker("tests.workers:sleep", None) as worker:
        assert worker.receive(30) == "asleep"
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(WorkLost, match=r"SIGKILL, as the system does where memory runs out"):
            worker.receive(30)
        assert gone(worker.pid)
        assert not worker.is_alive


def test_it_ends_when_it_is_stopped_and_when_nobody_holds_it() -> None:
    with Worker("tests.workers:sleep", None) as worker:
        assert worker.receive(30) == "asleep"
    assert not is_there(worker.pid)
    forgotten = Worker("tests.workers:sleep", None)
    pid = forgotten.pid
    del forgotten
    gc.collect()
    assert gone(pid)


HOST = """
import os, sys
from explorer.running.worker import Worker
worker = Worker("tests.workers:sleep", None)
assert worker.receive(30) == "asleep"
print(worker.pid, flush=True)
if sys.argv[1] == "wait":
    sys.stdin.read()
"""


@pytest.mark.parametrize("how", ["exit", "wait"])
def test_it_ends_with_its_host_in_whatever_way_that_ends(how: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOST, how], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as host:
        pid = int(host.stdout.readline())
        if how == "wait":
            assert is_there(pid)
            host.kill()
    assert gone(pid)
