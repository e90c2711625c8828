"""The app as a program for a web server, and Streamlit's own scripts as the first page needs them."""

from __future__ import annotations

import re
from functools import cache
from mimetypes import guess_type
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ..running.limit import memory_limit
from ..words.language import FILES
from . import first_view
from .elements import tools
from .films import Films
from .link_code import LinkCodes
from .uploads import BoundedUploads

_STATIC = Path(st.__file__).with_name("static")
_IMPORTED = re.compile(rb'(?:from|import)\s*"\./([\w.-]+\.js)"')
_GZIP = b"\x1f\x8b"  # what packed content begins with
_LASTING = b"public, immutable, max-age=31536000"  # their names hold a digest

# What draws the first page: a browser asks for each when it meets the first element of its kind, and then for what that
# imports, unless it has been told beforehand.
_KINDS = (
    "BidiComponent", "ButtonGroup", "Checkbox", "FileUploader", "Html", "ImageList", "PageLink", "Radio", "Selectbox",
)  # fmt: skip


def site(has_first_view: bool) -> st.App:
    """The app. It `has_first_view` where the page that a visitor meets first is the one that the repository keeps.
    Raises BadOption for a limit of memory that is none."""
    return st.App(
        Path(__file__).with_name("app.py"),
        middleware=[
            Middleware(AtOnce, has_first_view=has_first_view),
            Middleware(Films),
            Middleware(LinkCodes),
            Middleware(BoundedUploads, most=memory_limit() // 4),  # half of it is for caches
        ],
    )


class AtOnce:
    """Streamlit's scripts and first document, from memory. Streamlit opens a file for each of a hundred requests, in
    other threads, which wait in turn for the one that starts everything else."""

    def __init__(self, app: ASGIApp, has_first_view: bool) -> None:
        self._app = app
        self._has_first_view = has_first_view

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or leave it to the app."""
        if scope["type"] != "http" or scope["method"] != "GET" or (found := self._content(scope)) is None:
            return await self._app(scope, receive, send)
        body, kind, lasts = found
        headers = [
            (b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"cache-control", lasts),
            (b"x-content-type-options", b"nosniff"), *([(b"content-encoding", b"gzip")] if body[:2] == _GZIP else []),
        ]  # fmt: skip
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        return await send({"type": "http.response.body", "body": body})

    def _content(self, scope: Scope) -> tuple[bytes, bytes, bytes] | None:
        """What stands at an address, its kind and how long it may be kept; None for what is not ours to answer."""
        path = scope["path"]
        if path == "/":  # a link that says anything more says what else is to be seen
            is_first = self._has_first_view and not scope["query_string"]
            return _first_document() if is_first else _document(), b"text/html; charset=utf-8", b"no-cache"
        if path.startswith("/spoken/") and path[8:10] in FILES and tools.spoken(path[8:10])[0] == path:
            return tools.spoken(path[8:10])[1], b"text/javascript", _LASTING
        scripts = dict((first_view.module(), tools.module()))
        return (scripts[path], b"text/javascript", _LASTING) if path in scripts else _files().get(path)


@cache
def _files() -> dict[str, tuple[bytes, bytes, bytes]]:
    """The scripts and styles of the first page, by address."""
    names: list[str] = re.findall(r'(?:src|href)="\./(static/[^"]+)"', _document().decode())
    return {
        f"/{name}": ((_STATIC / name).read_bytes(), (guess_type(name)[0] or "").encode(), _LASTING) for name in names
    }


@cache
def _document() -> bytes:
    """Streamlit's document, which also names the scripts that the first page will ask for."""
    document = (_STATIC / "index.html").read_bytes()
    more = [name for name in _needed() if f"/{name}".encode() not in document]
    links = "".join(f'<link rel="modulepreload" crossorigin href="./static/js/{name}">' for name in more)
    return document.replace(b"</head>", links.encode() + b"</head>")


@cache
def _first_document() -> bytes:
    """The document with the first page in it, to look at while the scripts are on their way."""
    address, _ = first_view.module()
    head, body = first_view.head(address).encode(), first_view.body(address).encode()
    return _document().replace(b"</head>", head + b"</head>").replace(b"</body>", body + b"</body>")


def _needed() -> list[str]:
    """The files of the first page's kinds of elements, and of all that they import."""
    needed: list[str] = []
    waiting = [path.name for kind in _KINDS for path in sorted((_STATIC / "static/js").glob(f"{kind}.*.js"))]
    while waiting:
        if (name := waiting.pop(0)) not in needed:
            needed.append(name)
            waiting += [found.decode() for found in _IMPORTED.findall((_STATIC / "static/js" / name).read_bytes())]
    return needed
