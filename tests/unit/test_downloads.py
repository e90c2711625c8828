"""Downloads in the background: many who ask, few who wait, and a server that misbehaves."""

from __future__ import annotations

import dataclasses
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from explorer.errors import WeightsUnavailable
from explorer.loading import transfer
from explorer.loading.download import fetch
from explorer.loading.downloads import Download, Downloads
from explorer.running.progress import Progress
from tests.servers import CONTENT, NAME, Server, running_server

pytestmark = pytest.mark.slow  # together


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_server() as server:
        yield server


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)


def ended(downloads: Downloads, url: str) -> Download:
    """How it ends, which is waited for."""
    until(lambda: state(downloads, url) not in ("waiting", "running"))
    result = downloads.get(url)
    assert result is not None
    return result


def state(downloads: Downloads, url: str) -> str | None:
    found = downloads.get(url)
    return None if found is None else found.state


def running(downloads: Downloads, url: str) -> None:
    """Wait until some of it has come."""
    until(lambda: (found := downloads.get(url)) is not None and found.state == "running" and found.received > 0)


class Steps:
    """A fetch that goes on only when a test says so: with a step of progress, or with a path or an error as its end."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.turn, self.over = threading.Semaphore(0), threading.Semaphore(0)
        self.next: tuple[int, int | None] | Path | Exception = (0, None)

    def __call__(self, url: str, folder: Path, progress: Progress) -> Path:
        self.asked.append(url)
        while True:
            assert self.turn.acquire(timeout=10)
            try:
                if isinstance(self.next, Path):
                    return self.next
                if isinstance(self.next, Exception):
                    raise self.next
                progress(*self.next)
            finally:
                self.over.release()

    def go(self, step: tuple[int, int | None] | Path | Exception) -> None:
        self.next = step
        self.turn.release()
        assert self.over.acquire(timeout=10)


def test_ten_visitors_make_one_download(server: Server, tmp_path: Path) -> None:
    downloads, url = Downloads(), server.url("slow")
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda i: downloads.ask(url, tmp_path, f"visitor {i}"), range(10)))
    running(downloads, url)
    (seen,) = downloads.active()
    assert (seen.url, seen.name, seen.state, seen.total, seen.askers) == (url, NAME, "running", len(CONTENT), 10)
    assert 0 < seen.received < len(CONTENT)
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.state = "done"  # type: ignore[misc]
    assert ended(downloads, url) == Download(url, NAME, "done", len(CONTENT), len(CONTENT), None, None, "", 10)
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / NAME]
    assert downloads.active() == ()


def test_one_of_two_may_withdraw(server: Server, tmp_path: Path) -> None:
    downloads, url = Downloads(), server.url("slow")
    downloads.ask(url, tmp_path, "a")
    downloads.ask(url, tmp_path, "b")
    running(downloads, url)
    downloads.cancel(url, "a")
    downloads.cancel(url, "a")  # once more, as by a second click
    downloads.cancel(url, "somebody else")
    result = ended(downloads, url)
    assert (result.state, result.askers) == ("done", 1)


@pytest.mark.parametrize("mode", ["slow", "hang", "silent", "drip"])
def test_when_both_withdraw_it_stops_and_leaves_nothing(server: Server, tmp_path: Path, mode: str) -> None:
    downloads, url = Downloads(), server.url(mode)
    downloads.ask(url, tmp_path, "a")
    downloads.ask(url, tmp_path, "b")
    until(lambda: len(server.requests) == 1)
    downloads.cancel(url, "a")
    assert state(downloads, url) == "running"
    begun = time.monotonic()
    downloads.cancel(url, "b")
    result = ended(downloads, url)
    assert time.monotonic() - begun < 1.5
    assert (result.state, result.message, result.askers) == ("cancelled", "", 0)
    assert list(tmp_path.iterdir()) == []
    assert downloads.active() == ()
    good = server.url("good")
    downloads.ask(good, tmp_path, "a")
    assert ended(downloads, good).state == "done"


def test_a_cancel_acts_while_another_process_fetches(server: Server, tmp_path: Path) -> None:
    """Here another thread outside of the line holds the lock, which is the same to the file system."""
    downloads, url = Downloads(), server.url("slow")
    asked = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(fetch, url, tmp_path, lambda *_: asked.set())
        assert asked.wait(10)
        downloads.ask(url, tmp_path, "a")
        until(lambda: state(downloads, url) == "running")
        downloads.cancel(url, "a")
        assert ended(downloads, url).state == "cancelled"
        assert not other.done()
        downloads.ask(url, tmp_path, "a")  # and who stays gets the other's file
        result = ended(downloads, url)
        assert (result.state, result.received, result.total) == ("done", len(CONTENT), len(CONTENT))
        assert other.result(10).read_bytes() == CONTENT
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / NAME]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("missing", "the server answered 404 (Not Found)"),
        ("broken", "the server answered 500 (Internal Server Error)"),
        ("cut", "the connection ended after 300,000 of 1,024,000 bytes"),
        ("wrong", "its checksum differs"),
        ("elsewhere", "the connection failed"),
        ("hang", "nothing came for 0 seconds"),
        ("drip", "bytes came in 0 seconds"),
    ],
)
def test_a_failure_is_a_sentence_and_asking_again_starts_anew(
    server: Server, tmp_path: Path, mode: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT", 0.3)
    monkeypatch.setattr(transfer, "PATIENCE", 0.4 if mode == "drip" else 60.0)
    downloads, url = Downloads(), server.url(mode)
    for n_requests in (1, 2):
        downloads.ask(url, tmp_path, "a")
        result = ended(downloads, url)
        assert result.state == "failed"
        assert result.message.startswith(f"The pretrained weights '{NAME}' are not here yet")
        assert reason in result.message
        assert (result.bytes_per_second, result.seconds_left) == (None, None)
        assert list(tmp_path.iterdir()) == []
        assert len(server.requests) == n_requests


def test_a_connection_that_is_refused_does_not_hold_up_the_next(server: Server, tmp_path: Path) -> None:
    downloads = Downloads()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{NAME}"
        downloads.ask(url, tmp_path, "a")
        downloads.ask(server.url("good"), tmp_path, "a")
        assert "the connection was refused" in ended(downloads, url).message
        assert ended(downloads, server.url("good")).state == "done"


def test_the_line_is_in_order(tmp_path: Path) -> None:
    steps = Steps()
    downloads = Downloads(steps)
    for url in ("h/a", "h/b", "h/c", "h/d"):
        downloads.ask(url, tmp_path, "x")
    downloads.ask("h/b", tmp_path, "y")  # joining moves nothing
    until(lambda: state(downloads, "h/a") == "running")
    assert [(seen.name, seen.state) for seen in downloads.active()] == [
        ("a", "running"), ("b", "waiting"), ("c", "waiting"), ("d", "waiting"),
    ]  # fmt: skip
    downloads.cancel("h/c", "x")  # nobody else wants it: out of the line at once
    assert state(downloads, "h/c") == "cancelled"
    downloads.cancel("h/b", "x")
    steps.go(tmp_path / "a")
    until(lambda: state(downloads, "h/b") == "running")
    assert state(downloads, "h/a") == "done"
    downloads.ask("h/c", tmp_path, "x")  # anew, and so at the end
    assert [seen.name for seen in downloads.active()] == ["b", "d", "c"]
    for name in "bdc":
        until(lambda name=name: state(downloads, f"h/{name}") == "running")
        steps.go(tmp_path / name)
    until(lambda: not downloads.active())
    assert steps.asked == ["h/a", "h/b", "h/d", "h/c"]


def test_the_worker_ends_and_begins_again(tmp_path: Path) -> None:
    before = {thread for thread in threading.enumerate() if thread.name == "downloads"}
    downloads = Downloads(lambda url, folder, progress: folder / url)

    def workers() -> int:
        return len({thread for thread in threading.enumerate() if thread.name == "downloads"} - before)

    assert workers() == 0
    for _ in range(3):
        downloads.ask("h/a", tmp_path, "x")
        assert ended(downloads, "h/a").state == "done"
        until(lambda: workers() == 0)


def test_who_asks_before_it_has_stopped_keeps_it(tmp_path: Path) -> None:
    steps = Steps()
    downloads = Downloads(steps)
    downloads.ask("h/a", tmp_path, "x")
    until(lambda: steps.asked == ["h/a"])
    downloads.cancel("h/a", "x")
    seen = downloads.get("h/a")
    assert seen is not None
    assert (seen.state, seen.askers) == ("running", 0)  # it has not noticed yet
    downloads.ask("h/a", tmp_path, "y")
    steps.go((5, 10))
    steps.go(tmp_path)
    assert ended(downloads, "h/a").state == "done"
    assert steps.asked == ["h/a"]


def test_who_asks_while_it_stops_has_it_started_again(tmp_path: Path) -> None:
    asked: list[str] = []

    def fetch(url: str, folder: Path, progress: Progress) -> Path:
        asked.append(url)
        if len(asked) == 1:
            downloads.cancel(url, "x")
            try:
                progress(1, None)
            finally:  # tidying up takes a while
                downloads.ask(url, folder, "y")
        return folder

    downloads = Downloads(fetch)
    downloads.ask("h/a", tmp_path, "x")
    assert ended(downloads, "h/a").state == "done"
    assert asked == ["h/a", "h/a"]


def test_speed_and_time_left(tmp_path: Path) -> None:
    steps, now = Steps(), [100.0]
    downloads = Downloads(steps, clock=lambda: now[0])

    def after(seconds: float, received: int, total: int | None) -> tuple[float | None, float | None]:
        now[0] += seconds
        steps.go((received, total))
        seen = downloads.get("h/a")
        assert seen is not None
        assert (seen.received, seen.total) == (received, total)
        return seen.bytes_per_second, seen.seconds_left

    downloads.ask("h/a", tmp_path, "x")
    assert after(0, 0, None) == (None, None)
    assert after(9, 0, None) == (None, None)  # waiting for another process is no speed
    assert after(0, 1_000, 101_000) == (None, None)
    assert after(0.1, 2_000, 101_000) == (None, None)  # too early to tell
    speed, left = after(0.9, 11_000, 101_000)
    assert (speed, left) == (pytest.approx(10_000), pytest.approx(9))
    for second in range(1, 7):  # then twice as fast, and that alone counts after a while
        speed, left = after(1, 11_000 + 15_000 * second, 101_000)
    assert (speed, left) == (pytest.approx(15_000), pytest.approx(0))
    for _ in range(6):
        speed, left = after(1, 101_000, 151_000)  # nothing comes
    assert (speed, left) == (0, None)
    assert after(5, 111_000, None) == (pytest.approx(2_000), None)
    (tmp_path / "a").write_bytes(b"123")
    steps.go(tmp_path / "a")
    assert ended(downloads, "h/a") == Download("h/a", "a", "done", 3, 3, None, None, "", 1)


def test_a_fault_of_the_program_stops_neither_the_line_nor_is_it_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fetch(url: str, folder: Path, progress: Progress) -> Path:
        raise {"h/a": RuntimeError("secret"), "h/b": WeightsUnavailable("A sentence.")}[url]

    downloads = Downloads(fetch)
    downloads.ask("h/a", tmp_path, "x")
    downloads.ask("h/b", tmp_path, "x")
    assert ended(downloads, "h/b").message == "A sentence."
    assert ended(downloads, "h/a").message == "The download of a failed; the log says why. Try it again."
    assert "secret" in caplog.text


def test_what_has_ended_is_kept_for_a_while(tmp_path: Path) -> None:
    downloads = Downloads(lambda url, folder, progress: folder)
    assert downloads.get("h/0") is None
    downloads.cancel("h/0", "x")  # no such download: nothing to do
    for i in range(105):
        downloads.ask(f"h/{i}", tmp_path, "x")
    until(lambda: not downloads.active())
    assert [i for i in range(105) if downloads.get(f"h/{i}")] == list(range(5, 105))


def test_many_threads_ask_and_withdraw(tmp_path: Path) -> None:
    """Whatever they do, in the end the line is empty and no file is fetched twice at once."""
    inside, most = [0], [0]

    def fetch(url: str, folder: Path, progress: Progress) -> Path:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        try:
            for i in range(3):
                progress(i, 3)
        finally:
            inside[0] -= 1
        return folder

    downloads = Downloads(fetch)

    def visit(i: int) -> None:
        for k in range(50):
            url = f"h/{(i + k) % 7}"
            downloads.ask(url, tmp_path, f"visitor {i}")
            downloads.active()
            if k % 3 == 0:
                downloads.cancel(url, f"visitor {i}")
            assert downloads.get(url) is not None

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visit, range(8)))
    until(lambda: not downloads.active())
    assert most == [1]
