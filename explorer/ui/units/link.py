"""The way to a unit's own page."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from ...networks.network import Network
from ...places import pages
from ..frame.boundary import plain
from ..frame.session import choose

PAGE = "units"


def link_to_unit(network: Network, layer: str, channel: int) -> None:
    """A link to all that is known of a channel of the chosen network: picture, network and class stay as they are."""
    name = network.resolve(layer)
    label = plain(f"All about channel {channel} of {name}")
    if st.button(label, key=f"to-unit-{name}", type="tertiary", on_click=open_unit, args=(name, channel)):
        st.switch_page(pages() / f"{PAGE}.py", query_params={})  # widgets write again what they show


def address(layer: str, channel: int) -> str:
    """A unit's address, below that of the site: with what else the page's address says."""
    said = {key: st.query_params[key] for key in st.query_params}
    return f"{PAGE}?{urlencode(said | {'layer': layer, 'channel': str(channel), 'unit_view': 'This unit'})}"


def open_unit(layer: str, channel: int) -> None:
    """Show another unit on the page: for a callback."""
    choose("layer", layer)
    choose("channel", channel)
