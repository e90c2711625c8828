"""What cannot be had of one picture or network is said where it would stand; the rest of the page stays."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ...errors import NotFinite, NotSpatial, Unsuited
from ..frame.boundary import plain


def answered(draw: Callable[[], None]) -> None:
    """Draw it, or say why there is nothing to draw."""
    try:
        draw()
    except (NotFinite, NotSpatial, Unsuited) as error:
        st.info(plain(str(error)))
