"""The page on saliency: the controls that say what is asked, of which method, and how the answer is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ...attribution import METHODS, Attribution, Method, OptionValue
from ...attribution.figures import BLENDS, PHOTOGRAPHS, Drawing, own_scale, photograph
from ...drawing.color import SEQUENTIAL, Scale
from ...drawing.picture import Pixels
from ...geometry import Places
from ...networks.network import Network
from ...targets import Target, default_layer
from ...trace import Trace
from ..elements.pickers import class_names, pick_channel, pick_one, pick_place, pick_stretched
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, Selection
from .requests import MapRequest, methods_of

_KINDS = ("one class", "one class and not another", "a channel", "one unit of a channel")
_SCALES = ("each map its own", "one for all")


@dataclass(frozen=True)
class Look:
    """How maps are drawn: which colours, on which photograph, how they lie over it, whether all on one scale; and
    whether they are stretched over it, or each cell lies where it looks."""

    colors: str
    photograph: str
    drawing: Drawing
    is_shared: bool
    is_stretched: bool

    def scale(self, attribution: Attribution) -> Scale:
        """The scale of a map by itself."""
        return own_scale(attribution, self.colors)

    def places(self, network: Network, layer: str | None) -> Places | None:
        """Where the cells of a layer's map are drawn; None where it covers the picture, as a map of pixels does."""
        return None if layer is None or self.is_stretched else network.places(layer)

    def of(self, attribution: Attribution) -> Places | None:
        """Where the cells of an answer are drawn: those of its layer, or pixels."""
        return None if self.is_stretched else attribution.places

    def photo(self, trace: Trace) -> Pixels:
        """The picture under the maps."""
        return trace.view(photograph, self.photograph)


def controls(selection: Selection) -> tuple[MapRequest, Look]:
    """What is explained, by which method, where, and how it is drawn; all of it kept in the link."""
    network = selection.network
    what, how, where = st.columns(3)
    with what:
        kind = pick_one("Explain", _KINDS, "explain")
    target = _pick_target(selection, kind)
    methods = {card.title: key for key, card in methods_of(network).items()}
    with how:
        method = methods[pick_one("Method", methods, "method")]
    card, layer = METHODS[method], None
    if network.has_maps:
        with where:
            first = default_layer(network, target)
            names = dict.fromkeys([first, *network.stages, *network.layers])
            layer = pick_one("Layer", names, "evidence_layer", disabled=not card.uses_layer)
    with st.container(horizontal=True, vertical_alignment="center"):
        signed = st.toggle(
            "Signed", key="signed", **KEPT_IN_LINK,
            help="Shows what speaks against it as well, in blue",
        )  # fmt: skip
        cells = st.toggle("Show the real cells", key="cells", persist_state="session", disabled=not card.uses_layer)
        options = _pick_options(network, method)
        with st.popover("Drawing"):
            colors = pick_one("Colours", SEQUENTIAL, "colors", disabled=signed)
            if signed:
                st.caption("Signed maps are blue below 0, white at 0, red above.")
            kind = pick_one("Photograph under the map", PHOTOGRAPHS, "photograph")
            blend = pick_one("Laid over it", BLENDS, "blend")
            scale = pick_one("Scale", _SCALES, "map_scale")
            stages = [stage for stage in network.stages if network.layer(stage).is_spatial]
            is_stretched = pick_stretched(network, *filter(None, [layer, *stages]))
        with st.popover("About this method"):
            _card(card)
    request = MapRequest(method, target, layer if card.uses_layer else None, options, signed)
    return request, Look(colors, kind, Drawing(cells, blend), scale == _SCALES[1], is_stretched)


def _pick_target(selection: Selection, kind: str) -> Target:
    trace, network = selection.trace, selection.network
    assert trace.target is not None  # a selection's trace has one
    if kind == _KINDS[0]:
        return Target(trace.target)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if kind == _KINDS[1]:
            names = class_names(network)
            likely = [names[p.index] for p in trace.top(len(names)) if p.index != trace.target]
            other = pick_one(f"“{plain(names[trace.target])}” and not", likely, "against")
            return Target(trace.target, against=names.index(other))
        first = [network.cam_layer] if network.has_maps else []
        layer = pick_one("of layer", dict.fromkeys([*first, *network.stages, *network.layers]), "unit_layer")
        channel = pick_channel(network, layer)
        place = pick_place(trace, layer, channel)[1:] if kind == _KINDS[3] else ()
    return Target(channel, layer=layer, place=(place[0], place[1]) if len(place) == 2 else None)


def _pick_options(network: Network, method: str) -> tuple[tuple[str, OptionValue], ...]:
    """A value for each option of the method; what counts pixels has a widget for each size of input."""
    side, card = network.preprocessing.size, METHODS[method]
    if not card.options:
        return ()
    found: list[tuple[str, OptionValue]] = []
    with st.popover("Settings"):
        for general, option in zip(card.options, card.options_at(side), strict=True):
            key = f"{method}_{option.name}" + (f"_{side}" if general.of_side else "")
            label = f"{option.name}: {option.meaning}"
            if option.choices:
                ordered = dict.fromkeys([str(option.default), *option.choices])
                found.append((option.name, pick_one(label, ordered, key)))
            else:
                kind = int if option.is_whole else float
                low, high, value = (kind(number) for number in (option.low, option.high, option.default))
                number = st.number_input(label, low, high, value, key=key, **KEPT_IN_LINK)
                found.append((option.name, kind(number)))
    return tuple(found)


def _card(card: Method) -> None:
    st.markdown(f"**{card.title}**")
    st.code(card.formula, language=None, wrap_lines=True)
    st.markdown(
        f"**Good for:** {plain(card.good_for)}.  \n**Weak:** {plain(card.weaknesses)}.  \n"
        f"**Needs:** {plain(card.needs)}.  \n**Costs:** {plain(card.cost)}.  \n{plain(card.paper)}"
    )
