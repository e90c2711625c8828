"""What is taken for what, as a table of counts of which each opens its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ...wording import percent
from ..frame.boundary import plain
from ..frame.session import choose

_NAME, _CELL = 132, 60  # pixels of a name, and of a cell


@dataclass(frozen=True)
class Cells:
    """What there is in cells: by its title the (row, column) of each that has pictures, the one that is open, the
    widget that holds its title, and what the buttons' keys begin with."""

    titles: Mapping[str, tuple[int, int]]
    chosen: tuple[int, int]
    widget: str
    key: str


def confusion_matrix(rows: Sequence[str], columns: Sequence[str], counts: NDArray[np.int64], cells: Cells) -> None:
    """The counts as buttons, truth down and answers across; beside each row's name how many of it are right."""
    by_cell = {cell: title for title, cell in cells.titles.items()}
    with st.container(horizontal=True, gap="xsmall"):
        for text, width in (("truth, and right", _NAME), *((name, _CELL) for name in columns)):
            st.caption(plain(text), width=width, text_alignment="left" if width == _NAME else "center")
    for truth, row in enumerate(counts):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            share = percent(row[truth] / row.sum()) if row.sum() else ""
            st.markdown(f"**{plain(rows[truth])}** {share}", width=_NAME)
            for answer, n in enumerate(row.tolist()):
                title = by_cell.get((truth, answer))
                st.button(
                    str(n), key=f"{cells.key}-{truth}-{answer}", width=_CELL, disabled=title is None,
                    type="primary" if (truth, answer) == cells.chosen else "secondary", help=title and plain(title),
                    on_click=choose, args=(cells.widget, title),
                )  # fmt: skip
