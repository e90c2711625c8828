"""What does each layer make of the picture? All its channels, and one of them up close."""

import streamlit as st

from explorer.feature_maps import ORDERS, SCALES
from explorer.figures.layer import channel_view, page_of
from explorer.figures.picture import photo
from explorer.summary import channel_sentence, layer_sentence
from explorer.ui.boundary import fragment, plain
from explorer.ui.components import grid, legend, probe
from explorer.ui.session import choose
from explorer.ui.widgets import pick_channel, pick_layer, pick_one


@fragment
def one_layer() -> None:
    """Pick a layer, and look at its channels."""
    selection = st.session_state["selection"]
    layer = pick_layer(selection.network)
    st.markdown(plain(layer_sentence(selection.trace, layer)))
    channels(layer)


@fragment
def channels(layer: str) -> None:
    """Pick an order, a scale, a channel; draw all channels of the layer, and the chosen one over the picture."""
    selection = st.session_state["selection"]
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
            [f"Channel {c}" for c in view.channels],
            view.columns,
            selected=view.channels.index(channel),
            alt=f"Channels of {layer}",
            key="mosaic",
            on_choose=lambda i: choose("channel", view.channels[i]),
            captions=[str(c) for c in view.channels],
            legend=legend(view.shared_scale, "activation") if view.shared_scale else None,
        )
        back, where, on = st.columns([1, 3, 1], vertical_alignment="center")
        back.button("◀ Back", disabled=view.previous is None, on_click=choose, args=("channel", view.previous))
        where.caption(view.caption)
        on.button("More ▶", disabled=view.following is None, on_click=choose, args=("channel", view.following))

    with closeup:
        st.subheader(f"Channel {channel}")
        shown = channel_view(trace, layer, scale, channel)
        if network.layer(layer).is_spatial:
            probe(
                trace.view(photo),
                trace.prepared.size,
                shown.values,
                shown.scale,
                unit=f"Activation of {layer}",
                alt=f"Channel {channel} of {layer} over the picture",
                key="channel-probe",
                field=network.layer(layer).receptive_field,
                opacity=0.75,
                histogram=True,
            )
        st.markdown(plain(channel_sentence(trace, layer, channel)))


st.title("Feature maps")
if not st.session_state["selection"].network.has_maps:
    st.info(plain(st.session_state["selection"].network.cam_reason))
one_layer()
