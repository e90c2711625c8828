"""Fetching weights from a server that misbehaves in every way a network can. Nothing leaves this machine."""

from __future__ import annotations

import errno
import hashlib
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

import explorer
from explorer.errors import WeightsUnavailable
from explorer.networks import download
from explorer.networks.download import default_folder, fetch

CONTENT = bytes(range(256)) * 4000  # 1 MB
NAME = f"tiny-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the first part of the path says."""

    server: Server

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.requests.append(self.path)
        mode = self.path.split("/")[1]
        if mode == "missing":
            return self.send_error(404, "<b>nothing here</b>")
        if mode in ("moved", "elsewhere"):
            self.send_response(302)
            self.send_header("Location", f"/good/{NAME}" if mode == "moved" else "ftp://127.0.0.1/" + NAME)
            return self.end_headers()
        if mode == "nonsense":
            self.wfile.write(b"\x00\x01 what?\r\n\r\n")
            return None
        self.send_response(200)
        if mode != "unsaid":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if mode == "wrong":
            self.wfile.write(CONTENT[::-1])
        elif mode == "cut":
            self.wfile.write(CONTENT[:300_000])
        elif mode == "hang":
            self.wfile.write(CONTENT[:300_000])
            self.server.released.wait(30)
        elif mode == "slow":
            for start in range(0, len(CONTENT), 100_000):
                self.wfile.write(CONTENT[start : start + 100_000])
                time.sleep(0.05)
        else:
            self.wfile.write(CONTENT)
        return None

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[str] = []
        self.lock, self.released = threading.Lock(), threading.Event()

    def url(self, mode: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{mode}/{NAME}"

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that went away is what many of these tests are about


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


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
    assert {total for _, total in steps} == {None if mode == "unsaid" else len(CONTENT)}
    n_requests = len(server.requests)
    assert fetch(server.url(mode), folder) == path
    assert len(server.requests) == n_requests


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("missing", "the server answered 404 (Not Found)"),
        ("cut", "the connection ended after 300,000 of 1,024,000 bytes"),
        ("wrong", "what arrived is not the file that was asked for (its checksum differs)"),
        ("nonsense", "the connection failed"),
        ("elsewhere", "the connection failed"),
        ("hang", "nothing came for 0 seconds"),
    ],
)
def test_a_failed_download_is_a_sentence_and_leaves_nothing(
    server: Server, tmp_path: Path, mode: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.3)
    assert refusal(server.url(mode), tmp_path) == sentence(server.url(mode), tmp_path, reason)
    assert list(tmp_path.iterdir()) == []
    assert fetch(server.url("good"), tmp_path).read_bytes() == CONTENT  # and the next attempt starts afresh


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
    monkeypatch.setattr(download, "TIMEOUT", 1.0)
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
from explorer.networks.download import fetch
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


def test_the_default_folder_is_torchvisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    assert default_folder() == tmp_path / "hub" / "checkpoints"
    assert not default_folder().exists()
