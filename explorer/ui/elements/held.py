"""A token that this browser holds, from one visit to the next. It is not seen."""

from __future__ import annotations

import re
from collections.abc import Callable

from .base import Element, Report

NOTHING = "none"  # what a browser says that holds none

_held = Element("held", "")
_TEXT = re.compile(r"[A-Za-z0-9_-]{43}\.[0-9]{1,4}")


def held_token(
    name: str, give: str | None, forgets: bool, asks: bool, waits: bool, key: str, on_held: Callable[[str], None]
) -> None:
    """Give the browser a token to hold under a name, as `token.number`; or have it forget the one that it holds; or
    ask for it. Calls `on_held(text)` with what the browser holds, and where the page `waits` also with NOTHING.

    This tab's own comes before that of the tab which was given one last. Whether a token opens anything is not looked
    at here.
    """
    _held(
        key,
        {"name": name, "give": give, "forgets": forgets, "asks": asks, "waits": waits, "nothing": NOTHING},
        held=Report(_is_answer, on_held),
    )


def _is_answer(value: object) -> bool:
    """Whether a browser sent what one sends that was given a token, or none."""
    return isinstance(value, str) and (value == NOTHING or _TEXT.fullmatch(value) is not None)
