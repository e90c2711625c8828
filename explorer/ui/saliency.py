"""The page on saliency: what is asked, of which method, how the answer is drawn, and where answers are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st

from .. import snippets
from ..attribution import METHODS, Attribution, Method, OptionValue, explain
from ..errors import ExplorerError
from ..figures.color import SEQUENTIAL, Scale
from ..figures.picture import Pixels
from ..figures.saliency import BLENDS, PHOTOGRAPHS, Drawing, map_scale, photograph
from ..networks.network import Network
from ..saliency_summary import n_passes, takes_long
from ..targets import Target, default_layer
from ..trace import FloatArray, Trace
from .boundary import plain
from .convolution import pick_place
from .session import Selection
from .widgets import class_names, pick_channel, pick_one

_KINDS = ("one class", "one class and not another", "a channel", "one unit of a channel")
_SCALES = ("each map its own", "one for all")


@dataclass(frozen=True)
class MapRequest:
    """What is asked of a method; equal requests about one picture and network have one answer."""

    method: str
    target: Target
    layer: str | None  # None for a method that explains the pixels
    options: tuple[tuple[str, OptionValue], ...] = ()
    signed: bool = False


@dataclass(frozen=True)
class Look:
    """How maps are drawn: which colours, on which photograph, how they lie over it, whether all on one scale."""

    colors: str
    photograph: str
    drawing: Drawing
    is_shared: bool

    def scale(self, attribution: Attribution) -> Scale:
        """The scale of a map by itself."""
        return own_scale(attribution, self.colors)

    def photo(self, trace: Trace) -> Pixels:
        """The picture under the maps."""
        return trace.view(photograph, self.photograph)


def explained(
    selection: Selection, request: MapRequest, progress: Callable[[int, int, FloatArray | None], None] | None = None
) -> Attribution:
    """The answer to a request, worked out once for all visitors. Raises as `attribute` does."""
    return selection.attributions.get(
        request,
        lambda: explain(
            selection.explaining(request.target), request.method, request.layer, signed=request.signed,
            progress=progress, **dict(request.options),
        ),
    )  # fmt: skip


def at_hand(selection: Selection, request: MapRequest) -> Attribution | None:
    """The answer if it is there, or within a second: None for what takes longer and has not been asked for."""
    if is_soon(selection.network, request):
        return explained(selection, request)
    return selection.attributions.find(request)


def is_soon(network: Network, request: MapRequest) -> bool:
    """Whether the answer is there within a second, and need not be asked for."""
    return not takes_long(network, request.method, request.layer, dict(request.options))


@dataclass(frozen=True)
class Gathered:
    """Answers to several requests: those that are there, those that would take long, and the sentences that others
    gave instead, each with the titles of its methods."""

    found: dict[MapRequest, Attribution] = field(default_factory=dict)
    missing: list[MapRequest] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, request: MapRequest, error: ExplorerError) -> None:
        """Keep the sentence that a method gave."""
        self.refused.setdefault(str(error), []).append(METHODS[request.method].title)

    def sentences(self) -> list[str]:
        """What was said instead of a map, and by which methods."""
        return [f"{', '.join(titles)}: {sentence}" for sentence, titles in self.refused.items()]


def gather(
    selection: Selection, asked: Sequence[MapRequest], progress: Callable[[int, int], None] | None = None
) -> Gathered:
    """What is at hand of several requests."""
    gathered = Gathered()
    for i, one in enumerate(asked):
        if progress is not None:
            progress(i, len(asked))
        try:
            answer = at_hand(selection, one)
        except ExplorerError as error:
            gathered.refuse(one, error)
            continue
        if answer is None:
            gathered.missing.append(one)
        else:
            gathered.found[one] = answer
    return gathered


def methods_of(network: Network) -> dict[str, Method]:
    """The methods that have something to say about it: without maps, those that explain the pixels."""
    return {method: card for method, card in METHODS.items() if network.has_maps or not card.uses_layer}


def by_another(network: Network, request: MapRequest, method: str) -> MapRequest:
    """The same asked of another method, with its defaults; of the chosen one, with what was set."""
    if method == request.method:
        return request
    card = METHODS[method]
    options = tuple((option.name, option.default) for option in card.options_at(network.preprocessing.size))
    layer = (request.layer or default_layer(network, request.target)) if card.uses_layer else None
    return MapRequest(method, request.target, layer, options, request.signed)


def passes(network: Network, request: MapRequest) -> int:
    """About how many passes the answer takes."""
    return n_passes(network, request.method, request.layer, dict(request.options))


def own_scale(attribution: Attribution, colors: str) -> Scale:
    """The scale of a map by itself; that of pixels by gradients ends at a percentile."""
    of_pixels, card = attribution.pixels is not None, METHODS[attribution.method]
    return map_scale(attribution.values, colors, attribution.signed, of_pixels, card.is_level)


def changed_options(asked: MapRequest | Attribution, network: Network) -> dict[str, OptionValue]:
    """The options that are not what they are unless somebody sets them."""
    usual = {option.name: option.default for option in METHODS[asked.method].options_at(network.preprocessing.size)}
    return {key: value for key, value in dict(asked.options).items() if value != usual[key]}


def expression(target: Target) -> str:
    """The target as code names it."""
    return snippets.target_expression(target.index, target.against, target.layer, target.place)


def in_code(request: MapRequest, network: Network) -> snippets.Asked:
    """The request as code makes it."""
    options = changed_options(request, network)
    return snippets.Asked(request.method, expression(request.target), request.layer, request.signed, options)


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
            "Signed", key="signed", bind="query-params", persist_state="session",
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
        with st.popover("About this method"):
            _card(card)
    request = MapRequest(method, target, layer if card.uses_layer else None, options, signed)
    return request, Look(colors, kind, Drawing(cells, blend), scale == _SCALES[1])


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
                number = st.number_input(label, low, high, value, key=key, bind="query-params", persist_state="session")
                found.append((option.name, kind(number)))
    return tuple(found)


def _card(card: Method) -> None:
    st.markdown(f"**{card.title}**")
    st.code(card.formula, language=None, wrap_lines=True)
    st.markdown(
        f"**Good for:** {plain(card.good_for)}.  \n**Weak:** {plain(card.weaknesses)}.  \n"
        f"**Needs:** {plain(card.needs)}.  \n**Costs:** {plain(card.cost)}.  \n{plain(card.paper)}"
    )
