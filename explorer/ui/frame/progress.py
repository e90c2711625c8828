"""Long work with a bar, the time left and a Cancel."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from ...wording import duration

T = TypeVar("T")


def with_progress(what: str, key: str, work: Callable[[Callable[[int, int], None]], T]) -> T:
    """Do it with a bar, the time left and a Cancel. Any other click cancels it as well: Streamlit ends this script at
    its next report. Not for a fragment: no click in one ends its run."""
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, f"{what} …")
        st.button("Cancel", key=f"{key}-cancel")
    started, told = time.monotonic(), 0.0

    def report(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told > 0.1 or done == total:  # more often than that nobody sees, and each report takes a while
            told = now
            left = duration((now - started) / max(1, done) * (total - done))
            bar.progress(min(1.0, done / max(1, total)), f"{what}: {done} of {total}, about {left} left")

    try:
        return work(report)
    finally:  # an error stands there alone; what Cancel leaves is drawn anew
        place.empty()
