"""The way back over what was chosen."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from explorer.ui.frame.undo import go_back, remembered


class State(dict[str, Any]):
    """What is chosen, as Streamlit hands it over."""

    def to_dict(self) -> dict[str, Any]:
        return dict(self)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found = State()
    monkeypatch.setattr(st, "session_state", found)
    monkeypatch.setattr(st, "query_params", {})
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


def on_page(page: str, *told: str, **drawn: Any) -> None:
    """A run of a page, whose link tells some of its settings when it ends."""
    with remembered(page):
        for key, value in drawn.items():
            st.session_state.setdefault(key, value)
        st.query_params.clear()
        st.query_params.update(dict.fromkeys(told, "told"))


def test_a_page_s_own_settings_are_undone_as_far_as_its_link_tells_them(state: dict[str, Any]) -> None:
    usual = {"method": "Grad-CAM", "maps": ["a"], "popover": False}
    on_page("saliency", "network", network="a", **usual)
    state.update(method="LayerCAM", popover=True)
    on_page("saliency", "network", "method")
    state["maps"] = ["a", "b"]
    on_page("saliency", "network", "method", "maps")
    assert (go_back(), state["maps"]) == (["maps"], ["a"])
    on_page("saliency", "network", "method")
    assert (go_back(), state["method"], state["popover"]) == (["method"], "Grad-CAM", True)  # opened is not chosen
    on_page("saliency", "network")
    assert go_back() == []


def test_what_a_page_chose_is_forgotten_with_it_and_what_all_share_is_not(state: dict[str, Any]) -> None:
    on_page("saliency", network="a", method="Grad-CAM")
    state.update(network="b", method="LayerCAM")
    on_page("saliency", "method")
    state["method"] = "Occlusion"
    on_page("saliency", "method")
    on_page("filters", filter_order="index")
    assert (go_back(), state["network"], state["method"]) == (["network"], "a", "Occlusion")
    on_page("filters")
    assert go_back() == []


def test_the_register_of_words_is_no_step(state: dict[str, Any]) -> None:
    on_page("filters", words="plain")
    state["words"] = "exact"
    on_page("filters", "words")
    assert go_back() == []
