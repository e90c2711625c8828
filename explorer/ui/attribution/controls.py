"""The page on saliency: the controls that say what is asked, of which method, and how the answer is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ...attribution import METHODS, Attribution, Method, OptionValue
from ...attribution.figures import BLENDS, PHOTOGRAPHS, Drawing, own_scale, photograph
from ...drawing.color import SEQUENTIAL, Scale
from ...drawing.picture import Pixels, png_of_pixels
from ...geometry import Places
from ...networks.network import Network
from ...targets import Target, class_names, default_layer
from ...trace import Trace
from ..elements.bar import Chosen
from ..elements.boxes import Box, boxes
from ..elements.pickers import pick_one, pick_place, pick_stretched
from ..frame.boundary import plain
from ..frame.link import keep, say_unmet
from ..frame.session import KEPT_IN_LINK, Selection, choose
from .requests import MapRequest, methods_of

_KINDS = ("one class", "one class and not another", "a channel", "one unit of a channel")
SCALES = ("each map its own", "one for all")


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

    def png(self, selection: Selection) -> bytes:
        """The same for the browser."""
        return selection.photos.get(self.photograph, lambda: png_of_pixels(self.photo(selection.trace)))


def controls(selection: Selection, chosen: Chosen) -> tuple[MapRequest, Look]:
    """What is explained, by which method, where, and how it is drawn; all of it kept in the link. A class is explained
    at the chosen layer; a channel of that layer at one before it, which has a box of its own."""
    network = selection.network
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        kind = pick_one("Explain", _KINDS, "explain", is_in_row=True)
        target = _pick_target(selection, chosen, kind)
        methods = {card.title: key for key, card in methods_of(network).items()}
        method = methods[pick_one("Method", methods, "method", is_in_row=True)]
        card, layer = METHODS[method], None
        if network.has_maps:
            first = default_layer(network, target)
            layer = network.nearest_with_maps(chosen.asked) if target.is_class else first
            if not target.is_class:
                names = dict.fromkeys([first, *network.stages, *network.layers])
                layer = pick_one("At layer", names, "map_layer", disabled=not card.uses_layer, is_in_row=True)
        signed = st.toggle(
            "Signed", key="signed", **KEPT_IN_LINK,
            help="Shows what speaks against it as well, in blue",
        )  # fmt: skip
        options = _pick_options(network, method)
        with st.popover("Drawing"):
            colors, scale = _pick_look(signed)
            if signed:
                st.caption("Signed maps are blue below 0, white at 0, red above.")
            kind = pick_one("Photograph under the map", PHOTOGRAPHS, "photograph")
            blend = pick_one("Laid over it", BLENDS, "blend")
            cells = st.toggle("Show the real cells", key="cells", persist_state="session", disabled=not card.uses_layer)
            stages = [stage for stage in network.stages if network.layer(stage).is_spatial]
            is_stretched = pick_stretched(network, *filter(None, [layer, *stages]))
        with st.popover("About it"):
            _card(card)
    request = MapRequest(method, target, layer if card.uses_layer else None, options, signed)
    return request, Look(colors, kind, Drawing(cells, blend), scale == SCALES[1], is_stretched)


def _pick_look(signed: bool) -> tuple[str, str]:
    """The colours, and whether one scale holds for all maps: what the browser draws anew without the server."""
    options = {"colors": tuple(SEQUENTIAL), "map_scale": SCALES}
    colors, scale = (keep(key, names) for key, names in options.items())
    boxes(
        [Box("colors", "Colours", options["colors"], colors, signed), Box("map_scale", "Scale", SCALES, scale)],
        "look",
        choose,
    )
    for key, names in options.items():
        say_unmet(key, names)
    return colors, scale


def _pick_target(selection: Selection, chosen: Chosen, kind: str) -> Target:
    trace = selection.trace
    assert trace.target is not None  # a selection's trace has one
    if kind == _KINDS[0]:
        return Target(trace.target)
    if kind == _KINDS[1]:
        names = class_names(trace.network)
        likely = [names[p.index] for p in trace.top(len(names)) if p.index != trace.target]
        other = pick_one(f"“{plain(names[trace.target])}” and not", likely, "against", is_in_row=True)
        return Target(trace.target, against=names.index(other))
    place = pick_place(trace, chosen.layer, chosen.channel)[1:] if kind == _KINDS[3] else ()
    return Target(chosen.channel, layer=chosen.layer, place=(place[0], place[1]) if len(place) == 2 else None)


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
                form = None if option.is_whole else "%g"  # two digits behind the point would show a millionth as 0
                number = st.number_input(label, low, high, value, format=form, key=key, **KEPT_IN_LINK)
                found.append((option.name, kind(number)))
    return tuple(found)


def _card(card: Method) -> None:
    st.markdown(f"**{card.title}**")
    st.code(card.formula, language=None, wrap_lines=True)
    st.caption(plain(f"Here {card.symbols}."))
    st.markdown(
        f"**Good for:** {plain(card.good_for)}.  \n**Weak:** {plain(card.weaknesses)}.  \n"
        f"**Needs:** {plain(card.needs)}.  \n**Costs:** {plain(card.cost)}.  \n{plain(card.paper)}"
    )
