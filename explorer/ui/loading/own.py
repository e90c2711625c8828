"""A visitor's own weights, and what came beside them."""

from __future__ import annotations

import contextlib
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...errors import BadCheckpoint, ExplorerError
from ...loading.catalog import CATALOG
from ...loading.checkpoints import DEFAULT_LIMIT
from ...loading.recognition import recognise
from ...loading.sources import source_of
from ...networks.info import NetworkInfo
from ...networks.network import Network
from ..frame.session import choose, own_network, uploaded_checkpoint
from .preparation import pick_preparation, show_preparation


def pick_own_network(info: NetworkInfo, page: DeltaGenerator) -> Network:
    """A visitor's checkpoint, recognised by its entries. Where none is chosen yet, the page says so, and ends.
    Raises BadCheckpoint, BadCategories, BadPreparation."""
    file = st.file_uploader(
        "A checkpoint: .pth, .pt or .safetensors", type=["pth", "pt", "safetensors", "bin", "ckpt"], key="checkpoint",
        max_upload_size=DEFAULT_LIMIT >> 20, on_change=_choose_recognised,
    )  # fmt: skip
    beside = st.file_uploader(
        "What lies beside it, if you like: names of its classes, config.json",
        type=["txt", "csv", "yaml", "yml", "json"], key="names", max_upload_size=1, accept_multiple_files=True,
        help="Names as text, CSV, YAML or JSON; and how pictures are prepared, as Hugging Face, timm and torchvision "
        "write it: config.json, preprocessor_config.json, transforms.json.",
    )  # fmt: skip
    if file is None:
        page.info(
            "Choose a file of weights in the sidebar: what torch.save(model.state_dict(), path) or safetensors wrote, "
            "of any network of the catalogue. It is yours alone, and is forgotten when the page is loaded anew."
        )
        st.stop()
    if source_of(info).resemblances:  # else loading says what does not fit
        _check_recognised(info, file)
    how = pick_preparation(info)
    with st.spinner(f"Loading {info.title} …"):
        loaded = own_network(info, file, beside, how)
    show_preparation(loaded)
    return loaded


def _check_recognised(info: NetworkInfo, file: Any) -> None:
    found = recognise(uploaded_checkpoint(file).state)
    if found.network is None:
        raise BadCheckpoint(found.reason)
    if found.network != info.name:
        title = CATALOG[found.network].title
        st.button(f"Use {title}", on_click=choose, args=("network", found.network), type="primary", width="stretch")
        raise BadCheckpoint(
            f"The file holds the weights of {title}, not of {info.title}. Choose {title}, or another file."
        )


def _choose_recognised() -> None:
    """When a checkpoint comes in, choose the network that it is of; what cannot be read, the page will say."""
    file, chosen = st.session_state["checkpoint"], st.session_state["network"]
    if chosen not in CATALOG:  # what is meant by entries that two libraries name alike, was said already
        return
    with contextlib.suppress(ExplorerError):
        if file is not None and (name := recognise(uploaded_checkpoint(file).state).network):
            choose("network", name)
