"""All channels of a layer, and one of them up close."""

from __future__ import annotations

import streamlit as st

from ...drawing.picture import photo, slide
from ...drawing.placing import note
from ...feature_maps import snippets
from ...feature_maps.channels import ORDERS, SCALES
from ...feature_maps.figures import channel_view, page_of
from ...feature_maps.sentences import channel_sentence
from ...trace import as_maps
from ..elements.choice import Choice
from ..elements.grid import grid
from ..elements.legend import legend
from ..elements.overlay import Heat, Photo
from ..elements.pickers import pick_channel, pick_one, pick_stretched
from ..elements.probe import probe
from ..frame import session
from ..frame.boundary import fragment
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away


@fragment
def channels(layer: str) -> None:
    """Pick an order, a scale, a channel; draw all channels of the layer, and the chosen one over the picture."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    left, middle, right = st.columns(3)
    with left:
        order = pick_one("Order by", ORDERS, "order")
    with middle:
        scale = pick_one("One colour scale per", SCALES, "scale")
    with right:
        channel = pick_channel(network, layer)

    view = selection.layer_view(layer, order, scale, page_of(trace, layer, order, channel))
    everything, closeup = st.columns([3, 2], gap="medium")

    with everything:
        grid(
            view.png,
            view.columns,
            Choice(
                [f"Channel {c}" for c in view.channels],
                view.channels.index(channel),
                lambda i: choose("channel", view.channels[i]),
            ),
            alt=f"Channels of {layer}",
            key="mosaic",
            captions=[str(c) for c in view.channels],
            legend=legend(view.shared_scale, "activation") if view.shared_scale else None,
        )
        back, where, on = st.columns([1, 3, 1], vertical_alignment="center")
        back.button("◀ Back", disabled=view.previous is None, on_click=choose, args=("channel", view.previous))
        where.caption(view.caption)
        on.button("More ▶", disabled=view.following is None, on_click=choose, args=("channel", view.following))
        take_away(
            f"What {layer} answers to the picture: one map per channel, ordered by {order}.",
            "mosaic",
            lambda: view.png,
            lambda: as_maps(trace[layer])[list(view.channels)],
            snippets.layer_maps(setting(selection), layer, view.channels),
        )

    with closeup:
        _up_close(selection, layer, scale, channel)


def _up_close(selection: Selection, layer: str, scale: str, channel: int) -> None:
    """One channel over the picture, where it has a place in it."""
    trace, network = selection.trace, selection.network
    st.subheader(f"Channel {channel}")
    shown = channel_view(trace, layer, scale, channel)
    if network.layer(layer).is_spatial:
        truly = network.places(layer)
        places = None if pick_stretched(network, layer) else truly
        probe(
            Photo(trace.view(photo), trace.prepared.size),
            Heat(
                shown.values,
                shown.scale,
                f"Channel {channel} of {layer} over the picture",
                f"Activation of {layer}{note(truly, places)}",
                opacity=0.75,
                places=places,
            ),
            key="channel-probe",
            field=network.field(layer, channel),
            histogram=True,
        )
    take_away(
        channel_sentence(trace, layer, channel),
        "channel",
        lambda: slide(shown.values, shown.scale),
        lambda: shown.values,
        snippets.channel_map(setting(selection), layer, channel),
    )
