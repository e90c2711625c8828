"""A visitor's own weights, and what came beside them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...errors import BadCheckpoint, ExplorerError
from ...loading.catalog import CATALOG, find
from ...loading.checkpoints import DEFAULT_LIMIT
from ...loading.model_files import ENDINGS, is_model_file
from ...loading.over import lacks_its_base
from ...loading.recognition import recognise
from ...loading.sources import source_of
from ...networks.info import NetworkInfo
from ...networks.network import Network
from ..frame.boundary import plain
from ..frame.session import choose, own_model, own_network, uploaded_checkpoint
from .preparation import pick_in_words, pick_preparation
from .remembering import brought, is_looked_for, is_lost, is_overruled, remember, set_aside

FILES = ["pth", "pt", "safetensors", "bin", "ckpt", *(ending[1:] for ending in ENDINGS)]  # what a file may end in


def pick_own_network(info: NetworkInfo, page: DeltaGenerator) -> Network:
    """A visitor's checkpoint, recognised by its entries. Where none is chosen yet, the page says so, and ends.
    Raises BadCheckpoint, BadCategories, BadPreparation."""
    file = st.file_uploader(
        "A checkpoint (.pth, .pt, .safetensors), or a whole network (.onnx, .keras, .h5, or trained here)",
        type=FILES, key="checkpoint",
        max_upload_size=DEFAULT_LIMIT >> 20, on_change=_choose_recognised,
    )  # fmt: skip
    uploaded = st.file_uploader(
        "What lies beside it, if you like: names of its classes, config.json",
        type=["txt", "csv", "yaml", "yml", "json", "data", "safetensors", *(ending[1:] for ending in ENDINGS)],
        key="names", max_upload_size=DEFAULT_LIMIT >> 20,
        accept_multiple_files=True,
        help="Names as text, CSV, YAML or JSON; how pictures are prepared, as Hugging Face, timm and torchvision "
        "write it: config.json, preprocessor_config.json, transforms.json; the weights that ONNX keeps apart: "
        "name.onnx.data; and what the page Transfer trained over a whole network: name.safetensors.",
    )  # fmt: skip
    file, beside = _base_first(*_with_brought(file, uploaded))
    remember("network", [] if file is None else [file, *beside], 0, waits=file is None)
    if file is None:
        page.info(_what_is_missing())
        st.stop()
    if is_model_file(file.name, file.getvalue()):
        st.caption(plain(f"{file.name} holds a whole network, whichever is chosen above."))
        how = pick_in_words([])
        with st.spinner(f"Loading {plain(file.name)} …"):
            return own_model(file, beside, how)
    if (checkpoint := uploaded_checkpoint(file)).over is not None:
        raise lacks_its_base(checkpoint, file.name)
    if source_of(info).resemblances:  # else loading says what does not fit
        _check_recognised(info, file)
    how = pick_preparation(info)
    with st.spinner(f"Loading {info.title} …"):
        return own_network(info, file, beside, how)


def network_in_file(file: Any) -> Network:
    """The network that a visitor's file is of, whichever that is, prepared as the file says. Raises BadCheckpoint,
    BadModelFile, BadModule."""
    if is_model_file(file.name, file.getvalue()):
        return own_model(file, [])
    checkpoint = uploaded_checkpoint(file)
    if checkpoint.over is not None:
        raise lacks_its_base(checkpoint, file.name)
    found = recognise(checkpoint.state)
    if found.network is None:
        raise BadCheckpoint(found.reason)
    return own_network(find(found.network), file, [])


def own_files() -> list[Any]:
    """The files of the visitor's own network, the network first: what was brought or made, else what was uploaded."""
    file = st.session_state.get("checkpoint")
    kept = brought("network")
    if kept and (file is None or is_overruled("network", file)):
        return [*kept]
    return [] if file is None else [file, *(st.session_state.get("names") or [])]


def _base_first(file: Any, beside: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
    """Of weights that were trained over a whole network, and that network, the network as the file."""
    base = next((one for one in beside if is_model_file(one.name, one.getvalue())), None)
    if file is None or base is None or is_model_file(file.name, file.getvalue()):
        return file, beside
    return base, [file, *(one for one in beside if one is not base)]


def _with_brought(file: Any, beside: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
    """The files that were uploaded; where there is no network among them, the one that this browser brought from an
    earlier visit."""
    ids = [one.file_id for one in brought("network")]
    if file is not None and not is_overruled("network", file):
        set_aside("network", *ids)
    if not brought("network"):
        return file, beside
    file, *earlier = brought("network")
    st.button(plain(f"Remove {file.name}"), on_click=set_aside, args=("network", *ids), width="stretch")
    return file, beside or earlier


def _what_is_missing() -> str:
    if is_looked_for("network"):
        return "Looking for your network in this browser …"
    if is_lost("network"):
        return (
            "Your browser remembers a file of a network, but the server has forgotten it: a day has passed, others "
            "needed the room, or it was started anew. Choose the file again in the sidebar."
        )
    return (
        "Choose a file in the sidebar: weights, as torch.save(model.state_dict(), path) or safetensors wrote them, "
        "of any network of the catalogue; or a whole network, as ONNX or Keras keeps it. It is yours alone, and is "
        "forgotten when the page is loaded anew, unless “Remember my network in this browser” is on."
    )


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
    # what is meant by entries that two libraries name alike, was said already
    if file is None or is_model_file(file.name, file.getvalue()) or chosen not in CATALOG:
        return
    with contextlib.suppress(ExplorerError):
        if name := recognise(uploaded_checkpoint(file).state).network:
            choose("network", name)
