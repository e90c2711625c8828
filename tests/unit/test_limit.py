"""How much memory may be taken, and what goes where it is too little."""

from __future__ import annotations

import subprocess
import sys

import pytest

from explorer.errors import BadOption, TooLarge
from explorer.running import limit, memory
from explorer.running.cache import BoundedCache, Room
from explorer.running.limit import VARIABLE, given_limit, memory_limit, taken_bytes


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [
        ("2G", 2 << 30),
        ("2 GiB", 2 << 30),
        ("3500m", 3500 << 20),
        ("1.5G", 3 << 29),
        ("4294967296", 1 << 32),
    ],
)
def test_a_limit_is_given_in_words(text: str, n_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)
    assert given_limit() == memory_limit() == n_bytes


def test_without_one_there_is_none_but_that_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")
    assert given_limit() is None
    assert memory_limit() >= 1 << 30


@pytest.mark.parametrize("text", ["lots", "-2G", "2T", "500M", "0", "2G2G"])
def test_a_limit_that_is_none_is_a_sentence(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(BadOption, match=rf"^{VARIABLE} is '{text}'\. Give 1G or more"):
        given_limit()


def test_what_processes_of_this_one_take_counts() -> None:
    before = taken_bytes()
    if before is None:
        pytest.skip("this system does not say what a process takes")
    hold = "import sys; held = b'x' * (64 << 20); print('there', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        found = taken_bytes()
        process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
    assert found is not None
    assert found - before > 64 << 20


def test_what_is_kept_goes_before_anything_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(1000)
    kept = BoundedCache[bytes](9, 1000, size=len, shared=room)
    for key in "abc":
        kept.get(key, lambda: bytes(100))
    monkeypatch.setattr(limit, "shared_room", lambda: room)
    monkeypatch.setattr(memory, "available_bytes", lambda where: 700 - room.n_bytes)
    memory.ensure_room(400, "A pass")
    assert len(kept) == 3
    memory.ensure_room(550, "A pass")
    assert [kept.find(key) is not None for key in "abc"] == [False, False, True]
    with pytest.raises(TooLarge, match=r"^A pass needs"):
        memory.ensure_room(800, "A pass")
    assert len(kept) == 0
