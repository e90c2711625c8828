"""Pictures that are made while one looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from ...running.cache import Shelf
from ...running.progress import Progress
from ...synthesis.figures import shown_png
from ...synthesis.making import Growing, Pixels
from ..elements.pickers import picture
from ..frame.progress import pressed, with_progress

T = TypeVar("T")
_REDRAW = 0.4  # seconds from one picture of what grows to the next


def grown(
    shelf: Shelf[T], about: Hashable, button: str, key: str, what: str, width: int,
    make: Callable[[Progress, Growing], T],
) -> T | None:  # fmt: skip
    """What the shelf holds about something; else a button, and then the pictures as they grow, with a bar and a Cancel.
    None until they are done. Not for a fragment: any click ends it, and so does a tab that is closed."""
    found = shelf.find(about)
    if found is not None:
        return found
    ask, is_asked = st.empty(), pressed(f"{key}-run")
    ask.button(button, key=f"{key}-run", type="primary", disabled=is_asked)
    if not is_asked:
        return None
    place = st.empty()
    with place.container():
        left, right = st.columns([2, 3], gap="medium")  # beside each other, a projector shows all of it
        figure, drawn = left.empty(), 0.0

    def grow(see: Callable[[], list[Pixels]]) -> None:
        nonlocal drawn
        if time.monotonic() - drawn > _REDRAW:
            drawn = time.monotonic()
            with figure:
                shown = see()
                picture(shown_png(shown), alt="What there is of it so far", width=width * len(shown))

    try:
        with right:
            made = with_progress(what, f"{key}-work", lambda report: make(report, grow))
    finally:
        ask.empty()
        place.empty()
    return shelf.get(about, lambda: made)
