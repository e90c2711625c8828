"""The elements of the page on pooling: one window opened, and what is kept of a map."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ...drawing.color import scale_of
from ...drawing.picture import countable, heat_map, photo
from ...drawing.placing import note
from ...networks.network import Network
from ...networks.pooling import Pooling
from ...pooling import snippets
from ...pooling.figures import MapView, left_over, which_window
from ...pooling.layers import maps_after, pooling_layers, pooling_of
from ...pooling.opened import open_pooling
from ...pooling.sentences import cost_sentence, opened_sentence, retention_sentence, size_question, what_sentence
from ...pooling.winners import retention
from ...trace import Trace, read_by
from ...wording import by
from ..elements.legend import legend
from ..elements.overlay import Heat, Photo
from ..elements.pickers import pick_channel, pick_one, pick_place
from ..elements.probe import probe
from ..elements.question import ask
from ..elements.strip import strip
from ..elements.window import LabelledMap, Reckoning, Rule, window_player
from ..frame import session
from ..frame.boundary import fragment, plain
from ..frame.session import choose
from ..frame.takeaway import setting, take_away

_MOST_IN_PLAYER = 14  # cells along a side of a window whose numbers are shown while it slides


def pick_pooling(network: Network) -> str | None:
    """One of the network's pooling layers, kept in the link; None, and a sentence, where it has none."""
    layers = pooling_layers(network)
    if layers:
        return pick_one("Pooling layer", layers, "pooling")
    st.info(
        plain(
            f"{network.title} has no pooling layer. What pooling does can be tried on "
            f"{'any of its maps' if network.has_maps else 'the picture itself'}, below."
        )
    )
    return None


def one_layer(layer: str) -> None:
    """One channel of the layer; what it does, throws away and saves; how large its maps are."""
    trace = session.selection().trace
    pooling = pooling_of(trace.network, layer)
    _one_channel(layer)
    for column, text in zip(st.columns(3, gap="medium"), _paragraphs(trace, pooling), strict=True):
        column.markdown(text)
    question = size_question(trace.network, pooling)
    if question is not None:
        ask(question, "pooling-size")


@fragment
def _one_channel(layer: str) -> None:
    """The channel before and after, one window of it opened, and what is kept."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    pooling = pooling_of(network, layer)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        channel = pick_channel(network, layer)
        place = pick_place(trace, layer, channel)
    unit = (channel, place[1], place[2]) if len(place) == 3 else (channel, 0, 0)
    opened = open_pooling(trace, layer, unit)
    scale = scale_of(opened.values[~opened.is_padding])
    is_sliding = _slides(pooling)
    shown, beside = (st.container(), None) if is_sliding else st.columns([2, 3], gap="medium")
    with shown:
        if is_sliding:
            _player(trace, pooling, unit)
        else:
            _whole(trace, pooling, channel)
        take_away(
            opened_sentence(opened),
            "pooling-window",
            lambda: heat_map(countable(opened.values, 448), scale),
            lambda: opened.values,
            snippets.pooling_window(setting(selection), layer, unit),
        )
    views = trace.view(left_over, layer, channel)
    columns = [beside] if beside else st.columns(max(2, len(views)), gap="medium")
    for i, (column, view) in enumerate(zip(columns, views, strict=False)):
        with column:
            _map(view, f"pooling-rest-{i}")
            code = snippets.pooling_rest(setting(selection), layer, channel, i)
            take_away(view.reading, f"pooling-rest-{i}", partial(_png, view), partial(_values, view), code)
    question = trace.view(which_window, layer, channel)
    if question is not None:
        ask(question, "pooling-which")


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


def _slides(pooling: Pooling) -> bool:
    """Whether there is a window to watch: one that slides, and holds few enough numbers to read."""
    window = pooling.regular
    return window is not None and max(window.kernel) <= _MOST_IN_PLAYER and pooling.after != (1, 1)


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
            f"Channel {channel} of {source}{note(places, places)}",
            opacity=0.8,
            places=places,
        ),
        key="pooling-whole",
        field=trace.network.field(described.name, channel) if described else None,
        histogram=True,
    )


def _player(trace: Trace, pooling: Pooling, unit: tuple[int, int, int]) -> None:
    """The window over the channel, and the map that comes of it."""
    channel, y, x = unit
    before, after = read_by(trace, pooling.layer)[channel], maps_after(trace, pooling)[channel]
    source, window = pooling.source or "the picture", pooling.regular
    assert window is not None  # it slides
    rule: Rule = "max" if pooling.rule == "max" else "average"
    if pooling.divisor or (rule == "average" and pooling.is_ceil):
        rule = "value"  # divided by another number than the player would take
    window_player(
        LabelledMap(
            before,
            scale_of(before),
            f"{source}, channel {channel}: {by(before.shape)}",
            None if pooling.source else trace.view(photo),
        ),
        LabelledMap(after, scale_of(after), f"{pooling.layer}, channel {channel}: {by(after.shape)}"),
        window,
        (y, x),
        "pooling-player",
        _go,
        Reckoning(rule, counts_padding=pooling.counts_padding),
    )


def _go(y: int, x: int) -> None:
    choose("unit_y", y)
    choose("unit_x", x)
