"""What the server answers before the app has anything to say."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from explorer.errors import CannotServe
from explorer.ui.elements import tools
from explorer.ui.serve import serve
from explorer.ui.site import AtOnce

STATIC = Path(st.__file__).with_name("static")
SCRIPT = re.compile(r"""\./static/(js/[\w.-]+\.js)""")


def asked(
    path: str, method: str = "GET", query: bytes = b"", has_first_view: bool = False
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and content; 404 where it is left to the app behind."""
    sent: list[dict[str, Any]] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is sent with a GET")

    scope = {"type": "http", "method": method, "path": path, "query_string": query}
    asyncio.run(AtOnce(behind, has_first_view)(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


def imported(name: str) -> set[str]:
    """A slow reading of a script's imports: every quoted neighbour but those fetched later."""
    text = (STATIC / "static/js" / name).read_text(encoding="utf-8")
    return {
        match[1]
        for match in re.finditer(r'"\./([\w.-]+\.js)"', text)
        if text[: match.start()].endswith(("from", "import"))
    }


def test_the_document_is_streamlit_s_own_and_names_more_scripts() -> None:
    status, headers, body = asked("/")
    usual, named = (STATIC / "index.html").read_text(encoding="utf-8"), SCRIPT.findall(body.decode())
    assert (status, headers["cache-control"]) == (200, "no-cache")
    assert re.sub(r'<link rel="modulepreload"[^>]*>\s*', "", body.decode()) == re.sub(
        r'<link rel="modulepreload"[^>]*>\s*', "", usual
    )
    assert len(named) == len(set(named))
    assert set(SCRIPT.findall(usual)) < set(named)


def test_the_first_page_is_in_the_document_where_a_link_asks_for_no_other() -> None:
    plain = asked("/")[2]
    assert asked("/", query=b"network=lenet5", has_first_view=True)[2] == plain
    assert asked("/", query=b"network=lenet5")[2] == plain
    first = asked("/", has_first_view=True)[2].decode()
    assert "sees: tiger cat" in first
    addresses = set(re.findall(r"\./(first-view/\w+\.js)", first))
    assert len(addresses) == 1
    status, headers, script = asked("/" + addresses.pop(), has_first_view=True)
    assert (status, headers["content-type"]) == (200, "text/javascript")
    assert "immutable" in headers["cache-control"]
    assert b"export const given" in script
    assert b"data:image/png" in script  # the maps, which a browser has once
    assert len(first.encode()) - len(plain) < 16_000  # what comes with every visit


def test_what_the_tools_open_has_an_address_that_lasts_and_is_no_part_of_the_document() -> None:
    address, script = tools.module()
    status, headers, body = asked(address)
    assert (status, headers["content-type"], body) == (200, "text/javascript", script)
    assert "immutable" in headers["cache-control"]
    assert address not in asked("/", has_first_view=True)[2].decode()
    assert len(script) < 60_000


def test_whatever_a_named_script_imports_is_named_too() -> None:
    named = {name.removeprefix("js/") for name in SCRIPT.findall(asked("/")[2].decode())}
    more = named - {name.removeprefix("js/") for name in SCRIPT.findall((STATIC / "index.html").read_text())}
    assert {one.split(".")[0] for one in more} >= {"BidiComponent", "Selectbox", "PageLink"}
    for name in more:
        assert imported(name) <= named, name


def test_files_come_as_they_are_and_may_be_kept() -> None:
    for path in {f"/static/{name}" for name in SCRIPT.findall(asked("/")[2].decode())}:
        status, headers, body = asked(path)
        assert (status, body) == (200, (STATIC / path[1:]).read_bytes())
        assert headers["content-type"] == "text/javascript"
        assert "immutable" in headers["cache-control"]
        assert int(headers["content-length"]) == len(body)


@pytest.mark.parametrize(
    ("path", "method"),
    [("/", "POST"), ("/feature_maps", "GET"), ("/_stcore/health", "GET"), ("/static/../index.html", "GET"),
     ("/static/js/none.js", "GET"), ("//", "GET")],
)  # fmt: skip
def test_all_else_is_left_to_the_app(path: str, method: str) -> None:
    assert asked(path, method)[0] == 404


def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=rf"^Port {port} of 127\.0\.0\.1 cannot be had: .* Choose another with"):
            serve("127.0.0.1", port)
