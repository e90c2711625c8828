"""What a page or a tab is about, in the register of words that the visitor chose."""

from __future__ import annotations

import streamlit as st

from ...words import REGISTERS
from ...words.openings import Opening
from .boundary import plain
from .link import standing

KEY = "words"  # in the link


def register() -> str:
    """The register that is chosen, or that the link asks for; the plain one until then."""
    return standing(KEY, REGISTERS) or REGISTERS[0]


def say_opening(opening: Opening, key: str) -> None:
    """A few words. They come last, and where the screen is high enough frame.css moves a tab's above its figures: on a
    projector the figures have all of it."""
    with st.container(key=key):
        st.caption(plain(opening.in_register(register())))
