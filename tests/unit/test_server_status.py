"""How the server is: what is counted, what is said of it, and what is not."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator

import pytest

from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.running.lock import LOCK
from explorer.targets import Target
from explorer.ui.attribution.requests import MapRequest, explained
from explorer.ui.frame import caches, log
from explorer.ui.frame.session import Selection
from explorer.ui.server.sentences import busy_sentence, caches_table, memory_sentence, warm_sentence
from explorer.ui.server.status import CacheStatus, Memory, Status, status

LINE = re.compile(r"network=(\S+) layer=(\S+) method=(\S+) ms=(\d+) waited_ms=(\d+) ended=(\w+)")


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
    seen = [(network, layer, method, ended) for network, layer, method, _, _, ended in lines(caplog)]
    assert seen == [
        ("pocket_resnet", "-", "pass", "well"),  # which class 0 is explained by as well
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
    assert lines(caplog)[0][1:3] + lines(caplog)[0][5:] == ("s4", "occlusion", "KeyError")
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
        r"\d pages? (is|are) open in browsers\. Being worked on: rise of pocket_resnet, for .* s, and 1 more\.",
        said,
    )
    assert log.running() == ()


def test_who_waits_is_counted_and_for_how_long_is_written(pocket: Network, caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        with log.analysis(pocket, "rise"), LOCK:
            pass

    thread = threading.Thread(target=work)
    with LOCK:
        thread.start()
        while not LOCK.n_waiting:
            time.sleep(0.001)
        found = status()
        assert (found.is_busy, found.n_waiting, [one.method for one in found.running]) == (True, 1, ["rise"])
        assert busy_sentence(found, time.monotonic()).endswith(" 1 waits for a turn.")
        time.sleep(0.6)
    thread.join()
    ((*_, milliseconds, waited, _),) = lines(caplog)
    assert 0 < int(waited) <= int(milliseconds)


def test_caches_are_counted(pocket: Network, image: ImageInput) -> None:
    assert status().caches == ()
    trace = Selection(image, pocket, None).trace
    found = {cache.name: cache for cache in status().caches}
    assert found["traces"] == CacheStatus("traces", 1, trace.n_bytes)
    assert status().memory.kept >= sum(cache.n_bytes for cache in found.values()) > 0  # other tests have had caches
    assert pocket.title in status().warm


def made(**changed: object) -> Status:
    usual = {
        "n_visitors": 30, "running": (), "is_busy": False, "n_waiting": 0, "seconds": 600.0, "n_trainings_waiting": 0,
        "memory": Memory(2_000_000_000, 8_000_000_000, 500_000_000, 4_000_000_000, 5_000_000),
        "warm": ("AlexNet", "VGG-16"), "n_own": 0, "caches": (),
    }  # fmt: skip
    return Status(**{**usual, **changed})


def test_sentences_say_what_was_counted() -> None:
    assert busy_sentence(made(), 0.0) == "30 pages are open in browsers. Nothing is being worked on."
    assert busy_sentence(made(n_visitors=1), 0.0).startswith("1 page is open in browsers. ")
    assert busy_sentence(made(is_busy=True), 0.0).endswith(" A network is at work.")
    three = tuple(log.Running("vgg16", "lrp", since) for since in (90.0, 95.0, 96.0))
    assert busy_sentence(made(running=three, n_waiting=2), 100.0).endswith(
        " Being worked on: lrp of vgg16, for 10 s, and 2 more. 2 wait for a turn."
    )
    assert busy_sentence(made(n_trainings_waiting=1), 0.0).endswith(" 1 waits to train a network.")
    assert memory_sentence(made()) == (
        "The server, with the processes that it began, holds 2 GB of the 8 GB of memory that it may take. Caches hold "
        "500 MB of 4 GB, uploads 5 MB. It has been running for 10 min."
    )
    unknown = made(memory=Memory(None, 8_000_000_000, 0, 1, 0))
    assert "holds an unknown amount of the 8 GB" in memory_sentence(unknown)
    assert warm_sentence(made()) == "Loaded: AlexNet, VGG-16."
    assert warm_sentence(made(n_own=1)) == "Loaded: AlexNet, VGG-16, 1 network of visitors’ own."
    assert warm_sentence(made(warm=())) == "No network is loaded yet."
    table = caches_table([CacheStatus("views", 3, 1_234_567), CacheStatus("traces", 2, 50_000_000)])
    assert table.splitlines()[2:] == ["| traces | 2 | 50.0 |", "| views | 3 | 1.2 |"]
