"""What is at hand on every page: what the search finds, where it leads, and the way back."""

from __future__ import annotations

import json
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ..networks.network import Network
from ..targets import class_names
from ..wording import by
from ..words import REGISTERS
from ..words.language import NAMES
from ..words.openings import first_tabs
from .elements.media import file_url
from .elements.tools import tools
from .frame.link import go_to, keep
from .frame.opening import KEY as WORDS
from .frame.opening import register
from .frame.pages import FIRST, GROUPS, WITHOUT_SELECTION
from .frame.session import Selection, choose, earlier_selection
from .frame.spoken import KEY as LANGUAGE
from .frame.spoken import next_language, spoken
from .frame.undo import go_back

_OPENS = "page to open"  # and what became of a request
_SAID = "said of the tools"
_WITHOUT_LAYER = (FIRST, "transfer", "scratch", *WITHOUT_SELECTION)
_WITHOUT_CLASS = ("transfer", "scratch", *WITHOUT_SELECTION)
_LIKELIEST = 5
_entries: WeakKeyDictionary[Network, bytes] = WeakKeyDictionary()  # its layers and classes, as the search reads them
_WORDS = {
    "network": "network", "weights": "weights", "set": "weights", "picture": "picture", "sample": "picture",
    "mine": "picture", "class": "class", "layer": "layer", "channel": "channel",
}  # fmt: skip


def go_on() -> None:
    """Open the page that was asked for in the search, with what was asked of it."""
    if (to := st.session_state.pop(_OPENS, None)) is not None:
        page, query = to
        go_to(page, **query)


def at_hand(place: DeltaGenerator, page: str) -> None:
    """The row of buttons over the sidebar, on a page: with what is chosen, or was chosen last."""
    selection = earlier_selection()
    page = page or FIRST
    words = keep(WORDS, REGISTERS)
    allowed: dict[str, list[str | int]] = {
        "page": [name for titles in GROUPS.values() for name in titles],
        "tab": [f"{on}/{tab}" for on, _, tab in first_tabs()],
        "undo": [1],
        "words": [1],
        "language": [1],
    }
    entries = None
    if selection is not None:
        network = selection.network
        classes = [] if network.no_classes else class_names(network)
        allowed |= {
            "layer": list(network.layers), "class": [*classes], "rank": list(range(min(_LIKELIEST, len(classes)))),
        }  # fmt: skip
        if network not in _entries:
            layers = [(name, by(layer.shape)) for name, layer in network.layers.items()]
            _entries[network] = json.dumps({"layers": layers, "classes": classes}).encode()
        entries = file_url(_entries[network], "application/json", "at-hand")
    with place:
        tools(
            entries, st.session_state.pop(_SAID, ""), words, (spoken(), next_language()), allowed, "tools",
            lambda kind, value: _do(kind, value, page, selection),
        )  # fmt: skip


def _do(kind: str, value: str | int, page: str, selection: Selection | None) -> None:
    """What was asked for, in a callback: before any widget is drawn."""
    if kind == "undo":
        keys = go_back()
        words = list(dict.fromkeys(_WORDS.get(key, "a setting") for key in keys))
        st.session_state[_SAID] = f"Undone: {', '.join(words)}" if words else "Nothing to undo"
    elif kind == "words":
        other = REGISTERS[1 - REGISTERS.index(register())]
        choose(WORDS, other)
        st.session_state[_SAID] = f"In {other} words"
    elif kind == "language":
        choose(LANGUAGE, next_language())
        st.session_state[_SAID] = NAMES[spoken()]
    elif kind == "tab":
        on, _, tab = str(value).partition("/")
        key = next(key for there, key, title in first_tabs() if (there, title) == (on, tab))
        if on == page:
            choose(key, tab)
        else:
            st.session_state[_OPENS] = on, {key: tab}
    elif kind == "page":
        st.session_state[_OPENS] = value, {}
    elif kind == "layer":
        _choose("layer", str(value), page in _WITHOUT_LAYER, "feature_maps")
    elif selection is not None and not (kind == "rank" and page in _WITHOUT_CLASS):  # a room stays on its page
        names = class_names(selection.network)
        name = names[selection.trace.top(_LIKELIEST)[int(value)].index] if kind == "rank" else str(value)
        _choose("class", name, page in _WITHOUT_CLASS, FIRST)


def _choose(key: str, value: str, goes: bool, there: str) -> None:
    """And open another page, where this one shows nothing of the kind."""
    choose(key, value)
    if goes:
        st.session_state[_OPENS] = there, {key: value}
