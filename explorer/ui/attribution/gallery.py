"""Many maps of evidence side by side: through depth, of several methods, of several classes, and of layers in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from ...attribution import FUSIONS, METHODS, class_activation_map, fuse, snippets
from ...attribution.figures import laid_over_png, map_scale, one_scale, row_of_maps, sheet_of_maps
from ...attribution.sentences import classes_sentence, depth_sentence, fusion_sentence, name, unit_of
from ...drawing.color import Scale
from ...drawing.picture import enlarge
from ...drawing.placing import note
from ...elements.evidence import MapRow
from ...elements.legend import legend
from ...elements.maps import read_off, stages_with_maps
from ...errors import ExplorerError
from ...networks.network import Network
from ...targets import Target, class_names
from ...trace import FloatArray
from ...wording import percent, plural
from ..elements.choice import Choice, Chooses
from ..elements.grid import grid
from ..elements.pickers import pick_one, picture
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.progress import pressed
from ..frame.session import KEPT_IN_LINK, Selection, choose
from ..frame.takeaway import setting, take_away
from .controls import Look
from .large_map import run_growing
from .maps import N_CLASSES, maps_of_pass
from .requests import Gathered, MapRequest, by_another, changed_options, expression, gather, methods_of, passes

_COLUMNS = 4  # of methods: on a phone still large enough to be told apart


def depth_strip(selection: Selection, request: MapRequest, look: Look) -> None:
    """The same method at every stage that has maps; choosing one shows it large."""
    trace = selection.explaining(request.target)
    method, stages = read_off(request.method), stages_with_maps(trace)
    maps = [trace.view(class_activation_map, method, stage, request.signed) for stage in stages]
    places = [look.places(trace.network, stage) for stage in stages]
    drawn = maps_of_pass(selection, request, look)
    strip(
        MapRow(
            drawn,
            [(at, drawn.pair[0]) for at in range(len(stages))],
            f"{METHODS[method].title}, one scale for all stages, {unit_of(method, request.target)}"
            f"{_note(trace.network, stages, look)}",
        ),
        [(stage, _sizes(values)) for stage, values in zip(stages, maps, strict=True)],
        alt=f"{METHODS[method].title} at every stage",
        key="depth",
        width=150,
        choice=Choice(
            [
                f"{METHODS[method].title} at {stage}, {_sizes(values)}"
                for stage, values in zip(stages, maps, strict=True)
            ],
            stages.index(request.layer) if request.layer in stages else None,
            lambda i: _show(method, stages[i]),
            chooses=Chooses("layer", stages) if request.target.is_class else None,
        ),
    )
    take_away(
        depth_sentence(request.method, method),
        "depth",
        lambda: row_of_maps(look.photo(trace), maps, _scales(maps, look, request.signed), look.drawing, places),
        lambda: [enlarge(values, *trace.prepared.size, at) for values, at in zip(maps, places, strict=True)],
        snippets.evidence_through_depth(
            setting(selection), method, expression(request.target), stages, request.signed, any(places)
        ),
    )  # fmt: skip


def _show(method: str, layer: str) -> None:
    choose("method", METHODS[method].title)
    choose("layer", layer)


def _scales(maps: Sequence[FloatArray], look: Look, signed: bool) -> list[Scale]:
    scales = [map_scale(values, look.colors, signed, False) for values in maps]
    return [one_scale(scales)] * len(scales) if look.is_shared else scales


def _note(network: Network, layers: Sequence[str], look: Look) -> str:
    """Whether maps of these layers are stretched over the picture, where that makes a difference."""
    truly = next(filter(None, map(network.places, layers)), None)
    return note(truly, None if look.is_stretched else truly)


def _sizes(values: FloatArray) -> str:
    height, width = values.shape
    return f"{height} × {width}, {_reach(values)}"


def _reach(values: FloatArray) -> str:
    low, high = float(values.min()), float(values.max())
    if low < 0:
        return f"{low:.2g} to {high:.2g}"
    return f"up to {high:.3g}" if high > 0 else "nothing positive"


def methods(selection: Selection, request: MapRequest, look: Look) -> None:
    """All methods for the same number; what takes long is there once somebody has asked for it."""
    network, trace = selection.network, selection.trace
    asked = [by_another(network, request, method) for method in methods_of(network)]
    gathered = gather(selection, asked, "methods-soon")
    if gathered.missing:
        n, is_asked = sum(passes(network, one) for one in gathered.missing), pressed("run-methods")
        ask = st.empty()
        ask.button(
            f"Run the other {len(gathered.missing)} too: {plural(n, 'pass', 'passes')}",
            key="run-methods",
            disabled=is_asked,
        )
        if is_asked:
            _run_all(selection, gathered, look)
            ask.empty()
    found = [gathered.found[one] for one in asked if one in gathered.found]
    for sentence in gathered.sentences():
        st.caption(plain(sentence))
    if not found:
        return
    photo, scales = look.photo(trace), [look.scale(one) for one in found]
    places = [look.of(one) for one in found]
    png = sheet_of_maps(photo, [one.values for one in found], scales, look.drawing, _COLUMNS, places)
    titles = [METHODS[one.method].title for one in found]
    grid(
        png,
        _COLUMNS,
        Choice(
            [f"{title}, {_reach(one.values)}" for title, one in zip(titles, found, strict=True)],
            next((i for i, one in enumerate(found) if one.method == request.method), None),
            lambda i: choose("method", titles[i]),
        ),
        alt=f"Maps of {plural(len(found), 'method')} for {name(network, request.target)}",
        key="methods",
        captions=titles,
    )
    take_away(
        "The same number, explained by each method. Their units differ, so each map has its own scale. Where they "
        "disagree, at least one of them misleads. Choose one to see it large.",
        "methods",
        lambda: png,
        lambda: [enlarge(one.values, *trace.prepared.size, at) for one, at in zip(found, places, strict=True)],
        snippets.evidence_of_methods(
            setting(selection), {one.method: changed_options(one, network) for one in found},
            expression(request.target), asked[0].layer, request.signed, any(places),
        ),
    )  # fmt: skip


def _run_all(selection: Selection, gathered: Gathered, look: Look) -> None:
    """Work out what takes long, one method after another."""
    work, figure = st.container(), st.columns([2, 3])[0].empty()
    for one in gathered.missing:
        with work:
            try:
                gathered.found[one] = run_growing(selection, one, look, figure)
            except ExplorerError as error:
                gathered.refuse(one, error)
    figure.empty()


def classes(selection: Selection, request: MapRequest, look: Look) -> None:
    """The same method and layer for the likeliest classes, and for the chosen one."""
    network, trace = selection.network, selection.trace
    method = read_off(request.method)
    layer = request.layer or network.cam_layer
    indices = [p.index for p in trace.top(N_CLASSES)]
    if trace.target not in indices and trace.target is not None:
        indices[-1] = trace.target
    maps = [selection.explaining(Target(i)).view(class_activation_map, method, layer, request.signed) for i in indices]
    asked = replace(request, target=Target(indices[0]))
    drawn = maps_of_pass(selection, asked, look, layer, indices)
    found = [trace.prediction(i) for i in indices]
    strip(
        MapRow(
            drawn,
            [(drawn.layer, index) for index in indices],
            f"{METHODS[method].title} at {layer}, one scale for all classes, {unit_of(method, Target(0))}"
            f"{_note(network, [layer], look)}",
        ),
        [(p.category, f"{percent(p.probability)}, {_reach(m)}") for p, m in zip(found, maps, strict=True)],
        alt=f"{METHODS[method].title} at {layer} for {plural(len(found), 'class', 'classes')}",
        key="classes",
        width=170,
        choice=Choice(
            [f"{p.category}, {_reach(m)}" for p, m in zip(found, maps, strict=True)],
            indices.index(trace.target) if trace.target in indices else None,
            lambda i: choose("class", class_names(network)[indices[i]]),
            chooses=Chooses("class", indices, is_said=True),
        ),
    )
    take_away(
        classes_sentence(request.method, method, layer),
        "classes",
        lambda: row_of_maps(
            look.photo(trace), maps, _scales(maps, look, request.signed), look.drawing,
            [look.places(network, layer)] * len(maps),
        ),
        lambda: maps,
        snippets.evidence_of_classes(setting(selection), method, indices, layer, request.signed),
    )  # fmt: skip


def fusion(selection: Selection, request: MapRequest, look: Look) -> None:
    """The maps of several stages in one."""
    trace = selection.explaining(request.target)
    method, stages = read_off(request.method), stages_with_maps(trace)
    left, right = st.columns([3, 1])
    with left:
        chosen = st.multiselect(
            "Layers",
            stages,
            default=stages[1:] or stages,
            key=f"fused_{trace.network.name}",
            **KEPT_IN_LINK,
        )
    with right:
        how = pick_one("Combined by", FUSIONS, "fusion")
    layers = [stage for stage in stages if stage in chosen]
    maps = [trace.view(class_activation_map, method, layer) for layer in layers]
    places = [look.places(trace.network, layer) for layer in layers]
    fused = fuse(maps, trace.prepared.size, how, places)
    scale, smooth = Scale(0.0, 1.0, look.colors), replace(look.drawing, cells=False)
    photo = look.photo(trace)
    shown, beside = st.columns([2, 3], gap="medium")
    with shown:
        picture(
            laid_over_png(photo, fused, scale, smooth),
            alt=f"The {how} of {plural(len(layers), 'map')} over the picture",
        )
    with beside:
        drawn = replace(maps_of_pass(selection, replace(request, signed=False), look), shared="")  # each by itself
        strip(
            MapRow(drawn, [(stages.index(layer), drawn.pair[0]) for layer in layers]),
            [(layer, _sizes(values)) for layer, values in zip(layers, maps, strict=True)],
            alt=f"{METHODS[method].title} at {plural(len(layers), 'layer')}",
            key="fused-layers",
            width=120,
            legend=legend(
                scale, f"the {how}, each layer on its own scale first; no unit{_note(trace.network, layers, look)}"
            ),
        )
        take_away(
            fusion_sentence(request.method, method, len(layers)),
            "fused",
            partial(laid_over_png, photo, fused, scale, smooth),
            lambda: fused,
            snippets.fused_evidence(setting(selection), method, expression(request.target), layers, how, any(places)),
        )


def many_maps(selection: Selection, request: MapRequest, look: Look) -> None:
    """The ways to look at many maps; only what is open is worked out."""
    views = {"Methods": methods}
    if selection.network.has_maps:
        views = {"Through depth": depth_strip, **views, "Classes": classes, "Layers in one": fusion}
    tabs = st.tabs(list(views), key="maps", on_change="rerun", bind="query-params")
    for tab, draw in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                draw(selection, request, look)
