"""All channels of a layer, and one of them up close."""

from __future__ import annotations

import streamlit as st

from ...architecture.hierarchy import stage_of
from ...drawing.picture import photo, slide
from ...elements.overlay import Photo
from ...elements.viewer import Shown, first_files, layer_data, layer_units
from ...feature_maps import snippets
from ...feature_maps.channels import ORDERS, SCALES, channel_order
from ...feature_maps.figures import N_PER_PAGE, channel_view, page_of
from ...feature_maps.sentences import channel_sentence
from ...geometry import Places
from ...trace import as_maps
from ..elements.ahead import fetch_ahead
from ..elements.pickers import pick_stretched
from ..elements.viewer import viewer
from ..frame import session
from ..frame.boundary import fragment
from ..frame.link import say_unmet, standing, standing_number
from ..frame.session import choose
from ..frame.takeaway import setting, take_away
from ..units.link import link_to_unit


def channels(layer: str) -> None:
    """All channels of the layer and the chosen one over the picture; below it what can be taken away of both."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    is_stretched = network.layer(layer).is_spatial and pick_stretched(network, layer)
    for key, options in (("order", ORDERS), ("scale", SCALES)):  # which the browser has boxes for
        st.session_state.setdefault(key, standing(key, options) or options[0])
        say_unmet(key, options)
    _look(layer, is_stretched)
    now = _now(layer)
    page = page_of(trace, layer, now.order, now.channel)
    on_page = channel_order(trace, layer, now.order)[page * N_PER_PAGE : (page + 1) * N_PER_PAGE]
    take_away(
        f"What {layer} answers to the picture: one map per channel.",
        "mosaic",
        lambda: selection.layer_view(layer, now.order, now.scale, page).png,
        lambda: as_maps(trace[layer])[on_page],
        snippets.layer_maps(setting(selection), layer, on_page),
    )
    stages, at = network.stages, stage_of(network, layer)
    beside = [stage for stage in stages[max(0, at - 1) : at + 2] if network.resolve(stage) != network.resolve(layer)]
    fetch_ahead([file for stage in beside for file in first_files(trace, stage, now.scale)], "ahead")


def _now(layer: str, places: Places | None = None) -> Shown:
    """What is chosen on the page; the browser tells what is chosen in it when it has come to rest."""
    described = session.selection().network.layer(layer)
    return Shown(
        standing_number("channel", described.n_channels - 1),
        standing("order", ORDERS) or ORDERS[0],
        standing("scale", SCALES) or SCALES[0],
        places,
    )


@fragment
def _look(layer: str, is_stretched: bool) -> None:
    """The part that is drawn anew when a channel, an order or a scale was chosen in it: no more than has changed."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    now = _now(layer, network.places(layer) if network.layer(layer).is_spatial and not is_stretched else None)
    viewer(
        Photo(trace.view(photo), trace.prepared.size),
        layer_data(trace, layer, now, layer_units(network, layer, now)),
        now,
        "viewer",
        lambda chosen: choose("channel", chosen),
        lambda chosen: choose("order", chosen),
        lambda chosen: choose("scale", chosen),
    )
    shown = channel_view(trace, layer, now.scale, now.channel)
    take_away(
        channel_sentence(trace, layer, now.channel),
        "channel",
        lambda: slide(shown.values, shown.scale),
        lambda: shown.values,
        snippets.channel_map(setting(selection), layer, now.channel),
    )
    link_to_unit(network, layer, now.channel)
