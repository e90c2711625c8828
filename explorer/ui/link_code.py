"""A link as a QR code, for a room to photograph: an address beside the app's, which asks nothing of a page."""

from __future__ import annotations

import json
from functools import lru_cache
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/link-code"
LONGEST = 800  # bytes of a link: what has more has squares too small to be read from the back of a room


class LinkCodes:
    """The squares of the code of whatever link a browser has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or leave it to the app."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != PATH:
            return await self._app(scope, receive, send)
        link = parse_qs(scope["query_string"].decode("latin-1")).get("link", [""])[0]
        rows = await run_in_threadpool(squares, link) if 0 < len(link.encode()) <= LONGEST else None
        body = b"" if rows is None else json.dumps(rows).encode()
        headers = [
            (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"),
        ]  # fmt: skip
        await send({"type": "http.response.start", "status": 404 if rows is None else 200, "headers": headers})
        return await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=64)
def squares(link: str) -> tuple[str, ...]:
    """The rows of the code (ISO/IEC 18004), a digit for each square, 1 for a dark one, without the quiet zone of four
    squares around it. An eighth of it may be unreadable at least."""
    import segno  # when somebody asks: the server starts without it

    code = segno.make(link, error="m", micro=False)
    return tuple("".join(map(str, row)) for row in code.matrix)
