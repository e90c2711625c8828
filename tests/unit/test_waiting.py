"""How a page waits: in the open with a bar and a Cancel, and beside a fragment that must stay awake."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from explorer.running.cache import BoundedCache, Shelf
from explorer.running.progress import Progress
from explorer.ui.frame import progress as waiting


class _Place:
    """Stands in for whatever Streamlit draws into: notes what a bar is told, and what is cleared away."""

    def __init__(self) -> None:
        self.told: list[tuple[float, str]] = []
        self.n_cleared = 0

    def container(self) -> _Place:
        return self

    def __enter__(self) -> _Place:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def progress(self, share: float, text: str) -> _Place:
        self.told.append((share, text))
        return self

    def empty(self) -> _Place:
        self.n_cleared += 1
        return self


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> _Place:
    place, clock = _Place(), iter(range(100))  # a second from one look at the clock to the next
    page = SimpleNamespace(empty=lambda: place, progress=place.progress, button=lambda *_, **__: False)
    monkeypatch.setattr(waiting, "st", page)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    return place


def test_the_bar_tells_how_far_it_is_and_how_long_it_takes_and_goes_with_the_work(place: _Place) -> None:
    def work(report: Progress) -> str:
        report(2, 8)  # one second, two of eight: three seconds for the other six
        report(4, None)
        report(8, 8)
        return "done"

    assert waiting.with_progress("Counting", "count", work) == "done"
    assert place.told == [
        (0.0, "Counting …"),
        (0.25, "Counting: 2 of 8, about 3 s left"),
        (0.0, "Counting: 4 …"),
        (1.0, "Counting: 8 of 8, about 0 s left"),
    ]
    assert place.n_cleared == 1


def test_work_that_fails_leaves_no_bar(place: _Place) -> None:
    def work(report: Progress) -> None:
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        waiting.with_progress("Counting", "count", work)
    assert place.n_cleared == 1


def test_what_is_quick_is_made_at_once_and_what_is_not_when_somebody_asks(
    place: _Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    presses = iter([False, True])

    def button(label: str, key: str, **_: str) -> bool:
        asked.append(f"{label} {key}")
        return next(presses)

    monkeypatch.setattr(place, "button", button, raising=False)
    shelf = Shelf(BoundedCache[str](4, 100, len), ("owner",))
    told: list[Progress | None] = []

    def work(report: Progress | None) -> str:
        told.append(report)
        return "made"

    def find(about: str, is_quick: bool) -> str | None:
        return waiting.from_shelf(shelf, about, is_quick, "Do it", "do", "Doing", work)

    assert find("quick", True) == "made"
    assert (told, asked) == ([None], [])
    assert find("slow", False) is None
    assert len(told) == 1
    assert find("slow", False) == shelf.find("slow") == "made"
    assert len(told) == 2
    assert told[1] is not None  # it is told how far it is
    assert [find("slow", False), find("quick", True)] == ["made", "made"]  # kept: nobody is asked again
    assert (len(told), asked) == (2, ["Do it do", "Do it do"])


def _section(about: str, work: object) -> None:  # run as a script of its own: its imports are inside
    import streamlit as st

    from explorer.ui.frame.progress import beside

    assert callable(work)
    try:
        st.write(f"found {beside('Counting', 'count', about, work)}")
    except ValueError as error:
        st.write(f"failed {error}")


class _Counting:
    """Work that takes its next step when it is let."""

    def __init__(self) -> None:
        self.go, self.ended = threading.Event(), threading.Event()

    def __call__(self, report: Progress) -> str:
        try:
            report(1, 4)
            self.go.wait(30)
            report(4, 4)
            return "four"
        finally:
            self.ended.set()


def test_beside_a_fragment_the_work_goes_on_and_what_it_finds_stays() -> None:
    work = _Counting()
    app = AppTest.from_function(_section, default_timeout=60, args=("a", work)).run()
    assert app.markdown[0].value == "found None"
    assert [button.label for button in app.button] == ["Stop"]
    work.go.set()
    assert work.ended.wait(30)
    app.run()
    assert app.markdown[0].value == "found four"
    assert not app.button
    assert not app.exception


def test_stop_ends_it_at_its_next_word_until_it_is_started_again_and_so_does_other_work() -> None:
    work = _Counting()
    app = AppTest.from_function(_section, default_timeout=60, args=("a", work)).run()
    first = app.session_state["count-thread"]
    app.button[0].click().run()
    assert first.is_stopped
    assert [button.label for button in app.run().button] == ["Start again"]
    assert [one.value for one in app.markdown] == ["Counting: stopped.", "found None"]
    assert app.session_state["count-thread"] is first
    app.button[0].click().run()
    second = app.session_state["count-thread"]
    assert second is not first
    assert [button.label for button in app.button] == ["Stop"]
    app.args = ("b", work)
    app.run()
    assert second.is_stopped
    work.go.set()
    for thread in (first, second):
        thread.join(30)
        assert (thread.found, thread.error) == (None, None)
    app.session_state["count-thread"].join(30)
    assert app.run().markdown[0].value == "found four"


def test_what_fails_beside_is_raised_on_the_page() -> None:
    def work(report: Progress) -> str:
        raise ValueError("inside")

    app = AppTest.from_function(_section, default_timeout=60, args=("a", work)).run()
    assert app.markdown[0].value == "failed inside"
