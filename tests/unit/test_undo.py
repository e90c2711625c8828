"""The way back over what was chosen."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from explorer.ui.frame.undo import go_back, remembered


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", found)
    return found


def run(state: dict[str, Any], **drawn: Any) -> None:
    """A run of the script, whose widgets take these values where nobody has chosen others."""
    with remembered():
        for key, value in drawn.items():
            state.setdefault(key, value)


def choose(state: dict[str, Any], **chosen: Any) -> None:
    state.update(chosen)
    run(state)


def test_steps_are_gone_back_one_by_one_and_what_widgets_begin_with_is_none(state: dict[str, Any]) -> None:
    run(state, network="a", picture="Sample")
    run(state, sample="cat")  # a page that draws more
    assert go_back() == []
    choose(state, layer="layer1")
    choose(state, channel=7)
    choose(state, network="b", **{"class": "dog"})
    assert (go_back(), state["network"], state["class"]) == (["network", "class"], "a", None)
    run(state)
    assert (go_back(), state["channel"], state["layer"]) == (["channel"], 0, "layer1")
    run(state)
    assert (go_back(), state["layer"]) == (["layer"], None)
    run(state)
    assert go_back() == []
    assert state["network"] == "a"


def test_what_a_widget_takes_by_itself_is_no_step(state: dict[str, Any]) -> None:
    run(state, network="a", picture="Sample")
    choose(state, **{"class": "tabby"})
    state["network"] = "b"
    with remembered(), remembered():  # a part of the page, inside its run
        state["class"] = None  # b knows no tabby
    assert (go_back(), state["network"], state["class"]) == (["network", "class"], "a", "tabby")
    run(state)
    assert (go_back(), state["class"]) == (["class"], None)


def test_a_run_that_fails_ends_its_step_all_the_same_and_old_ones_are_forgotten(state: dict[str, Any]) -> None:
    run(state, network="a")
    state["channel"] = 1
    with pytest.raises(RuntimeError), remembered():
        raise RuntimeError
    for channel in range(2, 70):
        choose(state, channel=channel)
    steps = 0
    while go_back():
        run(state)
        steps += 1
    assert (steps, state["channel"]) == (50, 19)
