"""The way to a unit's own page."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from ...networks.network import Network
from ..frame.boundary import plain
from ..frame.link import go_to
from ..frame.session import choose

PAGE = "units"
ONE, ALL = "This unit", "All units"  # its tabs
_GOES = "unit to open"


def link_to_unit(network: Network, layer: str, channel: int) -> None:
    """A link to all that is known of a channel of the chosen network: picture, network and class stay as they are."""
    name = network.resolve(layer)
    label = plain(f"All about channel {channel} of {name}")
    st.button(label, key=f"to-unit-{name}", type="tertiary", on_click=go_to_unit, args=(name, channel))
    go_on()


def address(layer: str, channel: int | None = None) -> str:
    """A unit's address, below that of the site: with what else the page's address says. Its number stands last, or is
    to be added there."""
    said = {key: st.query_params[key] for key in st.query_params if key != "channel"}
    number = "" if channel is None else str(channel)
    return f"{PAGE}?{urlencode(said | {'layer': layer, 'unit_view': ONE, 'channel': number})}"


def open_unit(layer: str, channel: int) -> None:
    """Show another unit on the page: for a callback."""
    choose("layer", layer)
    choose("channel", channel)
    choose("unit_view", ONE)


def go_to_unit(layer: str, channel: int) -> None:
    """Show a unit on its own page, from another one: for a callback, behind which `go_on` must be run."""
    open_unit(layer, channel)
    st.session_state[_GOES] = True


def go_on() -> None:
    """Open the page of the unit that was asked for, if one was."""
    if st.session_state.pop(_GOES, False):
        go_to(PAGE)
