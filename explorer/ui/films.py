"""What is new in a training, for a browser that watches it: an address beside the app's, which asks nothing of a
page."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

_PATH = re.compile(r"/film/([A-Za-z0-9_-]{1,86})")
_NUMBERS = re.compile(r"[0-9]{1,9}(,[0-9]{1,9})?")  # one for each network


def address_of(key: str) -> str:
    """Where the film of the training with a key is to be had."""
    return f"/film/{key}"


class Films:
    """Frames of trainings, and how these are getting on. Whoever knows a training's key may look; the key cannot be
    guessed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or leave it to the app."""
        found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            return await self._app(scope, receive, send)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        body = await run_in_threadpool(_new, found[1], _numbers(query, "from"), _numbers(query, "editions"))
        headers = [
            (b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"),
        ]  # fmt: skip
        await send({"type": "http.response.start", "status": 200 if body else 404, "headers": headers})
        return await send({"type": "http.response.body", "body": body})


def _numbers(query: dict[str, list[str]], name: str) -> list[int]:
    """What it says under a name; nothing where these are no numbers."""
    said = query.get(name, [""])[0]
    return [*map(int, said.split(","))] if _NUMBERS.fullmatch(said) else []


def _new(key: str, firsts: list[int], editions: list[int]) -> bytes:
    """What the browser has not seen yet; nothing where there is no such training."""
    from ..scratch.sending import news  # with torch behind it, which the server does not wait for
    from .frame.runs import runs

    run = runs().find(key)
    return b"" if run is None else news(run, firsts, editions)
