"""The elements of the page on pooling: one window opened, and what is kept of a map."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ...convolution.opened import strongest_places
from ...drawing.color import scale_of
from ...drawing.picture import countable, heat_map, photo
from ...drawing.placing import note
from ...drawing.units import activation_unit, input_name, input_scale, input_unit, reads_channels
from ...feature_maps.files import parts_near
from ...networks.pooling import Pooling
from ...pooling import snippets
from ...pooling.figures import MapView, left_over, which_window
from ...pooling.layers import pooling_of
from ...pooling.opened import open_pooling
from ...pooling.sentences import cost_sentence, opened_sentence, retention_sentence, size_question, what_sentence
from ...pooling.winners import retention
from ...trace import Trace, read_by
from ...wording import by
from ..elements.legend import legend
from ..elements.operation import Side, Sides, operation_player
from ..elements.overlay import Heat, Photo
from ..elements.pickers import offer_small, pick_place
from ..elements.place import standing_place
from ..elements.probe import probe
from ..elements.question import ask
from ..elements.strip import strip
from ..elements.window import Reckoning, Rule
from ..frame import session
from ..frame.boundary import fragment, plain
from ..frame.takeaway import setting, take_away

_MOST_IN_PLAYER = 14  # cells along a side of a window whose numbers are shown while it slides


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
    if _slides(pooling):
        _player(trace, pooling, channel)
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
            f"{input_unit(trace, pooling.layer, channel)}{note(places, places)}",
            opacity=0.8,
            places=places,
        ),
        key="pooling-whole",
        field=trace.network.field(described.name, channel) if described else None,
        histogram=True,
    )


def _player(trace: Trace, pooling: Pooling, channel: int) -> None:
    """The window over the channel, and the map that comes of it."""
    network, layer = trace.network, pooling.layer
    window = pooling.regular
    assert window is not None  # it slides
    rule: Rule = "max" if pooling.rule == "max" else "average"
    if pooling.divisor or (rule == "average" and pooling.is_ceil):
        rule = "value"  # divided by another number than the player would take
    operation_player(
        Sides(
            _read(trace, pooling, channel),
            Side(
                (pooling.n_channels, *pooling.after),
                parts_near(trace, layer, channel),
                (),
                (f"{layer}, channel {{channel}}: {by(pooling.after)}",),
                (activation_unit(network, layer),),
            ),
        ),
        window,
        trace.view(strongest_places, layer).tolist(),
        (channel, *standing_place(pooling.after)),
        "pooling-player",
        Reckoning(rule, counts_padding=pooling.counts_padding),
    )


def _read(trace: Trace, pooling: Pooling, channel: int) -> Side:
    """What the layer reads: maps of a layer, or the picture, whose channels have names and shades of their own."""
    layer, n, source = pooling.layer, pooling.n_channels, pooling.source or "the picture"
    of_picture = range(n) if reads_channels(trace.network, layer) else None
    names = ["channel {channel}"] if of_picture is None else [input_name(trace.network, layer, c) for c in of_picture]
    return Side(
        (n, *pooling.before),
        parts_near(trace, layer, channel, "reads"),
        () if pooling.source else tuple(trace.view(input_scale, layer, c) for c in range(n)),
        tuple(f"{source}, {name}: {by(pooling.before)}" for name in names),
        tuple(input_unit(trace, layer, c) for c in of_picture or [0]),
    )
