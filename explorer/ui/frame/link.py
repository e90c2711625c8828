"""What a link asks for and a page does not have: a widget takes another value without a word; here it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import streamlit as st

from ...errors import nearest
from .boundary import plain

_KEY = "link"


@dataclass
class _Link:
    """What a visitor came with, and what of it was not to be had: a sentence, and what is shown instead."""

    asked: dict[str, str]
    unmet: dict[str, tuple[str, object]] = field(default_factory=dict)


def arrive() -> None:
    """Keep what the visitor's link asks for; before the first widget is drawn, which may drop it."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _Link(st.query_params.to_dict())


def asked_for(key: str) -> str | None:
    """What the visitor's link asks of the widget of that key, before it is drawn for the first time."""
    link: _Link | None = st.session_state.get(_KEY)
    return None if link is None else link.asked.get(key)


def say_unmet(key: str, options: Iterable[str], why: Callable[[str], str] | None = None) -> None:
    """Below the widget of that key: that the link asked for something else, until somebody chooses; and `why` that is
    not to be had, where more can be said."""
    link: _Link | None = st.session_state.get(_KEY)
    if link is None:  # a part of a page alone, as in a test
        return
    asked, options = link.asked.pop(key, None), list(options)
    if asked is not None and asked not in options:
        reason = f"which is not to be had here.{nearest(asked, options)}" if why is None else why(asked)
        sentence = f"The link asks for {key}={asked}{', ' if why is None else '. '}{reason}"
        link.unmet[key] = sentence, st.session_state[key]
    sentence, instead = link.unmet.get(key, ("", None))
    if sentence and st.session_state[key] == instead:
        st.warning(plain(sentence))
    else:
        link.unmet.pop(key, None)
