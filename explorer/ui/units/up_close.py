"""One unit on this picture: its map, its number, what it is made of, and who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ...drawing.picture import photo, slide
from ...elements.overlay import Photo
from ...elements.viewer import Shown, layer_data, layer_units
from ...feature_maps import snippets
from ...feature_maps.figures import channel_view
from ...filters.files import own_sheet_file
from ...filters.weights import form
from ...networks.network import Network
from ...trace import Trace
from ...units import sentences as say
from ...units.figures import bar_of, kernel_png, map_png
from ...units.paths import Link, Links, inputs_before, readers_behind
from ..elements.kernels import filter_kernels
from ..elements.unitlinks import UnitLink, unit_links
from ..elements.viewer import channel_up_close
from ..frame.boundary import plain
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away
from .link import address, open_unit


def on_this_picture(selection: Selection, layer: str, channel: int) -> None:
    """The unit's map over the picture, and its number."""
    trace, network = selection.trace, selection.network
    described = network.layer(layer)
    st.header("On this picture")
    if described.is_spatial:
        now = Shown(channel, "number", "channel", network.places(layer))
        data = layer_data(trace, layer, now, layer_units(network, layer, now))
        alt = f"Channel {{channel}} of {layer} over the picture"
        channel_up_close(Photo(trace.view(photo), trace.prepared.size), data, now, alt, "unit-map")
    st.markdown(plain(say.value_sentence(trace, layer, channel)))
    if described.is_spatial:
        shown = channel_view(trace, layer, "channel", channel)
        take_away(
            "Where in the picture the unit answers, as it was recorded.",
            "unit-channel",
            lambda: slide(shown.values, shown.scale),
            lambda: shown.values,
            snippets.channel_map(setting(selection), layer, channel),
        )


def made_of(trace: Trace, layer: str, channel: int) -> None:
    """The kernel that makes it, and the strongest channels that this reads."""
    network = trace.network
    st.header("What it is made of")
    found = inputs_before(network, layer, channel)
    for name, made in found.makers[:1]:
        if form(network, name) in ("colour", "grey", "depthwise"):
            file = own_sheet_file(trace, name, (made,), False, False)
            filter_kernels(
                file, (made,), made, f"The kernel of filter {made} of {name}", "unit-kernel", partial(choose, "channel")
            )
    links(trace, found, [_kernel(network, (link.through, link.maker), link) for link in found.shown], "unit-inputs")
    st.caption(plain(say.inputs_sentence(network, layer, channel, found)))


def read_by(trace: Trace, layer: str, channel: int) -> None:
    """The strongest channels that are made of it."""
    network = trace.network
    st.header("Who reads it")
    found = readers_behind(network, layer, channel)
    links(trace, found, [_kernel(network, (link.layer, link.channel), link) for link in found.shown], "unit-readers")
    st.caption(plain(say.readers_sentence(found)))


def _kernel(network: Network, maker: tuple[str, int], link: Link) -> list[tuple[bytes, str]]:
    """The kernel between two units, where there is one."""
    if not link.through:
        return []
    return [(kernel_png(network, maker, link.source), f"the kernel of {maker[0]}, {maker[1]}, for it")]


def links(trace: Trace, found: Links, pictures: Sequence[list[tuple[bytes, str]]], key: str) -> None:
    """Units to go to, each with its map on this picture."""
    strongest = max((link.strength for link in found.shown if link.through), default=0.0)
    rows = [
        UnitLink(
            say.link_name(link),
            say.link_note(link),
            bar_of(link, strongest) if link.through else 0.0,
            [*kernels, (map_png(trace, (link.layer, link.channel)), "its map on this picture")],
            address(link.layer, link.channel),
        )
        for link, kernels in zip(found.shown, pictures, strict=True)
    ]
    if rows:
        label = "Units that it is made of" if key == "unit-inputs" else "Units that are made of it"
        unit_links(rows, label, key, lambda i: open_unit(found.shown[i].layer, found.shown[i].channel))
