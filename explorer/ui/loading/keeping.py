"""A network that was made on a page: shown on all pages as the visitor's own, and taken away as a file with a card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from ...networks.network import Network
from ..frame.session import Selection, choose, selection
from .remembering import replace_brought

_MADE_FROM = "made-from"  # of each network that this visit made, by its key: what it was made from


def keep_network(
    made: Network, base: Network, name: str, file: Callable[[], bytes], card: Callable[[], str], key: str,
    architecture: str | None = None,
) -> None:  # fmt: skip
    """Buttons that show `made` on all pages as “Own”, and download `file`, which is what the sidebar opens, and its
    `card` in Markdown.

    name: of both files, without an ending. base: what it was made from, as `base_of` gives it back. key: of the
    buttons. architecture: the network of the catalogue whose layout the file has; that of the base where it is None.
    """
    is_taken = st.session_state.get("checkpoint") is not None
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if selection().network.key == made.key:
            st.markdown("All pages show this network now.")
        else:
            st.button(
                "Look inside it on all pages", key=f"{key}-use", on_click=_use, disabled=is_taken, type="primary",
                args=(made, base, f"{name}.safetensors", file, architecture or base.name),
                help="Remove the file under “Network” first." if is_taken else None,
            )  # fmt: skip
        st.download_button(
            "Weights (.safetensors)", file, f"{name}.safetensors", "application/octet-stream", key=f"{key}-file",
            on_click="ignore",
        )  # fmt: skip
        st.download_button("Card (.md)", card, f"{name}.md", "text/markdown", key=f"{key}-card", on_click="ignore")


def base_of(chosen: Selection) -> Selection:
    """What is chosen; where that was made on a page of this visit, with the network that it was made from instead."""
    base = st.session_state.get(_MADE_FROM, {}).get(chosen.network.key)
    return chosen if base is None else replace(chosen, network=base, target=None)


def _use(made: Network, base: Network, name: str, file: Callable[[], bytes], architecture: str) -> None:
    replace_brought("network", name, file())
    choose("network", architecture)
    choose("weights", "Own")
    st.session_state[_MADE_FROM] = {made.key: base}  # one: they are large
