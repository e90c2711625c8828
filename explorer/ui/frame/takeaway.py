"""What can be taken away from under a figure: a sentence, the picture, the numbers, the code."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from ...drawing.series import Numbers
from ...loading.setting import setting_of
from ...snippets import Setting
from .boundary import plain
from .session import Selection


def take_away(
    sentence: str, name: str, png: Callable[[], bytes] | None, array: Callable[[], Any], code: str,
    table: Callable[[], Numbers] | None = None,
) -> None:  # fmt: skip
    """One sentence on what the figure shows; the figure as PNG, its numbers as .npy, and the code that makes these.

    A chart has no PNG, since the browser that draws it has a button for that, but a `table`: to read, and as CSV.
    `png`, `array` and `table` are called when somebody asks for them, not before. `name` is made by the program, one
    for each figure of a page; the files are called after it.
    """
    st.caption(plain(sentence))
    with st.container(horizontal=True, gap="small"):
        if table is not None:
            _to_read(name, table)
        # Only what is open is sent: three closed buttons under each figure made every click a third slower.
        with st.popover(f"Take away {_of(name)}", key=f"{name}-away", on_change="rerun") as away:
            if away.open:
                _files(name, png, array, table)
                st.code(code, language="python")


def _of(name: str) -> str:
    """Which figure a button belongs to, for who hears it read: frame.css hides these small letters."""
    return f":small[of {name.replace('-', ' ')}]"


def _to_read(name: str, table: Callable[[], Numbers]) -> None:
    """The numbers that a chart draws, for who cannot point at them."""
    with st.popover(f"The numbers {_of(name)}", key=f"{name}-table", on_change="rerun") as shown:
        if shown.open:
            found = table()
            rows = [found.columns, ("---",) * len(found.columns), *found.texts()]
            st.markdown("\n".join(f"| {' | '.join(map(plain, row))} |" for row in rows))


def _files(
    name: str, png: Callable[[], bytes] | None, array: Callable[[], Any], table: Callable[[], Numbers] | None
) -> None:
    file = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    with st.container(horizontal=True, gap="small"):
        if png is not None:
            st.download_button("Picture", png, f"{file}.png", "image/png", key=f"{name}-png", on_click="ignore")
        st.download_button(
            "Numbers", lambda: npy(array()), f"{file}.npy", "application/octet-stream", key=f"{name}-npy",
            on_click="ignore", help="A NumPy file: numpy.load reads it",
        )  # fmt: skip
        if table is not None:
            st.download_button(
                "CSV", lambda: table().csv(), f"{file}.csv", "text/csv", key=f"{name}-csv", on_click="ignore",
                help="The numbers that the chart draws: any spreadsheet reads them",
            )  # fmt: skip


def npy(array: Any) -> bytes:
    """The array as a NumPy file."""
    file = io.BytesIO()
    np.save(file, np.asarray(array), allow_pickle=False)
    return file.getvalue()


def setting(selection: Selection) -> Setting:
    """What was chosen, as code has to name it."""
    return setting_of(selection.image, selection.network, selection.target)
