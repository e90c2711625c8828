"""What every element is made of: its markup, style and script in one row, data in, and one guarded way back."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from ...elements.modules import script
from ...elements.view import File, View, addressed
from .media import file_url

T = TypeVar("T")
_LOG = logging.getLogger("explorer")
_logged: set[tuple[str, str, str]] = set()  # element, what it reported, and the kind of nonsense


@dataclass(frozen=True)
class Report(Generic[T]):
    """What an element may report, and what follows.

    `allowed` are the values that there are to choose from, or says of any value at all whether it is one: anybody can
    send anything. `act` is called with a value that is allowed.
    """

    allowed: Collection[T] | Callable[[object], bool]
    act: Callable[[T], None]


class Element:
    """A view in the app; registered once, when it is made."""

    def __init__(self, name: str, html: str, is_figure: bool = False, parts: Sequence[str] = ()) -> None:
        view = View(name, html, is_figure, tuple(parts))
        self.name = name
        self._component = st.components.v2.component(
            f"explorer.{name}", html=html, css=view.css, js=script(f"{name}.js", *view.around, "houses/app.js#inApp")
        )

    @classmethod
    def of(cls, view: View) -> Element:
        """What other houses show too."""
        return cls(view.name, view.html, view.is_figure, view.parts)

    def __call__(self, key: str, data: Mapping[str, object], **reports: Report[Any]) -> None:
        """Draw `data`, and listen to what the browser reports under the names of `reports`."""

        def listener(what: str, report: Report[Any]) -> Callable[[], None]:
            def listen() -> None:
                value = chosen(key, report.allowed, self.name, what)
                if value is not None:
                    report.act(value)

            return listen

        listeners: dict[str, Any] = {f"on_{what}_change": listener(what, report) for what, report in reports.items()}
        # A list of one: in a dictionary Streamlit would look for tables at every call, and import pandas for that,
        # half a second of every start.
        self._component(key=key, data=[addressed(data, _address, key)], **listeners)


def _address(file: File, place: str) -> str:
    return file_url(file.content, file.kind, place)


def chosen(key: str, allowed: Collection[T] | Callable[[object], bool], element: str, what: str = "chosen") -> T | None:
    """What a browser reports under `what` in the element `key`, where that is allowed, else None.

    Whatever else it sends is ignored, and logged once for an element and a kind of nonsense: not with every click, and
    not with what was sent.
    """
    sent = st.session_state.get(key)
    value: Any = sent.get(what) if isinstance(sent, Mapping) else None
    if allowed(value) if callable(allowed) else _is_one_of(value, allowed):
        return value  # of type T: one of them, or what `allowed` lets through
    kind = _kind(value)
    if (element, what, kind) not in _logged:
        _logged.add((element, what, kind))
        _LOG.warning("A browser sent %s for '%s' of the element '%s': ignored", kind, what, element)
    return None


def _is_one_of(value: object, allowed: Collection[object]) -> bool:
    """By type as well: to Python True is 1, and so is 1.0."""
    if isinstance(allowed, range):  # may be long
        return type(value) is int and value in allowed
    return isinstance(value, str | int) and any(type(value) is type(one) and value == one for one in allowed)


def _kind(value: object) -> str:
    """A kind of nonsense in a few words: there are as many kinds as there are kinds of JSON."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    names = {
        type(None): "nothing", bool: "a truth value", int: "a number that it does not offer", float: "a fraction",
        str: "a text that it does not offer", list: "a list that it does not offer", dict: "a table",
    }  # fmt: skip
    return names.get(type(value), "something unknown")
