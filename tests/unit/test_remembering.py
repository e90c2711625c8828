"""Uploads over a reload: what a visit keeps, what a later visit of the same browser finds, and nobody else."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

import pytest
import streamlit as st

from explorer.running.tokens import TokenStore
from explorer.ui.elements.held import NOTHING
from explorer.ui.loading import remembering
from explorer.ui.loading.remembering import Files, KeptFile, What, brought, is_looked_for, is_lost, set_aside


@dataclass
class Upload:
    file_id: str
    name: str
    content: bytes

    def getvalue(self) -> bytes:
        return self.content


RED, BLUE = Upload("id-red", "red.png", b"red pixels"), Upload("id-blue", "blue.png", b"blue pixels")


class Browser:
    """Its storage, as held.js treats it, and a page in it; each page is a visit with a state of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.held: str | None = None
        self.asked = 0
        self._monkeypatch = monkeypatch
        self.open()

    def open(self) -> None:
        """Load the page anew."""
        self.state: dict[str, Any] = {}

    def run(self, files: list[Any], number: int = 0, what: What = "pictures", waits: bool = False) -> list[int]:
        """A run of the page with these files; returns the numbers that it was brought. The browser answers after it."""
        heard: list[int] = []
        answers: list[str] = []

        def element(
            name: str, give: str | None, forgets: bool, asks: bool, waits: bool, key: str, on_held: Any
        ) -> None:
            if give is not None:
                self.held = give
            elif forgets:
                self.held = None
            elif asks and (self.held is not None or waits):
                answers.append(self.held or NOTHING)
                self.answer = on_held

        with self._monkeypatch.context() as patch:
            patch.setattr(st, "session_state", self.state)
            patch.setattr(st, "toggle", lambda label, key, **_: self.state.setdefault(key, False))
            for silent in ("caption", "warning"):
                patch.setattr(st, silent, lambda text: self.state.setdefault("said", []).append(text))
            patch.setattr(remembering, "held_token", element)
            remembering.remember(what, files, number, waits, heard.append)
            for text in answers:
                self.answer(text)
        return heard

    def switch(self, on: bool, what: What = "pictures") -> None:
        with self._monkeypatch.context() as patch:
            patch.setattr(st, "session_state", self.state)
            self.state[f"remember-{what}"] = on
            remembering._switched(what)

    def ask(self, question: Any, *arguments: Any) -> Any:
        with self._monkeypatch.context() as patch:
            patch.setattr(st, "session_state", self.state)
            return question(*arguments)


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> dict[What, TokenStore[Files]]:
    def size(files: Files) -> int:
        return sum(len(file.content) for file in files)

    made: dict[What, TokenStore[Files]] = {
        "pictures": TokenStore(4, 1000, 40, 60, size), "network": TokenStore(4, 1000, 40, 60, size)
    }  # fmt: skip
    monkeypatch.setattr(remembering, "_stores", lambda: made)
    return made


@pytest.fixture
def browser(stores: dict[What, TokenStore[Files]], monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(monkeypatch)


def names(browser: Browser, what: What = "pictures") -> list[str]:
    return [file.name for file in browser.ask(brought, what)]


def test_nothing_is_kept_or_held_unasked(browser: Browser, stores: dict[What, TokenStore[Files]]) -> None:
    browser.run([RED])
    assert browser.held is None
    assert len(stores["pictures"]) == 0
    browser.open()
    browser.run([], waits=True)
    assert names(browser) == []
    assert not browser.ask(is_lost, "pictures")


def test_a_reload_brings_the_same_files_and_which_was_chosen(browser: Browser) -> None:
    browser.switch(True)
    browser.run([RED, BLUE], 1)
    browser.open()
    assert browser.run([], waits=True) == [1]
    found = browser.ask(brought, "pictures")
    assert found == (KeptFile("id-red", "red.png", b"red pixels"), KeptFile("id-blue", "blue.png", b"blue pixels"))
    assert [file.getvalue() for file in found] == [RED.content, BLUE.content]
    assert browser.state["remember-pictures"] is True
    held = browser.held
    browser.run(list(found), 0)
    assert held is not None
    assert browser.held == f"{held.split('.')[0]}.0"  # the token stays, the number follows


def test_what_the_browser_holds_says_nothing_of_the_files(browser: Browser) -> None:
    browser.switch(True)
    browser.run([RED])
    first = browser.held
    other = Browser(browser._monkeypatch)
    other.switch(True)
    other.run([RED])
    assert first is not None
    assert other.held is not None
    assert first.split(".")[0] != other.held.split(".")[0]  # the very same picture
    assert "red" not in first
    assert RED.file_id not in first


def test_another_browser_finds_nothing_and_is_told_so(browser: Browser) -> None:
    browser.switch(True)
    browser.run([RED])
    other = Browser(browser._monkeypatch)
    other.run([], waits=True)
    assert names(other) == []
    assert not other.ask(is_looked_for, "pictures")  # it has answered: nothing


@pytest.mark.parametrize("text", ["A" * 43 + ".0", "_" * 43 + ".7"])
def test_an_unknown_token_is_ignored_and_logged_once(
    browser: Browser, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    remembering._log_unknown.cache_clear()
    browser.switch(True)
    browser.run([RED])
    with caplog.at_level(logging.WARNING, "explorer"):
        for _ in range(3):
            other = Browser(browser._monkeypatch)
            other.held = text
            assert other.run([], waits=True) == []
            assert names(other) == []
            assert other.ask(is_lost, "pictures")
            assert "remember-pictures" not in other.state or other.state["remember-pictures"] is False
    assert len(caplog.records) == 1
    assert text[:8] not in caplog.text


def test_a_browser_is_believed_once(browser: Browser) -> None:
    browser.switch(True)
    browser.run([RED])
    red = browser.held
    other = Browser(browser._monkeypatch)
    other.run([], waits=True)  # nothing, it says
    assert red is not None
    other.ask(other.answer, red)
    assert names(other) == []


def test_off_forgets_here_and_there(browser: Browser, stores: dict[What, TokenStore[Files]]) -> None:
    browser.switch(True)
    browser.run([RED])
    assert len(stores["pictures"]) == 1
    browser.switch(False)
    assert len(stores["pictures"]) == 0
    browser.run([RED])
    assert browser.held is None
    browser.switch(True)
    browser.run([RED])
    assert browser.held is not None


def test_other_files_have_another_token_and_the_old_one_opens_nothing(browser: Browser) -> None:
    """A second tab that still holds it must not show what is new in the first."""
    browser.switch(True)
    browser.run([RED])
    tab = Browser(browser._monkeypatch)
    tab.held = browser.held
    browser.run([RED, BLUE])
    assert browser.held != tab.held
    tab.run([], waits=True)
    assert names(tab) == []
    assert tab.ask(is_lost, "pictures")


def test_files_that_are_taken_away_are_forgotten(browser: Browser, stores: dict[What, TokenStore[Files]]) -> None:
    browser.switch(True)
    browser.run([RED, BLUE])
    browser.open()
    browser.run([], waits=True)
    browser.ask(set_aside, "pictures", "id-red")
    assert names(browser) == ["blue.png"]
    browser.run(list(browser.ask(brought, "pictures")))
    assert stores["pictures"].n_bytes == len(BLUE.content)
    browser.run([])
    assert stores["pictures"].n_bytes == 0
    assert browser.held is None


def test_too_much_is_not_kept_and_said(browser: Browser) -> None:
    browser.switch(True)
    browser.run([Upload("large", "large.png", bytes(41))])
    assert browser.held is None
    assert "too much to remember" in browser.state["said"][-1]


def test_what_others_have_pushed_out_is_kept_again_while_the_visit_lasts(
    browser: Browser, stores: dict[What, TokenStore[Files]]
) -> None:
    browser.switch(True)
    browser.run([RED])
    for _ in range(4):
        stores["pictures"].keep(())
    browser.run([RED])
    browser.open()
    assert browser.run([], waits=True) == [0]
    assert names(browser) == ["red.png"]


def test_pictures_and_networks_do_not_open_with_each_other_s_tokens(browser: Browser) -> None:
    browser.switch(True)
    browser.run([RED])
    browser.open()
    browser.run([], what="network", waits=True)
    assert names(browser, "network") == []
    assert browser.ask(is_lost, "network")


def test_the_page_does_not_wait_for_ever(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert not browser.ask(is_looked_for, "pictures")
    browser.ask(lambda: setattr(remembering._memory("pictures"), "asked_at", now))
    assert browser.ask(is_looked_for, "pictures")
    now += 60
    assert not browser.ask(is_looked_for, "pictures")


def test_one_picture_and_one_file_of_weights_of_the_largest_size_can_be_remembered() -> None:
    from explorer.loading.checkpoints import DEFAULT_LIMIT
    from explorer.pictures.image import MAX_BYTES

    stores = remembering._stores()
    assert stores["pictures"].max_size >= MAX_BYTES
    assert stores["network"].max_size >= DEFAULT_LIMIT
    assert stores["pictures"].max_age == stores["network"].max_age == 24 * 60 * 60  # as the page says
