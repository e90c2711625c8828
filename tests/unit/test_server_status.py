"""How the server is: what is counted, what is said of it, and what is not."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.running.cache import BoundedCache
from explorer.running.processes import begun_here, resident_bytes
from explorer.targets import Target
from explorer.ui.attribution.requests import MapRequest, explained
from explorer.ui.frame import caches, log
from explorer.ui.frame.session import Selection
from explorer.ui.server.sentences import busy_sentence, caches_table, memory_sentence, warm_sentence
from explorer.ui.server.status import CacheStatus, Status, status

LINE = re.compile(r"network=(\S+) layer=(\S+) method=(\S+) ms=(\d+) ended=(\w+)")


@pytest.fixture(autouse=True)
def _fresh(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caches.caches.clear()
    caplog.set_level(logging.INFO, "explorer.analysis")
    yield
    caches.caches.clear()


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, ...]]:
    found = [LINE.fullmatch(record.getMessage()) for record in caplog.records if record.name == "explorer.analysis"]
    assert all(found)
    return [match.groups() for match in found if match]


def test_each_analysis_is_a_line_once(pocket: Network, image: ImageInput, caplog: pytest.LogCaptureFixture) -> None:
    selection = Selection(image, pocket, None)
    for _ in range(2):
        _ = selection.trace
        explained(selection, MapRequest("grad_cam", Target(0), pocket.cam_layer))
    seen = [(network, layer, method, ended) for network, layer, method, _, ended in lines(caplog)]
    assert seen == [
        ("pocket_resnet", "-", "pass", "well"),
        ("pocket_resnet", "-", "pass", "well"),  # with the gradients of class 0
        ("pocket_resnet", pocket.cam_layer, "grad_cam", "well"),
    ]


def test_of_a_network_of_one_s_own_no_name_is_written(
    tiny: Network, image: ImageInput, caplog: pytest.LogCaptureFixture
) -> None:
    assert log.is_own(tiny)
    selection = Selection(image, tiny, None)
    layer = tiny.stages[0]
    explained(selection, MapRequest("grad_cam", Target(0), layer))
    assert {(network, layer) for network, layer, *_ in lines(caplog)} == {("own", "-"), ("own", "own")}


def test_what_fails_is_a_line_too(pocket: Network, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KeyError), log.analysis(pocket, "occlusion", "s4"):
        raise KeyError("secret.jpg")
    assert lines(caplog)[0][1:3] + lines(caplog)[0][4:] == ("s4", "occlusion", "KeyError")
    assert "secret" not in caplog.text


def test_what_is_being_worked_on_is_counted(pocket: Network) -> None:
    go_on = threading.Event()

    def work(method: str) -> None:
        with log.analysis(pocket, method):
            go_on.wait(60)

    threads = [threading.Thread(target=work, args=(method,)) for method in ("rise", "occlusion")]
    for n, thread in enumerate(threads, 1):
        thread.start()
        while len(log.running()) < n:
            time.sleep(0.001)
    assert [one.method for one in log.running()] == ["rise", "occlusion"]
    said = busy_sentence(status(), time.monotonic())
    go_on.set()
    for thread in threads:
        thread.join()
    assert re.fullmatch(
        r"0 pages are open in browsers\. Being worked on: rise of pocket_resnet, for .* s\. 1 piece of work waits\.",
        said,
    )
    assert log.running() == ()


def test_caches_are_counted(pocket: Network, image: ImageInput) -> None:
    assert status().caches == ()
    trace = Selection(image, pocket, None).trace
    assert status().caches == (CacheStatus("traces", 1, trace.n_bytes),)
    assert pocket.title in status().warm
    cache = BoundedCache[bytes](2, 100, len)
    for key in "abc":
        cache.get(key, lambda: b"12345")
    assert (len(cache), cache.n_bytes) == (2, 10)


def test_the_memory_of_processes_begun_here_is_seen() -> None:
    own = resident_bytes()
    if own is None:
        pytest.skip("this system has no /proc")
    assert 10_000_000 < own < 100_000_000_000
    program = "import sys; x = bytearray(50_000_000); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in begun_here()
        held = resident_bytes(child.pid)
        assert held is not None
        assert held > 50_000_000
        child.kill()
    assert child.pid not in begun_here()
    assert resident_bytes(child.pid) is None


def made(**changed: object) -> Status:
    usual = {
        "n_visitors": 30, "running": (), "n_bytes": 2_000_000_000, "n_bytes_of_others": (),
        "n_bytes_uploaded": 5_000_000, "seconds": 600.0, "warm": ("AlexNet", "VGG-16"), "n_own": 0, "caches": (),
    }  # fmt: skip
    return Status(**{**usual, **changed})


def test_sentences_say_what_was_counted() -> None:
    assert busy_sentence(made(), 0.0) == "30 pages are open in browsers. Nothing is being worked on."
    assert busy_sentence(made(n_visitors=1), 0.0).startswith("1 page is open in browsers. ")
    three = tuple(log.Running("vgg16", "lrp", since) for since in (90.0, 95.0, 96.0))
    assert busy_sentence(made(running=three), 100.0).endswith(
        " Being worked on: lrp of vgg16, for 10 s. 2 pieces of work wait."
    )
    assert memory_sentence(made()) == (
        "The server holds 2 GB. Of that, 5 MB are uploads. It has been running for 10 min."
    )
    assert "holds 2 GB, and 2 processes that it began 300 MB. Of" in memory_sentence(
        made(n_bytes_of_others=(10**8, 2 * 10**8))
    )
    assert memory_sentence(made(n_bytes=None)).startswith("The server holds an unknown amount of memory. ")
    assert warm_sentence(made()) == "Loaded: AlexNet, VGG-16."
    assert warm_sentence(made(n_own=1)) == "Loaded: AlexNet, VGG-16, 1 network of visitors’ own."
    assert warm_sentence(made(warm=())) == "No network is loaded yet."
    table = caches_table([CacheStatus("views", 3, 1_234_567), CacheStatus("traces", 2, 50_000_000)])
    assert table.splitlines()[2:] == ["| traces | 2 | 50.0 |", "| views | 3 | 1.2 |"]
