"""Long work with a bar, and a way to stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

import streamlit as st

from ...running.cache import Shelf
from ...running.progress import Progress
from ...wording import duration
from .boundary import fragment

T = TypeVar("T")


def with_progress(what: str, key: str, work: Callable[[Progress], T]) -> T:
    """Do it with a bar, the time left and a Cancel. Any other click cancels it as well: Streamlit ends this script at
    its next report. Not for a fragment: no click in one ends its run."""
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, f"{what} …")
        st.button("Cancel", key=f"{key}-cancel")
    started, told = time.monotonic(), 0.0

    def report(done: int, total: int | None) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told > 0.1 or done == total:  # more often than that nobody sees, and each report takes a while
            told = now
            if total is None:
                bar.progress(0.0, f"{what}: {done} …")
                return
            left = duration((now - started) / max(1, done) * (total - done))
            bar.progress(min(1.0, done / max(1, total)), f"{what}: {done} of {total}, about {left} left")

    try:
        return work(report)
    finally:  # an error stands there alone; what Cancel leaves is drawn anew
        place.empty()


def when_wanted(is_quick: bool, button: str, key: str, what: str, work: Callable[[Progress | None], T]) -> T | None:
    """Do it at once where that is quick; else when somebody presses the button, with a bar and a Cancel in its place.
    None until then. Not for a fragment."""
    if is_quick:
        return work(None)
    place = st.empty()
    if not place.button(button, key=key, type="primary"):
        return None
    with place.container():
        made = with_progress(what, f"{key}-work", work)
    place.empty()
    return made


def pressed(key: str) -> bool:
    """Whether a button that is yet to be drawn was pressed, so that it can be drawn disabled while the work goes on."""
    return bool(st.session_state.get(key, False))


def from_shelf(
    shelf: Shelf[T], about: Hashable, is_quick: bool, button: str, key: str, what: str,
    work: Callable[[Progress | None], T],
) -> T | None:  # fmt: skip
    """What the shelf holds about something. Where it holds nothing yet, `when_wanted` has it made, and it is kept."""
    found = shelf.find(about)
    if found is not None:
        return found
    if is_quick:  # what several ask for at once is made once
        return shelf.get(about, partial(work, None))
    made = when_wanted(False, button, key, what, work)
    return None if made is None else shelf.get(about, lambda: made)


def beside(what: str, key: str, about: Hashable, work: Callable[[Progress], T]) -> T | None:
    """The same for a fragment, which hears of no click while it is busy: the work goes on in a thread, and the fragment
    is drawn again when it is done. None until then: a bar and a Stop are there instead, and after a Stop a button that
    starts it again.

    Stop gives no other widget a value: the bar asks for itself every half second, and with that the browser sends every
    widget's value as it knew it, which would take the new one back (Streamlit 1.67).

    `about` names what is worked on: where it has changed, the work before is stopped. Raises what the work raises.
    """
    running: _Thread[T] | None = st.session_state.get(f"{key}-thread")
    if running is None or running.about != about:
        if running is not None:
            running.is_stopped = True
        running = st.session_state[f"{key}-thread"] = _Thread(about, work)
        running.start()
    running.join(0.1)  # what has been done before is there by then
    if running.error is not None:
        raise running.error
    if running.found is None and running.is_stopped:
        st.write(f"{what}: stopped.")
        st.button("Start again", key=f"{key}-again", on_click=partial(st.session_state.pop, f"{key}-thread", None))
    elif running.found is None:
        _go_on_showing(what, key, running)
    return running.found


class _Stopped(Exception):
    """Raised where the progress is told, to end the work."""


class _Thread(threading.Thread, Generic[T]):
    """Work for one visitor, who looks at how far it is from time to time."""

    def __init__(self, about: Hashable, work: Callable[[Progress], T]) -> None:
        super().__init__(daemon=True)
        self.about = about
        self.share = 0.0
        self.is_stopped = False
        self.found: T | None = None
        self.error: Exception | None = None
        self._work = work

    def run(self) -> None:
        try:
            self.found = self._work(self._report)
        except _Stopped:
            pass
        except Exception as error:
            self.error = error  # for the page, whose boundary makes a sentence of it

    def stop(self) -> None:
        """End it at its next word."""
        self.is_stopped = True

    def _report(self, done: int, total: int | None) -> None:
        self.share = done / total if total else 0.0
        if self.is_stopped:
            raise _Stopped


def _show(what: str, key: str, running: _Thread[T]) -> None:
    if running.is_stopped or not running.is_alive():
        st.rerun()
    st.progress(running.share, f"{what} …")
    st.button("Stop", key=f"{key}-stop", on_click=running.stop)


_go_on_showing = fragment(_show, every=0.5)
