"""An address of the app's own, asked without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


def answered(around: Callable[[Any], Any], path: str, query: str, method: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; 418 where it is left to the app behind."""
    sent: list[dict[str, Any]] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is sent with a GET")

    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
    asyncio.run(around(behind)(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]
