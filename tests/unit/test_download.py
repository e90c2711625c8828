"""Fetching weights from a server that misbehaves in every way a network can. Nothing leaves this machine."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

import explorer
from explorer.errors import WeightsUnavailable
from explorer.loading import download, transfer
from explorer.loading.download import default_folder, delete, fetch
from tests.servers import CONTENT, NAME, Server, running_server

pytestmark = pytest.mark.slow  # together


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_server() as server:
        yield server


def refusal(url: str, folder: Path) -> str:
    with pytest.raises(WeightsUnavailable) as caught:
        fetch(url, folder)
    return str(caught.value)


def sentence(url: str, folder: Path, reason: str, state: str = "are not here yet") -> str:
    return (
        f"The pretrained weights '{NAME}' {state}, and could not be fetched from {url.split('/')[2]}: {reason}. "
        f'Place the file {NAME} in {folder}, choose a network that is ready, or use weights="random".'
    )


@pytest.mark.parametrize("mode", ["good", "unsaid", "moved"])
def test_a_file_arrives_whole_and_is_fetched_once(server: Server, tmp_path: Path, mode: str) -> None:
    folder = tmp_path / "deep" / "inside"
    steps: list[tuple[int, int | None]] = []
    path = fetch(server.url(mode), folder, lambda *step: steps.append(step))
    assert path == folder / NAME
    assert path.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [path]
    assert steps
    assert [received for received, _ in steps] == sorted(received for received, _ in steps)
    # a busy machine may take long enough to answer that the length is not known at first
    assert {total for _, total in steps} - {None} == (set() if mode == "unsaid" else {len(CONTENT)})
    n_requests = len(server.requests)
    assert fetch(server.url(mode), folder) == path
    assert len(server.requests) == n_requests


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("missing", "the server answered 404 (Not Found)"),
        ("broken", "the server answered 500 (Internal Server Error)"),
        ("cut", "the connection ended after 300,000 of 1,024,000 bytes"),
        ("wrong", "what arrived is not the file that was asked for (its checksum differs)"),
        ("nonsense", "the connection failed"),
        ("elsewhere", "the connection failed"),
        ("hang", "nothing came for 0 seconds"),
        ("silent", "nothing came for 0 seconds"),
    ],
)
def test_a_failed_download_is_a_sentence_and_leaves_nothing(
    server: Server, tmp_path: Path, mode: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT", 0.3)
    assert refusal(server.url(mode), tmp_path) == sentence(server.url(mode), tmp_path, reason)
    assert list(tmp_path.iterdir()) == []
    assert fetch(server.url("good"), tmp_path).read_bytes() == CONTENT  # and the next attempt starts afresh


@pytest.mark.parametrize("mode", ["drip", "silent"])
def test_a_server_that_is_too_slow_is_given_up(
    server: Server, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "PATIENCE", 0.4)
    text = refusal(server.url(mode), tmp_path)
    assert re.search(r": only \d+ bytes came in 0 seconds\. Place the file", text)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(transfer, "SLOWEST", 1.0)  # enough comes from one that takes longer than that, but goes on
    assert fetch(server.url("slow"), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("mode", ["hang", "silent"])
def test_a_cancel_acts_while_nothing_comes(server: Server, tmp_path: Path, mode: str) -> None:
    begun, stopped = time.monotonic(), threading.Event()

    def stop(received: int, total: int | None) -> None:
        if time.monotonic() - begun > 0.3:
            stopped.set()
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(server.url(mode), tmp_path, stop)
    assert stopped.is_set()
    assert time.monotonic() - begun < 2
    assert list(tmp_path.iterdir()) == []


def test_the_thread_that_reads_ends_with_the_download(server: Server, tmp_path: Path) -> None:
    def stop(received: int, total: int | None) -> None:
        raise Cancelled

    for _ in range(3):
        with pytest.raises(Cancelled):
            fetch(server.url("slow"), tmp_path, stop)
    deadline = time.monotonic() + 5
    while any(thread.name == "download-read" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_room_on_the_disk(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(10**9, 10**9, len(CONTENT) - 1))
    reason = "the disk has 1 MB free, the file needs 2 MB"
    assert refusal(server.url("good"), tmp_path) == sentence(server.url("good"), tmp_path, reason)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(download, "_MAX_BYTES", len(CONTENT) - 1)
    assert "it is larger than any file of weights" in refusal(server.url("good"), tmp_path)


def test_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{NAME}"
        assert refusal(url, tmp_path) == sentence(url, tmp_path, "the connection was refused")

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    url = f"https://weights.invalid/{NAME}"
    reason = "its address was not found, so there is probably no connection to the internet"
    assert refusal(url, tmp_path) == sentence(url, tmp_path, reason)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["file:///etc/{}", "ftp://127.0.0.1/{}", "http://127.0.0.1:9/resnet18.pth", "{}", ""])
def test_only_addresses_of_checked_weights(url: str, tmp_path: Path) -> None:
    assert "this is not an address of checked weights" in refusal(url.format(NAME), tmp_path)


def test_a_name_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    for name in (f"..%2f{NAME}", f"..\\{NAME}", f"a b{NAME}", f"{NAME}.exe", "..", "."):
        refusal(f"http://127.0.0.1:9/{name}", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_a_damaged_file_is_fetched_again(server: Server, tmp_path: Path, damage: str) -> None:
    path = tmp_path / NAME
    bad = CONTENT[:-1] if damage == "truncated" else CONTENT[:5] + b"\xff" + CONTENT[6:]
    path.write_bytes(bad)
    text = refusal(server.url("missing"), tmp_path)
    assert text == sentence(
        server.url("missing"), tmp_path, "the server answered 404 (Not Found)", "are there but damaged"
    )
    assert path.read_bytes() == bad
    assert fetch(server.url("good"), tmp_path).read_bytes() == CONTENT


def test_a_file_that_is_there_needs_no_network_and_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / NAME
    path.write_bytes(CONTENT)
    tmp_path.chmod(0o500)  # nor a folder that can be written
    url = f"http://127.0.0.1:9/{NAME}"
    assert fetch(url, tmp_path) == path
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "sha256", None)
        assert fetch(url, tmp_path) == path
    tmp_path.chmod(0o700)
    path.write_bytes(CONTENT + b"x")  # what changed is looked at again
    assert "are there but damaged" in refusal(url, tmp_path)


def test_ten_threads_make_one_download(server: Server, tmp_path: Path) -> None:
    with ThreadPoolExecutor(10) as pool:
        paths = list(pool.map(lambda _: fetch(server.url("slow"), tmp_path), range(10)))
    assert set(paths) == {tmp_path / NAME}
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / NAME]


def test_ten_threads_and_no_answer_wait_once(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT", 1.0)
    begun = time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        texts = set(pool.map(lambda _: refusal(server.url("hang"), tmp_path), range(10)))
    assert texts == {sentence(server.url("hang"), tmp_path, "nothing came for 1 seconds")}
    assert len(server.requests) == 1
    assert time.monotonic() - begun < 5


# Fetching needs little of the project; importing all of it and torch would take each process seconds.
_SCRIPT = """
import pathlib, sys, types
sys.modules["torch"] = types.ModuleType("torch")
sys.modules["explorer"] = package = types.ModuleType("explorer")
package.__path__ = [sys.argv[1]]
from explorer.loading.download import fetch
fetch(sys.argv[2], pathlib.Path(sys.argv[3]))
"""


def processes(n: int, url: str, folder: Path) -> list[subprocess.Popen[bytes]]:
    """n processes that fetch at the same time."""
    package = str(Path(explorer.__file__).parent)
    return [subprocess.Popen([sys.executable, "-c", _SCRIPT, package, url, str(folder)]) for _ in range(n)]


def test_four_processes_make_one_download(server: Server, tmp_path: Path) -> None:
    assert [process.wait(60) for process in processes(4, server.url("slow"), tmp_path)] == [0] * 4
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / NAME]


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_killed_download_leaves_no_lock_and_is_tidied_up(server: Server, tmp_path: Path) -> None:
    (process,) = processes(1, server.url("hang"), tmp_path)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*.part")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert {path.suffix for path in tmp_path.iterdir()} == {".part", ".lock"}
    assert fetch(server.url("good"), tmp_path).read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [tmp_path / NAME]


class Cancelled(BaseException):
    """What Streamlit throws into a script that is to stop is no Exception either."""


def test_a_progress_that_raises_cancels(server: Server, tmp_path: Path) -> None:
    def stop(received: int, total: int | None) -> None:
        raise Cancelled

    def broken(received: int, total: int | None) -> None:
        raise BrokenPipeError  # printed to a pipe that was closed: not a fault of the disk

    for progress, kind in ((stop, Cancelled), (broken, BrokenPipeError)):
        with pytest.raises(kind):
            fetch(server.url("slow"), tmp_path, progress)
        assert list(tmp_path.iterdir()) == []
    assert fetch(server.url("good"), tmp_path).read_bytes() == CONTENT


def test_one_who_waits_can_cancel_too(server: Server, tmp_path: Path) -> None:
    asked = threading.Event()

    def stop(received: int, total: int | None) -> None:
        raise Cancelled

    def first(received: int, total: int | None) -> None:
        asked.set()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(fetch, server.url("slow"), tmp_path, first)
        assert asked.wait(10)
        with pytest.raises(Cancelled):
            fetch(server.url("slow"), tmp_path, stop)
        assert other.result(10).read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [tmp_path / NAME]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "its folder cannot be read or written"),
        (errno.EACCES, "its folder cannot be read or written"),
    ],
)
def test_disks_that_refuse(
    server: Server, tmp_path: Path, number: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        assert refusal(server.url("good"), tmp_path) == sentence(server.url("good"), tmp_path, reason)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("not a folder")
    assert ": its folder cannot be read or written. " in refusal(server.url("good"), tmp_path / "file" / "folder")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_that_is_full_while_writing(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Path.open

    def full(self: Path, mode: str = "r", *rest: int) -> object:
        return plain(Path("/dev/full"), "wb") if self.suffix == ".part" else plain(self, mode, *rest)

    monkeypatch.setattr(Path, "open", full)
    assert refusal(server.url("good"), tmp_path) == sentence(server.url("good"), tmp_path, "the disk is full")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(server: Server, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    reason = "its folder cannot be read or written"
    assert refusal(server.url("good"), tmp_path) == sentence(server.url("good"), tmp_path, reason)
    tmp_path.chmod(0o700)


def undeleted(path: Path) -> str:
    with pytest.raises(WeightsUnavailable) as caught:
        delete(path)
    start = f"The weights '{path.name}' in {path.parent} were not deleted: "
    assert str(caught.value).startswith(start)
    return str(caught.value)[len(start) :]


def test_a_deleted_file_is_gone_and_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    path = fetch(server.url("good"), tmp_path)
    assert fetch(server.url("good"), tmp_path) == path
    assert path in download._known
    delete(path)
    assert path not in download._known
    assert list(tmp_path.iterdir()) == []
    gone = "it is not there. Somebody may have deleted it before."
    assert undeleted(path) == gone
    assert undeleted(tmp_path / "no" / "folder" / NAME) == gone
    (tmp_path / f"{NAME}.lock").touch()  # left by a process that was killed
    assert undeleted(path) == gone
    assert list(tmp_path.iterdir()) == []
    assert fetch(server.url("good"), tmp_path).read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_nothing_but_fetched_weights_is_deleted(tmp_path: Path) -> None:
    for name in ("own.pth", "notes.txt", f"{NAME}.lock", f".{NAME}.part"):
        (tmp_path / name).touch()
        assert undeleted(tmp_path / name).startswith("its name is not that of fetched weights")
        assert (tmp_path / name).exists()


@pytest.mark.parametrize("damaged", [False, True])
def test_a_file_that_is_being_fetched_is_not_deleted(server: Server, tmp_path: Path, damaged: bool) -> None:
    path, asked = tmp_path / NAME, threading.Event()
    if damaged:
        path.write_bytes(CONTENT[:-1])
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(fetch, server.url("slow"), tmp_path, lambda *_: asked.set())
        assert asked.wait(10)
        assert undeleted(path) == "it is being fetched at this moment. Wait for that, or cancel it."
        assert other.result(10).read_bytes() == CONTENT


def test_a_disk_that_refuses_to_delete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, plain = tmp_path / NAME, Path.unlink
    path.write_bytes(CONTENT)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        plain(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    assert undeleted(path) == "its folder cannot be read or written."
    assert list(tmp_path.iterdir()) == [path]


def test_the_default_folder_is_torchvisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    assert default_folder() == tmp_path / "hub" / "checkpoints"
    assert not default_folder().exists()
