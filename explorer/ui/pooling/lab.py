"""The lab of the page on pooling: any map, pooled in every way."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ...drawing.color import scale_of
from ...drawing.picture import countable, heat_map
from ...geometry import Window
from ...networks.network import Network
from ...pooling import snippets
from ...pooling.figures import pooled_ways, ways_png
from ...pooling.kinds import KINDS, maps_of, sources
from ...pooling.layers import pooling_of
from ...pooling.sentences import lab_sentence
from ...wording import by
from ..elements.pickers import pick_number, pick_one, pick_switch, picture
from ..frame import session
from ..frame.boundary import fragment, plain
from ..frame.session import KEPT_IN_LINK
from ..frame.takeaway import setting, take_away

_SIZES = {"Kernel": 3, "Stride": 3, "Padding": 0, "Seed": 0}  # what is offered first
_WIDTH = 144  # CSS pixels of a map


@fragment
def lab(layer: str | None) -> None:
    """Any map of the network, pooled in every way, side by side."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    source, channel, window, is_ceil, seed = _pick_experiment(network, layer)
    before = maps_of(trace, source)[channel]
    ways = pooled_ways(before, window, is_ceil, seed)
    scale = scale_of(before)
    with st.container(horizontal=True, gap="small"):
        with st.container(width=_WIDTH, gap="xsmall"):
            picture(heat_map(countable(before, 224), scale), alt=f"Channel {channel} of {source}")
            st.caption(f"**before**  \n{by(before.shape)}")
        for way in ways:
            with st.container(width=_WIDTH, gap="xsmall"):
                picture(way.png, alt=f"{way.kind}: {KINDS[way.kind]}")
                own = "" if way.scale == scale else f", its own scale, up to {way.scale.high:.3g}"
                st.caption(f"**{way.kind}**  \nerror {way.error:.3f}{own}", help=plain(KINDS[way.kind]))
    st.caption(
        f"Each becomes {by(ways[0].values.shape)}. All but L2 have the scale of the map before, "
        f"{scale.low:.4g} to {scale.high:.4g}."
    )
    take_away(
        lab_sentence({way.kind: way.error for way in ways}),
        "pooling-lab",
        partial(ways_png, before, ways),
        lambda: [way.values for way in ways],
        snippets.pooled_ways(
            setting(selection), source, channel, (window.kernel, window.stride, window.padding), is_ceil, seed
        ),
    )
    with st.expander("What each kind makes of a window"):
        st.markdown("\n".join(f"- **{kind}**: {plain(what)}" for kind, what in KINDS.items()))


def _pick_experiment(network: Network, layer: str | None) -> tuple[str, int, Window, bool, int]:
    """Which map, which window: all kept in the link. First offered is what the pooling layer reads."""
    found = sources(network)
    first = pooling_of(network, layer).source if layer is not None else None
    left, right = st.columns([2, 1])
    with left:
        names = [*([first] if first in found else []), *(name for name in found if name != first)]
        source = pick_one("Map of", names, "pool_map")
    with right:
        n_channels = network.layer(source).n_channels if source in network.layers else network.preprocessing.n_channels
        channel = pick_number("Its channel", range(n_channels), "pool_channel")
    sizes = []
    for column, (label, start) in zip(st.columns(4), _SIZES.items(), strict=True):
        with column:
            sizes.append(int(st.number_input(label, 0, 99, start, key=f"pool_{label.lower()}", **KEPT_IN_LINK)))
    kernel, stride, padding, seed = sizes
    is_ceil = pick_switch("Round the size up (ceil)", "pool_ceil")
    return source, channel, Window((kernel, kernel), (stride, stride), (padding, padding)), is_ceil, seed
