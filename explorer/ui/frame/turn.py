"""What a visitor sees who waits for others' passes to end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.delta_generator_singletons import get_dg_singleton_instance, get_last_dg_added_to_context_stack

from ...running.lock import TOLD
from ...wording import plural

_PATIENCE = 1.0  # seconds before anything is said: a turn mostly comes sooner
STOPPED = "stopped-waiting"  # whether the click that began this run was on the button


@contextmanager
def turns() -> Iterator[None]:
    """Say to a visitor who waits longer than a second, in what runs inside, how many are before; a button ends the
    waiting, as any other click does."""
    if TOLD.get() is not None:  # a fragment as part of a whole run: one notice is enough
        yield
        return
    # where this began, not where the turn is waited for: that may be the sidebar
    around = get_last_dg_added_to_context_stack() or get_dg_singleton_instance().main_dg
    before = TOLD.set(_Notice(around, bool(st.session_state.pop(STOPPED, False))))
    try:
        yield
    finally:
        TOLD.reset(before)


class _Notice:
    """Told a few times a second how many are before, and with 0 when the turn has come."""

    def __init__(self, around: DeltaGenerator, is_stopped: bool) -> None:
        self._around, self._is_stopped = around, is_stopped
        self._since: float | None = None
        self._places: list[DeltaGenerator] = []  # of this run's notices: each has a button, whose key must be its own
        self._text: DeltaGenerator | None = None

    def __call__(self, n_before: int) -> None:
        if not n_before:
            self._since = self._text = None
            if self._places:
                self._places[-1].empty()
            return
        self._since = self._since or time.monotonic()
        if time.monotonic() - self._since < _PATIENCE:
            return
        if self._is_stopped:
            with self._around:
                st.info("Stopped: nothing was run. Choose anything to go on.")
            st.stop()
        if self._text is None:
            self._text = self._appear()
        self._text.caption(f"Waiting for a turn: {plural(n_before, 'pass', 'passes')} before this one …")

    def _appear(self) -> DeltaGenerator:
        with self._around:
            self._places.append(st.empty())
        with self._places[-1].container():
            text = st.empty()
            key = f"stop-waiting-{len(self._places)}"
            st.button("Stop waiting", key=key, on_click=lambda: st.session_state.update({STOPPED: True}))
        return text
