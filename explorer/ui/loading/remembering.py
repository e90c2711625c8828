"""What a visitor brought, over a reload or behind a link: kept where the visitor wants it, and in this browser alone.

A browser holds a token that cannot be guessed, and the server, in its memory, what the token opens. A link holds
neither, so who gets a link gets no file. A digest would be no such key: who has the same picture can work it out.
"""

from __future__ import annotations

import functools
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import streamlit as st

from ...running.limit import memory_limit
from ...running.tokens import TokenStore
from ...wording import megabytes
from ..elements.held import NOTHING, held_token
from ..frame.session import choose

What = Literal["pictures", "network"]

_DAY = 24 * 60 * 60  # seconds
_PATIENCE = 5  # seconds for a browser to say what it holds
_MIB = 1 << 20


@dataclass(frozen=True)
class KeptFile:
    """An upload of an earlier visit, as the uploader gives it: the caches know it by the same id."""

    file_id: str
    name: str
    content: bytes

    def getvalue(self) -> bytes:
        return self.content


Files = tuple[KeptFile, ...]


@dataclass
class _Memory:
    """What this visit knows of one kind of file: what its browser brought, and what it holds now."""

    brought: Files = ()
    token: str | None = None
    ids: tuple[str, ...] = ()  # of the files that the token opens
    forgets: bool = False  # the browser is to forget what it holds
    is_answered: bool = False  # it has said what it holds
    is_lost: bool = False  # and the server does not know that
    asked_at: float | None = None  # when the page began to wait for it
    overruled: str | None = None  # the upload in whose place stands what was made since


@functools.cache  # and none of Streamlit's caches, which any visitor can clear
def _stores() -> dict[What, TokenStore[Files]]:
    """Of all visitors, with a share of the memory. A picture is at most 50 MB, a file of weights 300."""
    limit = memory_limit()

    def size(files: Files) -> int:
        return sum(len(file.content) for file in files)

    return {
        "pictures": TokenStore(64, min(256 * _MIB, limit // 16), 64 * _MIB, _DAY, size),
        "network": TokenStore(8, min(1024 * _MIB, limit // 8), 512 * _MIB, _DAY, size),
    }


def _memory(what: What) -> _Memory:
    return cast(_Memory, st.session_state.setdefault(f"memory-{what}", _Memory()))


def brought(what: What) -> Files:
    """What this browser brought from an earlier visit, and what was made in this one."""
    return _memory(what).brought


def bring(what: What, name: str, content: bytes) -> int:
    """A file that was made on a page joins what this visit has of its own, as if its browser had brought it; its place
    among that."""
    memory = _memory(what)
    memory.brought = (*memory.brought, KeptFile(secrets.token_hex(16), name, content))
    return len(memory.brought) - 1


def replace_brought(what: What, files: Sequence[tuple[str, bytes]], upload: Any) -> None:
    """Files, by name, that were made on a page, in the place of all that this visit has of its own, and of what is in
    the uploader, if anything: until they are removed, or it gets another file."""
    set_aside(what, *(file.file_id for file in brought(what)))
    for name, content in files:
        bring(what, name, content)
    _memory(what).overruled = None if upload is None else upload.file_id


def is_overruled(what: What, upload: Any) -> bool:
    """Whether something was made that stands in the place of this upload."""
    memory = _memory(what)
    return bool(memory.brought) and memory.overruled == upload.file_id


def is_looked_for(what: What) -> bool:
    """Whether the page waits for the browser, which has not said yet what it holds."""
    memory = _memory(what)
    return not memory.is_answered and memory.asked_at is not None and time.monotonic() - memory.asked_at < _PATIENCE


def is_lost(what: What) -> bool:
    """Whether the browser holds a token for what the server does not have any more."""
    return _memory(what).is_lost


def set_aside(what: What, *ids: str) -> None:
    """Of what this browser brought, forget the files with these ids."""
    memory = _memory(what)
    memory.brought = tuple(file for file in memory.brought if file.file_id not in ids)


def remember(
    what: What, files: Sequence[Any], number: int, waits: bool, on_brought: Callable[[int], None] = lambda number: None
) -> None:
    """A switch that has the files kept for this browser, and what it means. `number` is kept with them.

    Listens to the browser, too: what it brings is in `brought` in the run that follows, and `on_brought(number)` is
    called before. `waits` says that the page has nothing of the kind to show.
    """
    memory = _memory(what)
    is_on = st.toggle(
        f"Remember my {what} in this browser", key=_switch(what), on_change=_switched, args=(what,),
        persist_state="session",
        help="Nothing is written on the server’s disk, and nothing stands in the link. Off forgets it at once, on both "
        "sides.",
    )  # fmt: skip
    st.caption(
        "The server keeps what you upload here in memory for a day at most; this browser holds a secret token, no "
        f"{'pixels' if what == 'pictures' else 'weights'}. Whoever uses this browser can open it."
    )
    if is_on:
        _keep(what, memory, files)
        if files and memory.token is None:
            st.warning(f"That is too much to remember: at most {megabytes(_stores()[what].max_size)} in all.")
    if waits and memory.asked_at is None:
        memory.asked_at = time.monotonic()
    held_token(
        what, None if memory.token is None else f"{memory.token}.{number}", memory.forgets, not memory.is_answered,
        waits, f"held-{what}", lambda text: _take(what, text, on_brought),
    )  # fmt: skip


def _switch(what: What) -> str:
    return f"remember-{what}"


def _switched(what: What) -> None:
    """Off means forgotten, at once, here and in the browser; what is on the page stays until it is loaded anew."""
    if not st.session_state[_switch(what)]:
        memory = _memory(what)
        _drop(what, memory)
        memory.forgets = True


def _keep(what: What, memory: _Memory, files: Sequence[Any]) -> None:
    """One token for these very files: where others come or go, a tab that holds the old one finds nothing, and never
    something else."""
    ids, store = tuple(file.file_id for file in files), _stores()[what]
    if memory.token is not None and ids == memory.ids and store.find(memory.token) is not None:
        return
    _drop(what, memory)
    if files:
        memory.token = store.keep(tuple(KeptFile(file.file_id, file.name, file.getvalue()) for file in files))
    memory.ids, memory.forgets = ids, memory.token is None


def _drop(what: What, memory: _Memory) -> None:
    if memory.token is not None:
        _stores()[what].drop(memory.token)
        memory.token = None


def _take(what: What, text: str, on_brought: Callable[[int], None]) -> None:
    """What the browser says that it holds."""
    memory = _memory(what)
    if memory.is_answered:
        return
    memory.is_answered = True
    if text == NOTHING:
        return
    token, _, number = text.partition(".")
    files = _stores()[what].find(token)
    if files is None:
        memory.is_lost = True
        _log_unknown(what)
        return
    memory.brought, memory.token = (*files, *memory.brought), token
    memory.ids = tuple(file.file_id for file in files)
    choose(_switch(what), True)
    on_brought(min(int(number), len(files) - 1))


@functools.cache  # once, and not what was sent
def _log_unknown(what: What) -> None:
    logging.getLogger("explorer").warning("A browser holds a token for %s that is unknown here: ignored", what)
