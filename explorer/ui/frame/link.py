"""What a link asks for and a page does not have: a widget takes another value without a word; here it is said."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import streamlit as st

from ...errors import nearest
from .boundary import plain

_KEY = "link"
# what links of earlier versions call it; what one page alone chose is now chosen for all
_SEEN = "seen last"
# what is chosen for all pages at once; some of it by parts of a page that tell the address later
_COMMON = ("network", "weights", "set", "picture", "sample", "class", "layer", "channel")
_RENAMED = {"filter": "channel", "evidence_layer": "layer", "pooling": "layer"}


@dataclass
class _Link:
    """What a visitor came with, and what of it was not to be had: a sentence, what is shown instead, and among what."""

    asked: dict[str, str]
    unmet: dict[str, tuple[str, object, list[str]]] = field(default_factory=dict)


def arrive() -> None:
    """Keep what the visitor's link asks for; before the first widget is drawn, which may drop it."""
    if _KEY not in st.session_state:
        for old, new in _RENAMED.items():
            if old in st.query_params and new not in st.query_params:
                st.query_params[new] = st.query_params.pop(old)
                st.rerun()  # widgets read what the address says when a run begins
        st.session_state[_KEY] = _Link(st.query_params.to_dict())


def asked_for(key: str) -> str | None:
    """What the visitor's link asks of the widget of that key, before it is drawn for the first time."""
    link: _Link | None = st.session_state.get(_KEY)
    return None if link is None else link.asked.get(key)


def standing(key: str, options: Container[str]) -> str | None:
    """Which of the options the widget of that key shows, or will show once it is drawn; None: it is left to it."""
    said = st.session_state.get(key, asked_for(key))
    return said if said in options else None


def standing_number(key: str, last: int) -> int:
    """The number from 0 to `last` that is chosen under a key, or that the link asks for; else the nearest one, or 0."""
    said = st.session_state.get(key, asked_for(key))
    try:
        return min(max(int(said), 0), last)
    except (TypeError, ValueError):
        return 0


def standing_index(key: str, n: int) -> int | None:
    """The number from 0 to n - 1 that is chosen under a key, or that the link asks for; None where nobody has chosen
    one of these."""
    said = str(st.session_state.get(key, asked_for(key)))
    return int(said) if said.isdecimal() and said.isascii() and len(said) < 10 and int(said) < n else None


def is_unmet(key: str, options: Container[str]) -> bool:
    """Whether the link asks the widget of that key for something that it has not, and nobody has chosen since."""
    link: _Link | None = st.session_state.get(_KEY)
    asked = asked_for(key)
    return link is not None and (key in link.unmet or (asked is not None and asked not in options))


def keep(key: str, options: Sequence[str]) -> str:
    """Which of the options is chosen where the browser has a box for it, and not Streamlit: kept in the link as a
    widget would keep it, without the first, which is the usual one."""
    chosen = standing(key, options) or options[0]
    st.session_state[key] = chosen
    if chosen == options[0]:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen


def leave(page: str) -> None:
    """Keep what the address says of a page that has been drawn, for `last_link`."""
    st.session_state[_SEEN] = page, {key: st.query_params.get_all(key) for key in st.query_params}


def last_link(site: str) -> str | None:
    """The address, below that of the site, of what the visitor saw last; None where that is nothing yet."""
    page, said = st.session_state.get(_SEEN, (None, {}))
    if page is None:
        return None
    chosen = {key: st.session_state[key] for key in _COMMON if isinstance(st.session_state.get(key), str | int)}
    query = urlencode(said | {key: str(value) for key, value in chosen.items()}, doseq=True)
    return f"{site}/{page}{'?' if query else ''}{query}"


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
        link.unmet[key] = sentence, st.session_state[key], options
    sentence, instead, among = link.unmet.get(key, ("", None, []))
    if sentence and st.session_state[key] == instead and options == among:
        st.warning(plain(sentence))
    else:
        link.unmet.pop(key, None)
