"""What is said to a visitor who waits for others' passes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from explorer.running.lock import LOCK
from explorer.ui.frame import turn


def script() -> None:
    """A page that needs a turn."""
    import streamlit as st

    from explorer.running.lock import work
    from explorer.ui.frame.boundary import sentences

    with sentences():
        with work("A pass"):
            pass
        st.write("done")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Somebody else's pass, which takes until the event is set."""
    monkeypatch.setattr(turn, "_PATIENCE", 0.0)
    begun, end = threading.Event(), threading.Event()

    def other() -> None:
        with LOCK:
            begun.set()
            end.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    assert begun.wait(30)
    yield end
    end.set()
    thread.join(30)


def test_the_notice_goes_when_the_turn_comes(held: threading.Event) -> None:
    threading.Timer(0.8, held.set).start()
    page = AppTest.from_function(script, default_timeout=30).run()
    assert not page.exception
    assert [one.value for one in page.markdown] == ["done"]
    assert not page.caption
    assert not page.button


def test_who_stops_waiting_runs_nothing_and_holds_nobody_up(held: threading.Event) -> None:
    page = AppTest.from_function(script, default_timeout=30)
    page.session_state[turn.STOPPED] = True
    page.run()
    assert [one.value for one in page.info] == ["Stopped: nothing was run. Choose anything to go on."]
    assert not page.markdown
    assert LOCK.n_waiting == 0
    held.set()
    assert [one.value for one in page.run().markdown] == ["done"]
