"""What a link asks for and a page does not have: a widget takes another value without a word; here it is said."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import NoReturn
from urllib.parse import urlencode

import streamlit as st

from ...errors import nearest
from ...places import pages
from .arrival import COMMON, SEEN, asked_for, came_with
from .boundary import plain


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
    link = came_with()
    asked = asked_for(key)
    return link is not None and (key in link.unmet or (asked is not None and asked not in options))


def keep(key: str, options: Sequence[str]) -> str:
    """Which of the options is chosen where the browser has a box for it, and not Streamlit: kept in the link as a
    widget would keep it, without the first, which is the usual one."""
    chosen = standing(key, options) or options[0]
    st.session_state[key] = chosen
    write(key, None if chosen == options[0] else chosen)
    return chosen


def write(key: str, value: str | None) -> None:
    """Have the address say it under a key that no widget has; None: nothing."""
    if value is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value


def go_to(page: str, **said: str) -> NoReturn:
    """Open another page, whose address says this, and what is chosen for all pages when the visitor has arrived."""
    st.switch_page(pages() / f"{page}.py", query_params=said)


def leave(page: str) -> None:
    """Keep what the address says of a page that has been drawn, for `last_link`."""
    st.session_state[SEEN] = page, {key: st.query_params.get_all(key) for key in st.query_params}


def last_link(site: str) -> str | None:
    """The address, below that of the site, of what the visitor saw last; None where that is nothing yet."""
    page, said = st.session_state.get(SEEN, (None, {}))
    if page is None:
        return None
    chosen = {key: st.session_state[key] for key in COMMON if isinstance(st.session_state.get(key), str | int)}
    query = urlencode(said | {key: str(value) for key, value in chosen.items()}, doseq=True)
    return f"{site}/{page}{'?' if query else ''}{query}"


def say_unmet(key: str, options: Iterable[str], why: Callable[[str], str] | None = None) -> None:
    """Below the widget of that key: that the link asked for something else, until somebody chooses; and `why` that is
    not to be had, where more can be said."""
    link = came_with()
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
