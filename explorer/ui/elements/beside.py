"""The way from any page to Compare, with what is chosen there as the first pane."""

from __future__ import annotations

import streamlit as st

from ...loading.load import pretrained_is_here
from ...loading.partner import partner
from ...networks.network import Network
from ...places import pages
from ..frame.boundary import plain

AS_IN_SIDEBAR = "As in the sidebar"


def compare_link(network: Network) -> None:
    """A link to it: the first pane is what the sidebar and the bar say, the second what that is best compared with,
    until somebody chooses there. No setting is in its address, since what was chosen goes along anyhow."""
    beside = partner(network, pretrained_is_here)
    with st.container(width="content", key="compare-link"):
        st.page_link(
            pages() / "compare.py", label="Compare with …",
            help=plain(f"Opens Compare: first what is chosen here, and beside it {beside.said}, or what you choose."),
        )  # fmt: skip
