"""The switch between plain and exact words: it changes what is said, and nothing else."""

from __future__ import annotations

import pytest
import streamlit as st

from explorer.ui import at_hand
from explorer.ui.frame import session
from explorer.words.openings import OPENINGS, PAGES, first_tabs

from .apps import PAGES as FILES
from .apps import check, open_app, texts


def pass_on(*_: object) -> None:
    raise AssertionError("a pass was made")


def switch(monkeypatch: pytest.MonkeyPatch, state: object) -> None:
    """What a press of the button does, in its callback."""
    with monkeypatch.context() as patched:
        patched.setattr(st, "session_state", state)
        at_hand._do("words", 1, "saliency", None)


def test_the_switch_changes_the_page_without_a_pass_and_other_settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app(network="pocket_resnet", sample="coffee")
    app.run()
    app.query_params["layer"], app.query_params["saliency_view"] = "layer3", "Sanity check"
    app.switch_page(str(FILES["saliency"])).run()
    check(app)
    page, tab = PAGES["saliency"], OPENINGS["saliency_view", "Sanity check"]
    assert page.plain in texts(app)
    assert tab.plain in texts(app)
    assert "words" not in app.query_params
    before = dict(app.query_params)
    monkeypatch.setattr(session, "run", pass_on)
    switch(monkeypatch, app.session_state)
    check(app.run())
    assert page.exact in texts(app)
    assert tab.exact in texts(app)
    assert page.plain not in texts(app)
    assert tab.plain not in texts(app)
    assert app.query_params["words"] in ("exact", ["exact"])
    assert {key: value for key, value in app.query_params.items() if key != "words"} == before
    app.switch_page(str(FILES["weights"])).run()  # for the whole visit
    assert PAGES["weights"].exact in texts(app)
    switch(monkeypatch, app.session_state)
    check(app.run())
    assert PAGES["weights"].plain in texts(app)
    assert "words" not in app.query_params


def test_a_link_says_which_and_a_word_that_is_none_is_no_harm() -> None:
    for asked, said in (("exact", "exact"), ("shouted", "plain")):
        app = open_app(network="pocket_resnet", words=asked)
        check(app.run())
        assert getattr(PAGES["overview"], said) in texts(app)


def test_a_tab_that_is_searched_is_opened() -> None:
    app = open_app(network="lenet5", sample="digit")
    app.run()
    page, key, tab = next(row for row in first_tabs() if row[2] == "From logits to probabilities")
    app.session_state[at_hand._OPENS] = page, {key: tab}
    check(app.run())
    assert OPENINGS[key, tab].plain in texts(app)
