"""The drawing of a network in the app: an operation that is chosen in it is chosen on the page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ...elements.graph import GRAPH, drawing_file, graph_data
from ...elements.view import File
from ...networks.network import Network
from .base import Element, Report

_graph = Element.of(GRAPH)


def graph(network: Network, chosen: str, key: str, on_choose: Callable[[str], None]) -> None:
    """The network from top to bottom. Boxes unfold in the browser; calls `on_choose(layer)` for an operation. What is
    chosen elsewhere is unfolded and brought into sight."""
    data = graph_data(network, _drawing(network.key, network), chosen)
    _graph(key, data, chosen=Report(list(network.layers), on_choose))


@st.cache_resource(max_entries=8, show_spinner=False)
def _drawing(key: str, _network: Network) -> File:
    return drawing_file(_network)
