"""How much visitors may have uploaded at a time: one of them, and all together a quarter of the memory.

Streamlit keeps uploads in memory as long as their visit lasts, and bounds each file alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ..wording import megabytes

PATH = "/_stcore/upload_file/"
MOST_OF_ONE = 400_000_000  # a network of 300 MB and a hundred photographs


def stored() -> dict[str, int]:
    """The bytes that Streamlit keeps of each visit."""
    manager = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    if not isinstance(manager, MemoryUploadedFileManager):  # a page alone, as in a test
        return {}
    return {
        visit: sum(len(file.data) for file in [*files.values()]) for visit, files in [*manager.file_storage.items()]
    }


_refused: dict[str, str] = {}  # what is still to be said, by visit


def tell(visit: str, problem: str) -> None:
    """Have the visit's page say it: the uploader itself shows no more of an answer than its number."""
    session = runtime.get_instance().get_app_session(visit) if runtime.exists() else None
    if session is not None:
        _refused[visit] = problem
        session.request_rerun(None)


def refusal() -> str | None:
    """What the visit whose script runs is to be told, once."""
    context = get_script_run_ctx()
    return None if context is None else _refused.pop(context.session_id, None)


class _TooMuch(Exception):
    """Raised where a body is read, to end the reading; says why."""


class BoundedUploads:
    """Refuses, with 413 and a sentence, what would be beyond the bounds: by the length that a request states, before
    anything is read, and else as soon as too much has come.

    What is on its way counts as it comes, and not as it is announced: nobody takes room by announcing alone.
    """

    def __init__(
        self, app: ASGIApp, most: int, most_of_one: int = MOST_OF_ONE, stored: Callable[[], dict[str, int]] = stored,
        tell: Callable[[str, str], object] = tell,
    ) -> None:  # fmt: skip
        self._app, self._stored, self._most_of_one, self._most = app, stored, most_of_one, most
        self._tell = tell
        self._coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it pass, or answer."""
        if scope["type"] != "http" or scope["method"] != "PUT" or not scope["path"].startswith(PATH):
            return await self._app(scope, receive, send)
        visit = scope["path"].removeprefix(PATH).partition("/")[0]
        if problem := self._problem(visit, _stated_length(scope)):
            self._tell(visit, problem)
            return await _refuse(send, problem)
        return await self._pass_on(visit, scope, receive, send)

    async def _pass_on(self, visit: str, scope: Scope, receive: Receive, send: Send) -> None:
        n_come, is_answered = 0, False

        async def counted() -> Message:
            nonlocal n_come
            message = await receive()
            n = len(message.get("body", b""))
            if problem := self._problem(visit, n):
                raise _TooMuch(problem)
            n_come += n
            self._coming[visit] += n
            return message

        async def watched(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except _TooMuch as problem:
            self._tell(visit, str(problem))
            if not is_answered:
                await _refuse(send, str(problem))
        finally:
            self._coming[visit] -= n_come
            self._coming += Counter()  # lets go of visits of which nothing is on its way

    def _problem(self, visit: str, n_more: int) -> str:
        """Why so many bytes more of this visit are too many; "" where they are not."""
        kept = self._stored()
        of_one, of_all = (
            n + n_more for n in (kept.get(visit, 0) + self._coming[visit], sum(kept.values()) + self._coming.total())
        )
        if of_one > self._most_of_one:
            return (
                f"With this file the uploads of this visit would come to {megabytes(of_one)}; of one visit "
                f"{megabytes(self._most_of_one)} are kept. Remove a file that is no longer needed, and choose this one "
                "again."
            )
        if of_all > self._most:
            return (
                f"This server keeps uploads of {megabytes(self._most)} of all visitors together, and has no room for "
                "this file now. Try again when others have finished, or choose a smaller file."
            )
        return ""


def _stated_length(scope: Scope) -> int:
    """What the request says of its length; 0 where it says nothing that is a number, which Streamlit refuses itself."""
    stated = dict(scope["headers"]).get(b"content-length", b"")
    return int(stated) if stated.isdigit() and len(stated) < 20 else 0


async def _refuse(send: Send, problem: str) -> None:
    """Answer without having read the rest, and have the connection closed: what is on its way would be taken for the
    next request."""
    body = problem.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"), (b"connection", b"close"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
