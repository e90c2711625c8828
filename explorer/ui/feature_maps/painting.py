"""A feature map that a person paints on, and what becomes of the answer."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np
import streamlit as st

from ...drawing.color import scale_of
from ...drawing.picture import countable, heat_map
from ...drawing.units import activation_unit
from ...errors import BadPaint
from ...feature_maps import snippets
from ...feature_maps.painting import Step, brushes, painted, painted_maps, repainted
from ...feature_maps.sentences import kept_sentence, map_sentence, no_maps_sentence, painted_sentence
from ...networks.network import Network
from ...trace import as_maps
from ...wording import plural
from ..elements.paint import Canvas, paint_map
from ..frame.boundary import plain
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away
from .change import Change

_SIDE = 448  # pixels of the map that is taken away


@dataclass(frozen=True)
class _Easel:
    """A map of a network that this visit has seen, and what was done to it."""

    network: str  # its key
    title: str
    layer: str
    channel: int
    shape: tuple[int, int]
    steps: tuple[Step, ...] = ()


def _easels() -> dict[str, _Easel]:
    """All maps of this visit, by the name that the browser knows them by."""
    return cast(dict[str, _Easel], st.session_state.setdefault("easels", {}))


def _paint(network: Network, layer: str) -> dict[int, tuple[Step, ...]]:
    """What is painted on a layer, by channel."""
    found = {e.channel: e.steps for e in _easels().values() if (e.network, e.layer) == (network.key, layer) and e.steps}
    return dict(sorted(found.items()))


def easel(selection: Selection, layer: str, channel: int) -> None:
    """The map of the channel, to paint on."""
    network, trace = selection.network, selection.trace
    name = network.layer(layer).name
    if _has_no_maps(network, layer):
        st.info(plain(no_maps_sentence(network, layer)))
        _say_kept(network, name)
        return
    values, paint = np.ascontiguousarray(as_maps(trace[layer])[channel]), _paint(network, name)
    known, steps = _known(network, name, channel, values.shape), paint.get(channel, ())
    if (refused := st.session_state.pop("paint-refused", None)) is not None:
        st.error(plain(refused))
    title = f"Channel {channel} of {layer}"
    paint_map(
        Canvas(known, values, steps, brushes(trace, layer, channel), title, activation_unit(network, layer, channel)),
        _easels().keys(),
        "paint-map",
        _keep,
    )
    shown = painted(values, steps)
    take_away(
        map_sentence(values, shown, channel),
        "painted-map",
        lambda: heat_map(countable(shown, _SIDE), scale_of(shown)),
        lambda: shown,
        snippets.painted_map(setting(selection), layer, channel, steps),
    )
    if len(paint) > (channel in paint):
        where = f"{plural(len(paint), 'channel')} of {name}: {', '.join(map(str, paint))}"
        st.button(f"Take the paint off {plain(where)}", key="paint-off", on_click=_take_off, args=(network.key, name))
    _say_kept(network, name)


def repainted_pass(selection: Selection, layer: str) -> Change:
    """The pass with all that is painted on the layer, and what is said of it."""
    trace, network = selection.trace, selection.network
    paint = {} if _has_no_maps(network, layer) else _paint(network, network.layer(layer).name)
    until = network.cam_layer if network.has_maps else None
    after = trace
    if paint:
        make = partial(repainted, trace, layer, paint, until)
        after = selection.painted.get((layer, tuple(paint.items())), make)
    return Change(
        "painted",
        layer,
        after,
        painted_sentence(trace, after, layer, painted_maps(trace, layer, paint)),
        snippets.painted_probabilities(setting(selection), layer, paint, until),
        snippets.painted_evidence(setting(selection), layer, paint, until),
    )


def _has_no_maps(network: Network, layer: str) -> bool:
    return len(network.layer(layer).shape) < 2


def _known(network: Network, layer: str, channel: int, shape: Sequence[int]) -> str:
    """The name of a map, which is new after all paint was taken off it: the browser then begins anew as well."""
    mine = (network.key, layer, channel)
    easels = _easels()
    for name, one in easels.items():
        if (one.network, one.layer, one.channel) == mine:
            return name
    name = secrets.token_hex(8)  # a browser may outlive the visit that it knows names from
    easels[name] = _Easel(network.key, network.title, layer, channel, (shape[0], shape[1]))
    return name


def _keep(name: str, steps: tuple[Step, ...]) -> None:
    """Keep what a browser says was done to a map, if a map can be given that."""
    one = _easels()[name]
    try:
        painted(np.zeros(one.shape, np.float32), steps)
    except BadPaint as error:
        st.session_state["paint-refused"] = str(error)
        return
    _easels()[name] = replace(one, steps=steps)


def _take_off(network: str, layer: str) -> None:
    """Forget the maps of a layer: they come back as recorded, under other names."""
    easels = _easels()
    for name in [name for name, one in easels.items() if (one.network, one.layer) == (network, layer)]:
        del easels[name]


def _say_kept(network: Network, layer: str) -> None:
    others = {
        (e.title, e.layer): None for e in _easels().values() if e.steps and (e.network, e.layer) != (network.key, layer)
    }
    if sentence := kept_sentence(network, list(others)):
        st.caption(plain(sentence))
