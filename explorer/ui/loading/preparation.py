"""How the pictures of a visitor's own network are prepared: found, by name, or field by field."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ...errors import BadPreparation
from ...loading.preparations import FIELDS, parse_preparation, preparation_sentence
from ...loading.published import weight_sets
from ...loading.scaling import SCALINGS
from ...loading.sources import source_of
from ...networks.bands import NAMED, BandPreparation
from ...networks.info import NetworkInfo
from ...networks.network import Network
from ...networks.preparation import INTERPOLATIONS, PhotoPreparation
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, choose

_KEY = "preparation"
_MOST_OFFERED = 8  # channels of a file; a network that reads more is offered as many


def pick_preparation(info: NetworkInfo) -> str | None:
    """What a visitor says of it, as `parse_preparation` takes it; None: as it is found. Raises BadPreparation."""
    if not isinstance(source_of(info).preparation(info), PhotoPreparation):
        return None
    said = pick_in_words([found.name for found in weight_sets(info) if found.url is not None])
    _field_by_field(info, said or "")
    if said is not None:
        parse_preparation(said, info)
    return said


def pick_in_words(sets: list[str]) -> str | None:
    """A usual way, that of one of the `sets`, or whatever a visitor types; None: as it is found."""
    said: str | None = st.selectbox(
        "Its pictures are prepared", [*SCALINGS, *sets], index=None, placeholder="as a file or its weights say",
        format_func=lambda name: SCALINGS[name].title if name in SCALINGS else name, accept_new_options=True, key=_KEY,
        help="A file of weights does not say how its pictures were scaled. Choose a usual way, or type fields such as "
        "half,crop=192,channels=BGR.", **KEPT_IN_LINK,
    )  # fmt: skip
    return said


def show_preparation(network: Network) -> None:
    """What is done to a picture, and who says so."""
    if network.prepared:
        origin = f"Pictures are prepared {network.prepared}."
        st.caption(plain(f"{origin} That is: {preparation_sentence(network.preprocessing)}."))
    for name in network.undecided:
        st.button(f"Prepare them {SCALINGS[name].title}", on_click=choose, args=(_KEY, name), width="stretch")


def pick_channels(network: Network) -> Network:
    """For a network of other channels than colours: which one of the file feeds which input."""
    how = network.preprocessing
    if not isinstance(how, BandPreparation):
        return network
    offered = [*(str(i + 1) for i in range(max(_MOST_OFFERED, how.n_channels))), *NAMED]
    with st.popover("Which channel feeds which input", width="stretch"):
        sources = tuple(
            st.selectbox(
                f"Input {i}", offered, index=offered.index(usual), key=f"input_{i}", **KEPT_IN_LINK,
                format_func=lambda name: f"channel {name} of the file" if name.isdecimal() else name,
            )
            for i, usual in enumerate(how.sources, start=1)
        )  # fmt: skip
    return network if sources == how.sources else network.with_preparation(replace(how, sources=sources), "as you said")


def _field_by_field(info: NetworkInfo, said: str) -> None:
    try:
        now = parse_preparation(said, info)
    except BadPreparation:
        now = parse_preparation("", info)
    assert isinstance(now, PhotoPreparation)
    fields = st.popover("Field by field", width="stretch", on_change="rerun", key=f"{_KEY}-fields")
    if not fields.open:
        return
    methods, orders = list(INTERPOLATIONS), ["RGB", "BGR"]
    with fields, st.form(f"{_KEY}-form", border=False):
        left, right = st.columns(2)
        left.number_input("Shorter side, pixels", 1, 4096, now.resize, key=_field("resize"))
        right.number_input("Middle, pixels", 1, 4096, now.crop, key=_field("crop"))
        left.selectbox("Resized by", methods, index=methods.index(now.interpolation), key=_field("interpolation"))
        right.selectbox("Channels", orders, index=orders.index(now.channels), key=_field("channels"))
        left.text_input("Mean, of values from 0 to 1", _numbers(now.mean), key=_field("mean"))
        right.text_input("Standard deviation", _numbers(now.std), key=_field("std"))
        st.toggle("Both sides to that, whatever the picture’s shape", now.squash, key=_field("squash"))
        usual = source_of(info).preparation(info)
        if isinstance(usual, PhotoPreparation) and usual.colour_transform:
            st.toggle("The colour transform of Inception", now.colour_transform, key=_field("colour_transform"))
        st.form_submit_button("Prepare them so", on_click=_take_over, width="stretch")


def _take_over() -> None:
    """What stands in the fields becomes what is said; what is wrong with it, the page will say."""
    given = {name: st.session_state.get(_field(name)) for name in FIELDS}
    choose(_KEY, ",".join(f"{name}={value}" for name, value in given.items() if value is not None))


def _field(name: str) -> str:
    return f"{_KEY}-{name}"


def _numbers(values: tuple[float, float, float]) -> str:
    return " ".join(f"{value:g}" for value in values)
