"""A network that was made on a page: shown on all pages, and taken away as files."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ..frame.session import choose
from .remembering import bring, brought, set_aside


def made_network(
    name: str, key: str, file: Callable[[], bytes], card: Callable[[], str], use: Callable[[], None]
) -> None:
    """Buttons that have all pages show the network, and that give its weights and what is to be known of it. `use` is
    to call `show_everywhere`."""
    is_taken = st.session_state.get("checkpoint") is not None
    st.button(
        "Look inside it on all pages", key=f"{key}-use", on_click=use, disabled=is_taken, type="primary",
        help="Remove the file under “Network” first." if is_taken else None,
    )  # fmt: skip
    made_files(name, key, file, card)


def made_files(name: str, key: str, file: Callable[[], bytes], card: Callable[[], str]) -> None:
    """The weights, and what is to be known of them, each made when somebody asks for it."""
    st.download_button(
        "Weights (.safetensors)", file, f"{name}.safetensors", "application/octet-stream", key=f"{key}-file",
        on_click="ignore",
    )  # fmt: skip
    st.download_button("Card (.md)", card, f"{name}.md", "text/markdown", key=f"{key}-card", on_click="ignore")


def show_everywhere(name: str, content: bytes, network: str | None) -> None:
    """In a callback: the network in a file of weights takes the place of this visitor's own; `network` is which of the
    catalogue it is, None for a file that says it itself."""
    set_aside("network", *(file.file_id for file in brought("network")))
    bring("network", f"{name}.safetensors", content)
    if network is not None:
        choose("network", network)
    choose("weights", "Own")
