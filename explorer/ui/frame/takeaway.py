"""What can be taken away from under a figure: a sentence, the picture, the numbers, the code."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from ...loading.preparations import as_text
from ...pictures.samples import SAMPLES, load_sample
from ...snippets import Setting, own_picture, sample_picture
from .boundary import plain
from .session import Selection


def take_away(sentence: str, name: str, png: Callable[[], bytes] | None, array: Callable[[], Any], code: str) -> None:
    """One sentence on what the figure shows; the figure as PNG, its numbers as .npy, and the code that makes these.

    Without a PNG where the figure, drawn by the browser, has a button of its own for that.
    `png` and `array` are called when somebody downloads, not before. `name` is made by the program, one for each
    figure of a page; the files are called after it.
    """
    st.caption(plain(sentence))
    # Only what is open is sent: three closed buttons under each figure made every click on the page a third slower.
    with st.popover("Take away", key=f"{name}-away", on_change="rerun") as away:
        if away.open:
            file = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
            with st.container(horizontal=True, gap="small"):
                if png is not None:
                    st.download_button("Picture", png, f"{file}.png", "image/png", key=f"{name}-png", on_click="ignore")
                st.download_button(
                    "Numbers", lambda: npy(array()), f"{file}.npy", "application/octet-stream", key=f"{name}-npy",
                    on_click="ignore", help="A NumPy file: numpy.load reads it",
                )  # fmt: skip
            st.code(code, language="python")


def npy(array: Any) -> bytes:
    """The array as a NumPy file."""
    file = io.BytesIO()
    np.save(file, np.asarray(array), allow_pickle=False)
    return file.getvalue()


def setting(selection: Selection) -> Setting:
    """What was chosen, as code has to name it."""
    name, network = selection.image.name, selection.network
    is_sample = name in SAMPLES and load_sample(name).digest == selection.image.digest
    return Setting(
        network=network.name,
        weights="random" if network.is_random else _weights(network.weights_name),
        picture=sample_picture(name) if is_sample else own_picture(),
        target="top" if selection.target is None else selection.target,
        preparation=as_text(network.preprocessing) if network.prepared else "",
        made_by=network.made_by,
    )


def _weights(name: str) -> str:
    if not name.startswith("pretrained"):
        return "your-weights.pth"
    return name.removeprefix("pretrained, ")
