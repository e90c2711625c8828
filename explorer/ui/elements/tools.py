"""What is at hand on every page: search, a step back, the link, the words, the page for a room. Buttons and keys.

The row alone comes with the page. What its buttons open is fetched when the page is at rest, once, from an address of
its own: of the first screen it is no part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import cache
from hashlib import sha256

from ...elements.modules import script, source
from ...words.glossary import GLOSSARY
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
    + '<span class="said" role="status"></span></div>',
)


@cache
def module() -> tuple[str, bytes]:
    """The script of what the buttons open, with the pages and the words of the field, and an address for it that lasts:
    a browser has it once."""
    given = {
        "style": source("shared/base.css") + source("at_hand.css"),
        "pages": [{"page": page, "title": title} for titles in GROUPS.values() for page, title in titles.items()],
        "terms": [
            {
                "name": one.name, "plain": one.plain, "exact": one.exact, "formula": one.formula, "page": one.page,
                "also": list(one.also),
            }
            for one in GLOSSARY
        ],
        "tabs": [{"page": page, "title": tab} for page, _, tab in first_tabs()],
    }  # fmt: skip
    text = f"{script('at_hand.js')}export const given = {json.dumps(given)};\n".encode()
    return f"/tools/{sha256(text).hexdigest()[:16]}.js", text


def tools(
    entries: str | None, said: str, words: str, allowed: Mapping[str, Collection[str | int]], key: str,
    on_asked: Callable[[str, str | int], None],
) -> None:  # fmt: skip
    """The row. `entries` is the address of what the chosen network adds to the search, `said` what became of the last
    request, `words` the register that words are explained in. Calls `on_asked(kind, value)` for a kind and a value of
    `allowed`."""

    def report(kind: str) -> Report[str | int]:
        return Report(allowed[kind], lambda value: on_asked(kind, value))

    _tools(
        key,
        {"module": module()[0], "entries": entries, "said": said, "words": words},
        **{kind: report(kind) for kind in allowed},
    )
