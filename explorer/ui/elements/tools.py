"""What is at hand on every page: search, a step back, the link, the words, the page for a room. Buttons and keys.

The row alone comes with the page. What its buttons open is fetched when the page is at rest, once, from an address of
its own: of the first screen it is no part.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from hashlib import sha256

from ...elements.modules import script, source
from ...words.glossary import GLOSSARY
from ...words.language import FILES, NAMES, language
from ...words.openings import first_tabs
from ..frame.pages import GROUPS
from .base import Element, Report

_ICONS = {
    "search": ("Search (Ctrl+K)", "M7 2a5 5 0 1 1 0 10A5 5 0 0 1 7 2ZM10.6 10.6 15 15"),
    "back": ("Undo the last choice (Ctrl+Z)", "M6 2 2 6l4 4M2 6h8a4 4 0 0 1 0 8H7"),
    "link": ("Copy the link of this page, or show its QR code", "M6.5 9.5l3-3M7 4.5 9 2.5a3.2 3.2 0 0 1 4.5 4.5l-2 2"
             "M9 11.500l-2 2A3.2 3.2 0 0 1 2.500 9l2-2"),
    "words": ("Plain or exact words", "M1 13 4.500 3 8 13M2.200 9.500h4.600M15 7.500V13M15 10.200a2.500 2.500 0 1 1-5 0"
              "a2.500 2.500 0 0 1 5 0"),
    "room": ("Present: large, without the menu", "M1 2h14v9H1ZM8 11v3M4.500 15 8 13l3.500 2"),
}  # fmt: skip
_tools = Element(
    "tools",
    '<div class="tools" role="group" aria-label="On every page">'
    + "".join(
        f'<button type="button" class="{name}" title="{title}" aria-label="{title}"><svg viewBox="0 0 16 16" '
        f'aria-hidden="true"><path d="{path}"/></svg></button>'
        for name, (title, path) in _ICONS.items()
    )
    + '<button type="button" class="language"></button><span class="said" role="status"></span></div>',
)


Say = Callable[[str], str]


def _texts(say: Say) -> dict[str, object]:
    """The pages, their tabs and the words of the field, as one calls them."""
    return {
        "pages": [{"page": page, "title": say(title)} for titles in GROUPS.values() for page, title in titles.items()],
        "terms": [
            {
                "name": say(one.name), "plain": say(one.plain), "exact": say(one.exact), "formula": say(one.formula),
                "page": one.page, "also": list(map(say, one.also)),
            }
            for one in GLOSSARY
        ],
        "tabs": [{"page": page, "tab": tab, "title": say(tab)} for page, _, tab in first_tabs()],
    }  # fmt: skip


@cache
def module() -> tuple[str, bytes]:
    """The script of what the buttons open, with its texts, and an address for it that lasts: a browser has it once."""
    given = {"style": source("shared/base.css") + source("at_hand.css"), **_texts(str)}
    return _lasting("tools/", script("at_hand.js"), given)


@cache
def spoken(code: str) -> tuple[str, bytes]:
    """The script that says in the browser what stands there alone, with the messages of a language, packed; and an
    address for it that lasts."""
    other = language(code)
    given = {"code": code, "messages": other.messages, "texts": _texts(other.said), "style": source("spoken.css")}
    address, text = _lasting(f"spoken/{code}-", script("spoken.js"), given)
    return address, gzip.compress(text, mtime=0)


def _lasting(path: str, text: str, given: object) -> tuple[str, bytes]:
    content = f"{text}export const given = {json.dumps(given)};\n".encode()
    return f"/{path}{sha256(content).hexdigest()[:16]}.js", content


def tools(
    entries: str | None, said: str, words: str, languages: Sequence[str],
    allowed: Mapping[str, Collection[str | int]], key: str, on_asked: Callable[[str, str | int], None],
) -> None:  # fmt: skip
    """The row. `entries` is the address of what the chosen network adds to the search, `said` what became of the last
    request, `words` the register that words are explained in, `languages` the page's and the next. Calls
    `on_asked(kind, value)` for a kind and a value of `allowed`."""

    def report(kind: str) -> Report[str | int]:
        return Report(allowed[kind], lambda value: on_asked(kind, value))

    here, there = languages
    _tools(
        key,
        {
            "module": module()[0],
            "entries": entries,
            "said": said,
            "words": words,
            "language": {
                "here": here,
                "there": there,
                "name": NAMES[there],
                "module": spoken(here)[0] if here in FILES else None,
            },
        },
        **{kind: report(kind) for kind in allowed},
    )
