"""What the page shows of the server."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import streamlit as st

from ..frame.boundary import fragment, plain
from ..frame.link import last_link
from .sentences import NOTHING_YET, WHAT_A_LINK_HOLDS, busy_sentence, caches_table, memory_sentence, warm_sentence
from .status import status

_EVERY = 2.0  # seconds


def everybody_sees_this() -> None:
    """The link of what the visitor has chosen, to copy."""
    st.subheader("Everybody sees this")
    found = last_link("{0.scheme}://{0.netloc}".format(urlsplit(st.context.url or "")))
    if found is None:
        st.write(NOTHING_YET)
        return
    st.code(found, language=None, wrap_lines=True)
    st.caption(WHAT_A_LINK_HOLDS)


def _numbers() -> None:
    now = status()
    for sentence in (busy_sentence(now, time.monotonic()), memory_sentence(now), warm_sentence(now)):
        st.markdown(plain(sentence))
    st.markdown(caches_table(now.caches))


numbers = fragment(_numbers, every=_EVERY)
