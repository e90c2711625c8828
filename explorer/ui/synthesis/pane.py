"""What a channel wants to see, small, on any page."""

from __future__ import annotations

import streamlit as st

from ...synthesis import Objective, Settings, snippets
from ..frame.session import Selection
from ..frame.takeaway import setting
from .natural import natural
from .wants import Wanted, made, show

_WIDTH = 256


def what_it_wants(selection: Selection, layer: str, channel: int) -> None:
    """A button that has the picture made at which a channel is as high as can be; then the picture, what it reaches,
    whether that can be believed, what real pictures make it answer, and the code. Not for a fragment: any click ends
    the work. On a page it stands once."""
    objective, settings = Objective.channel(layer, channel), Settings()
    wanted = Wanted(objective, settings, snippets.made(setting(selection), objective, settings))
    found = made(selection, wanted, "wants", _WIDTH)
    if found is None:
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        show(found, wanted, "wants", _WIDTH)
    with right:
        natural(found, "wants-natural")
