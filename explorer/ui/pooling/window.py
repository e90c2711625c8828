"""The elements of the page on pooling: one window opened, and what is kept of a map."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ...drawing.color import scale_of
from ...drawing.picture import countable, heat_map, photo
from ...drawing.placing import note
from ...drawing.units import input_unit
from ...elements.legend import legend
from ...elements.overlay import Heat, Photo
from ...elements.sliding import pooling_data, slides
from ...networks.pooling import Pooling
from ...pooling import snippets
from ...pooling.figures import MapView, left_over, which_window
from ...pooling.layers import pooling_of
from ...pooling.opened import open_pooling
from ...pooling.sentences import cost_sentence, opened_sentence, retention_sentence, size_question, what_sentence
from ...pooling.winners import retention
from ...trace import Trace, read_by
from ..elements.operation import operation_player
from ..elements.pickers import offer_small, pick_place
from ..elements.place import standing_place
from ..elements.probe import probe
from ..elements.question import ask
from ..elements.strip import strip
from ..frame import session
from ..frame.boundary import fragment, plain
from ..frame.takeaway import setting, take_away


@fragment
def window(layer: str, channel: int) -> None:
    """A channel before and after, and one window of it opened."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    pooling = pooling_of(network, layer)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = pick_place(trace, layer, channel)
        offer_small(network, "For a first look: a small network, which pools on the way, not at its end alone.")
    unit = (channel, place[1], place[2]) if len(place) == 3 else (channel, 0, 0)
    opened = open_pooling(trace, layer, unit)
    scale = scale_of(opened.values[~opened.is_padding])
    if slides(pooling):
        data = pooling_data(trace, pooling, channel, standing_place(pooling.after))
        operation_player(data, pooling.after, "pooling-player")
    else:
        _whole(trace, pooling, channel)
    take_away(
        opened_sentence(opened),
        "pooling-window",
        lambda: heat_map(countable(opened.values, 448), scale),
        lambda: opened.values,
        snippets.pooling_window(setting(selection), layer, unit),
    )
    st.caption(plain(f"{what_sentence(pooling)} All numbers are the network’s own, on this picture."))


def what_is_kept(layer: str, channel: int) -> None:
    """What the layer throws away of a channel, what it saves, and how large its maps are."""
    selection = session.selection()
    trace = selection.trace
    pooling = pooling_of(trace.network, layer)
    found = trace.view(left_over, layer, channel)
    for i, (column, view) in enumerate(zip(st.columns(max(2, len(found)), gap="medium"), found, strict=False)):
        with column:
            _map(view, f"pooling-rest-{i}")
            code = snippets.pooling_rest(setting(selection), layer, channel, i)
            take_away(view.reading, f"pooling-rest-{i}", partial(_png, view), partial(_values, view), code)
    for column, text in zip(st.columns(3, gap="medium"), _paragraphs(trace, pooling), strict=True):
        column.markdown(text)
    for question, key in (
        (trace.view(which_window, layer, channel), "pooling-which"),
        (size_question(trace.network, pooling), "pooling-size"),
    ):
        if question is not None:
            ask(question, key)


def _paragraphs(trace: Trace, pooling: Pooling) -> tuple[str, ...]:
    found = trace.view(retention, pooling.layer)
    return (
        f"**What it does.** {plain(what_sentence(pooling))}",
        f"**What it throws away.** {plain(retention_sentence(pooling, found))}",
        f"**What it saves.** {plain(cost_sentence(found))}",
    )


def _png(view: MapView) -> bytes:
    return view.png


def _values(view: MapView) -> object:
    return view.values


def _map(view: MapView, key: str) -> None:
    strip(
        [(view.png, 1, False)],
        [(view.title, "")],
        alt=f"{view.title}. {view.reading}",
        key=key,
        width=320,
        legend=legend(view.scale, view.unit),
    )


def _whole(trace: Trace, pooling: Pooling, channel: int) -> None:
    """The map that one window holds all of, over the picture."""
    before, source = read_by(trace, pooling.layer)[channel], pooling.source or "the picture"
    described = trace.network.layers[pooling.source] if pooling.source else None
    places = trace.network.places(pooling.source) if pooling.source else None
    probe(
        Photo(trace.view(photo), trace.prepared.size),
        Heat(
            before,
            scale_of(before),
            f"Channel {channel} of {source}, which {pooling.layer} reads, over the picture",
            f"{input_unit(trace, pooling.layer, channel)}{note(places, places)}",
            opacity=0.8,
            places=places,
        ),
        key="pooling-whole",
        field=trace.network.field(described.name, channel) if described else None,
        histogram=True,
    )
