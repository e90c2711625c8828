"""How much may be uploaded: every request passes or is refused as a slow account of all that came would have it."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import uvicorn

from explorer.ui.uploads import PATH, BoundedUploads

ONE, ALL = 1000, 2500


class Store:
    """What stands behind the bounds: reads a body to its end and keeps it, as Streamlit does."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}
        self.told: list[str] = []  # visits that heard why not

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        n = 0
        while True:
            message = await receive()
            n += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        visit = scope["path"].split("/")[3]
        self.kept[visit] = self.kept.get(visit, 0) + n
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def asked(
    bounded: BoundedUploads, pieces: Sequence[bytes], visit: str = "v", stated: int | None = None, method: str = "PUT",
    path: str = PATH,
) -> tuple[int, str, int]:  # fmt: skip
    """Status, text, and how many of the pieces were read."""
    sent, n_read = [], 0

    async def receive() -> Any:
        nonlocal n_read
        n_read += 1
        return {"type": "http.request", "body": pieces[n_read - 1], "more_body": n_read < len(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [] if stated is None else [(b"content-length", b"%d" % stated)]
    scope = {"type": "http", "method": method, "path": f"{path}{visit}/file", "headers": headers}
    asyncio.run(bounded(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode(), n_read


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def bounded(store: Store) -> BoundedUploads:
    return BoundedUploads(store, ALL, ONE, lambda: store.kept, lambda visit, _: store.told.append(visit))


def test_a_length_that_is_too_much_is_refused_before_anything_is_read(bounded: BoundedUploads, store: Store) -> None:
    status, text, n_read = asked(bounded, [bytes(10)], stated=ONE + 1)
    assert (status, n_read, store.kept) == (413, 0, {})
    assert text == (
        "With this file the uploads of this visit would come to 1 kB; of one visit 1 kB are kept. Remove a file that "
        "is no longer needed, and choose this one again."
    )
    assert asked(bounded, [bytes(ONE)], stated=ONE)[0] == 204
    assert store.told == ["v"]


def test_without_a_length_it_is_read_until_it_is_too_much(bounded: BoundedUploads, store: Store) -> None:
    status, text, n_read = asked(bounded, [bytes(300)] * 100)
    assert (status, n_read, store.kept) == (413, 4, {})
    assert "of one visit" in text
    assert store.told == ["v"]
    assert asked(bounded, [bytes(300)] * 3)[0] == 204  # what was refused takes no room


def test_a_length_that_lies_takes_no_more(bounded: BoundedUploads) -> None:
    assert asked(bounded, [bytes(300)] * 100, stated=5)[::2] == (413, 4)


def test_all_together_have_a_bound_too(bounded: BoundedUploads) -> None:
    assert [asked(bounded, [bytes(900)], visit=str(i))[0] for i in range(4)] == [204, 204, 413, 413]
    status, text, _ = asked(bounded, [bytes(701)], visit="new", stated=701)
    assert (status, text) == (
        413,
        "This server keeps uploads of 2.5 kB of all visitors together, and has no room for this file now. Try again "
        "when others have finished, or choose a smaller file.",
    )
    assert asked(bounded, [bytes(700)], visit="new", stated=700)[0] == 204


def test_what_is_no_upload_passes(bounded: BoundedUploads) -> None:
    large = [bytes(ONE + 1)]
    assert asked(bounded, large, method="POST")[0] == 204
    assert asked(bounded, large, path="/_stcore/other_file/")[0] == 204


@pytest.mark.parametrize("seed", range(5))
def test_never_more_than_the_bounds_is_kept(seed: int, bounded: BoundedUploads, store: Store) -> None:
    chance = random.Random(seed)
    for _ in range(100):
        visit, sizes = chance.choice("abcd"), [chance.randrange(400) for _ in range(chance.randrange(1, 5))]
        before = dict(store.kept)
        stated = chance.choice([None, sum(sizes)])
        status, _, _ = asked(bounded, [bytes(n) for n in sizes], visit, stated)
        fits = before.get(visit, 0) + sum(sizes) <= ONE and sum(before.values()) + sum(sizes) <= ALL
        assert status == (204 if fits else 413)
        assert store.kept == (before | {visit: before.get(visit, 0) + sum(sizes)} if fits else before)
        if chance.random() < 0.2:
            store.kept.pop(chance.choice("abcd"), None)  # a visit has ended


@pytest.fixture
def port(bounded: BoundedUploads) -> Iterator[int]:
    """Where a real server has these bounds."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(bounded, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            thread.join(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def answer(port: int, *pieces: bytes) -> bytes:
    """All that comes back on a connection until its end."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        found = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            while came := connection.recv(65536):
                found += came
        except ConnectionError:  # closed while more was on its way
            pass
        return found


def test_pieces_without_a_length_over_a_real_connection(port: int, store: Store) -> None:
    head = b"PUT %sv/file HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" % PATH.encode()
    piece = b"12c\r\n" + bytes(300) + b"\r\n"
    found = answer(port, head, *[piece] * 4)
    assert found.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in found
    assert store.kept == {}
    second = b"PUT %sv/file HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 300\r\n\r\n" % PATH.encode()
    assert answer(port, second, bytes(300)).startswith(b"HTTP/1.1 204 ")
    assert store.kept == {"v": 300}
