"""A network that was made on a page: shown on all pages as the visitor's own, and taken away as a file with a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from ...loading.model_files import is_model_file
from ...networks.network import Network
from ..frame.session import Selection, choose, selection
from .own import own_files
from .remembering import replace_brought

_MADE_FROM = "made-from"  # of the network that this visit made last, its key, and what it was made from


def keep_network(
    made: Network, base: Network, name: str, file: Callable[[], bytes], card: Callable[[], str], key: str,
    architecture: str | None = None,
) -> None:  # fmt: skip
    """Buttons that show `made` on all pages as “Own”, and download `file`, which is what the sidebar opens, and its
    `card` in Markdown.

    name: of both files, without an ending. base: what it was made from, as `base_of` gives it back. key: of the
    buttons. architecture: the network of the catalogue whose layout the file has; that of the base where it is None.
    Over a base of no catalogue `file` holds what was trained alone, and is opened together with the base's own file.
    """
    whole = architecture or (base.name if base.info is not None else None)
    needs = None if whole or any(is_model_file(one.name, one.getvalue()) for one in own_files()) else (
        f"{base.title} is in no file of yours, which would have to be opened with it."
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if selection().network.key == made.key:
            st.markdown("All pages show this network now.")
        else:
            offer_made(key, partial(_use, made, base, f"{name}.safetensors", file, whole), needs)
        made_files(name, key, file, card)


def offer_made(key: str, use: Callable[[], None], needs: str | None = None) -> None:
    """A button that has all pages show a network, by `use`, which calls `show_everywhere`; not while it `needs`
    something, which is said."""
    st.button(
        "Look inside it on all pages", key=f"{key}-use", on_click=use, disabled=needs is not None, type="primary",
        help=needs,
    )  # fmt: skip


def made_files(name: str, key: str, file: Callable[[], bytes], card: Callable[[], str]) -> None:
    """The weights, and what is to be known of them, each made when somebody asks for it."""
    st.download_button(
        "Weights (.safetensors)", file, f"{name}.safetensors", "application/octet-stream", key=f"{key}-file",
        on_click="ignore",
    )  # fmt: skip
    st.download_button("Card (.md)", card, f"{name}.md", "text/markdown", key=f"{key}-card", on_click="ignore")


def show_everywhere(files: Sequence[tuple[str, bytes]], network: str | None) -> None:
    """In a callback: the network in these files takes the place of this visitor's own; `network` is which of the
    catalogue it is, None for files that say it themselves."""
    replace_brought("network", files, st.session_state.get("checkpoint"))
    if network is not None:
        choose("network", network)
    choose("weights", "Own")


def base_of(chosen: Selection) -> Selection:
    """What is chosen; where that was made on a page of this visit, with the network that it was made from instead."""
    key, base = st.session_state.get(_MADE_FROM, (None, None))
    return replace(chosen, network=base, target=None) if key == chosen.network.key else chosen


def _use(made: Network, base: Network, name: str, file: Callable[[], bytes], whole: str | None) -> None:
    own = [] if whole else [
        one for one in own_files() if is_model_file(one.name, one.getvalue()) or not one.name.endswith(".safetensors")
    ]  # fmt: skip  # without weights that were trained over it before
    files = [(one.name, one.getvalue()) for one in own]
    show_everywhere([*files, (name, file())], whole)
    st.session_state[_MADE_FROM] = made.key, base
