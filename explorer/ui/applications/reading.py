"""A number on a photograph or from the drawing pad, read digit by digit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from ...applications import cut, snippets
from ...applications.figures import digits_png, framed_png
from ...applications.reading import check_reads_digits, reading
from ...applications.sentences import read_sentence
from ...errors import Unsuited
from ...loading.catalog import CATALOG
from ...wording import percent
from ..elements.pickers import picture
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away

_READER = "lenet5"


def number(selection: Selection) -> None:
    """The picture cut into digits, and what the network takes each for."""
    try:
        check_reads_digits(selection.network)
    except Unsuited as error:
        st.info(plain(str(error)))
        st.button(f"Take {CATALOG[_READER].title}", key="reader", on_click=_take_reader)
        return
    found = cut(selection.image)
    passes = [replace(selection, image=digit.image, target=None).trace for digit in found.digits]
    read = reading(found, passes)
    st.subheader(plain(read.text), anchor=False)
    left, right = st.columns(2, gap="medium")
    with left:
        picture(framed_png(selection.image, found), alt=f"The picture, cut into {len(passes)} digits")
    with right:
        best = [trace.top(1)[0] for trace in passes]
        strip(
            [(digits_png(read), 1, True)],
            [(one.category, percent(one.probability)) for one in best],
            alt=f"The digits as the network received them, read as {', '.join(one.category for one in best)}",
            key="digits",
            width=96,
        )
        take_away(
            read_sentence(read),
            "number",
            lambda: framed_png(selection.image, found),
            lambda: np.stack([trace.probabilities for trace in passes]),
            snippets.read(setting(selection)),
        )


def _take_reader() -> None:
    choose("network", _READER)
    choose("weights", "Trained")
