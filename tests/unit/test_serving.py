"""A real server with visitors: how it says that an address is taken, bounds what is uploaded, and ends."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e import published
from tests.visitors import HOST, ROOT, Served, app, environment, form

pytestmark = pytest.mark.slow
TOKEN = "a-token-of-forty-characters-for-the-test"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    with app("--warm", "lenet5,nonsense,alexnet", "--log", environment=environment(home)) as served:
        yield served


def test_uploads_of_one_visit_are_bounded_before_they_come(served: Served) -> None:
    visitor = served.visit()
    assert visitor.upload("first", bytes(100)) == 204
    request = visitor.begin_upload("second", 500_000_000)
    answer = request.getresponse()
    assert (answer.status, answer.read().decode()[:66]) == (
        413, "With this file the uploads of this visit would come to 500 MB; of o"[:66],
    )  # fmt: skip
    request.close()
    while "With this file the uploads" not in visitor.hear("delta").delta.new_element.alert.body:
        continue  # the page says it: the uploader shows 413 and no more
    assert visitor.upload("third", bytes(100)) == 204


def test_an_upload_in_pieces_of_no_stated_length_arrives(served: Served) -> None:
    request = served.visit().begin_upload("pieces", None)
    body = form(bytes(100_000))
    for at in range(0, len(body), 30_000):
        piece = body[at : at + 30_000]
        request.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    request.send(b"0\r\n\r\n")
    assert request.getresponse().status == 204
    request.close()


def test_another_site_may_not_connect_and_nobody_is_asked_about_it(home: Path) -> None:
    """Streamlit asks a server on the internet for the address of this machine before it refuses."""
    strays = home / "strays.txt"
    told = {published.ADDRESSES: "{}", published.STRAYS: str(strays)}
    with app(module="tests.e2e.published", environment=environment(home, **told)) as served:
        with pytest.raises(InvalidStatus, match="403"):
            served.visit(origin="http://other.example")
        request = HTTPConnection(HOST, served.port, timeout=60)
        request.request("GET", "/_stcore/health", headers={"Origin": "http://other.example"})
        answer = request.getresponse()
        assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (200, None)
        request.close()
        served.visit().hear("new_session")
    assert not strays.exists(), strays.read_text()


def test_what_is_loaded_beforehand_is_said(served: Served) -> None:
    visitor = served.visit("network=lenet5")
    visitor.hear("script_finished")
    said = served.said().splitlines()
    assert re.match(r"note: .*'nonsense'.* It is not loaded beforehand\.$", said[0])
    assert said[1] == f"The CNN explorer is at http://{HOST}:{served.port}"
    assert any(re.fullmatch(r"LeNet-5 is loaded, in .* s\.", line) for line in said)
    _until(served, "The trained weights of AlexNet are not on this machine, so it is not loaded beforehand. Fetch")


@pytest.mark.parametrize("path", ["health", "metrics"])
def test_it_answers_where_the_files_in_deploy_say(served: Served, path: str) -> None:
    with urllib.request.urlopen(f"http://{HOST}:{served.port}/_stcore/{path}", timeout=60) as answer:
        assert answer.status == 200


def test_lines_say_what_was_worked_on(served: Served) -> None:
    served.visit("network=lenet5&sample=digit").hear("script_finished")
    _until(served, "network=lenet5 layer=- method=pass ms=")
    for line in served.said().splitlines():
        if " method=" in line:
            assert re.fullmatch(r"time=\S+ network=\w+ layer=\S+ method=\w+ ms=\d+ waited_ms=\d+ ended=well", line)


def _until(served: Served, text: str) -> None:
    """Wait until the server has said it."""
    for _ in range(600):
        if text in served.said():
            return
        time.sleep(0.1)
    raise AssertionError(served.said())


def test_an_address_is_taken_from_the_first_moment(home: Path) -> None:
    """Also before that server answers: two that make their networks for long must not both believe to have it."""
    slow = home / "slow.py"
    slow.write_text("import time\n\n\ndef make():\n    print('making', flush=True)\n    time.sleep(600)\n")
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "explorer", "app", "--port", port, "--module", f"{slow}:make"]
    settings: dict[str, Any] = {"cwd": ROOT, "env": environment(home), "text": True}
    with subprocess.Popen(command, stdout=subprocess.PIPE, **settings) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == "making\n"
            second = subprocess.run(command, capture_output=True, timeout=60, **settings)
        finally:
            first.kill()
    assert (second.returncode, second.stdout) == (1, "")  # it was not made a second time
    assert second.stderr.startswith(f"explorer: Port {port} of {HOST} cannot be had: ")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_ends_when_asked_to_whatever_goes_on(
    home: Path, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    """Five visitors, an upload that never ends, and networks at work: it ends, nothing is said of it, and nothing stays
    that it wrote for a while."""
    with app(environment=environment(home, EXPLORER_TEACHER_TOKEN=TOKEN, TMPDIR=str(tmp_path))) as served:
        visitors = [served.visit() for _ in range(5)]
        visitors[0].hear("script_finished")
        stuck = visitors[0].begin_upload("never", 1000)
        stuck.send(b"--line\r\n")
        for visitor in visitors:
            visitor.run("network=resnet18&weights=Untrained")
        visitors[1].hear("delta")
        (folder,) = tmp_path.iterdir()
        (folder / "state").write_bytes(bytes(100))
        served.process.send_signal(number)
        assert served.process.wait(30) == status
        lines = served.said().splitlines()
        stuck.close()
    assert not any(tmp_path.iterdir())
    assert [line.partition(":")[0] for line in lines] == [
        "The CNN explorer is at http", "For whoever started it, and nobody else",
    ]  # fmt: skip
