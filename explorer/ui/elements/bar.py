"""The bar above every page: its title, the network as a strip, and the chosen layer, channel and class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ...networks.network import Network
from ..frame.boundary import plain
from ..frame.link import say_unmet, standing, standing_number
from ..frame.session import KEPT_IN_LINK, choose
from .beside import compare_link
from .channel import channel_number
from .pickers import box_width, pick_class
from .stages import stages


@dataclass(frozen=True)
class Chosen:
    """What the bar says: the layer that was asked for, the nearest one of the page's kind, and a channel of it."""

    asked: str
    layer: str
    channel: int


def bar(
    title: str, network: Network, first: str, nearest: Callable[[Network, str], str] | None = None,
    is_compare: bool = False,
) -> Chosen:  # fmt: skip
    """The title, and what is chosen on all pages alike. Until a layer is chosen, the page begins with `first`.

    `nearest` gives the layer of the page's kind for whichever is chosen: a page on pooling has not every layer. A
    block's name stays that, and means its last operation. Over the title is the way to Compare, unless it `is_compare`.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="bar"):
        with st.container(width="content", gap=None, key="bar-head"):
            if not is_compare:
                compare_link(network)
            st.title(plain(title), width="content")
        strip = st.container(width="stretch", key="bar-stages")
        asked = _pick_layer(network, first)
        layer = asked if nearest is None else nearest(network, asked)
        channel = _pick_channel(network, layer)
        if not network.no_classes:
            pick_class(network, is_in_row=True)
        with strip:
            stages(network, layer, "stages", lambda stage: choose("layer", stage), asked_layer(network))
    return Chosen(asked, layer, channel)


def asked_layer(network: Network) -> str:
    """The layer that was chosen, "" as long as none was: what the browser follows before the server has answered."""
    return standing("layer", _names(network)) or ""


def _names(network: Network) -> list[str]:
    return list(dict.fromkeys([*network.stages, *network.layers]))


def _pick_layer(network: Network, first: str) -> str:
    names = _names(network)
    width = box_width([standing("layer", names) or first])
    chosen: str | None = st.selectbox(
        "Layer", names, index=None, placeholder=first, key="layer", **KEPT_IN_LINK, width=width,
        help="A stage, or any operation by its name; empty: where this page begins",
    )  # fmt: skip
    say_unmet("layer", names)
    return first if chosen is None else chosen


def _pick_channel(network: Network, layer: str) -> int:
    """A channel of the layer by number, kept in the link; the maps that can be clicked set the same number."""
    last = network.layer(layer).n_channels - 1
    channel = standing_number("channel", last)
    with st.container(width=140):
        channel_number(channel, last, "channel-number", lambda chosen: choose("channel", chosen))
    return channel
