"""Maps of evidence for the browser, which draws them: those that are read off a pass at all stages, for the classes
that a person may choose next; and any other answer as it is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...attribution import METHODS, Attribution
from ...attribution.files import maps_file
from ...attribution.method import FORWARD_AND_BACK
from ...attribution.sentences import heading, name, rival, unit_of
from ...drawing.packing import packed
from ...drawing.picture import png_of_pixels
from ...drawing.placing import note
from ...networks.cost import is_quick
from ...networks.network import Network
from ...targets import Target, default_layer
from ...trace import Trace, run
from ...wording import percent
from ..elements.bar import asked_layer
from ..elements.evidence import MapLayer, Maps, MapTarget
from ..elements.further import further_classes
from ..elements.media import file_url
from ..elements.overlay import Photo
from ..elements.viewer import PACKED
from ..frame.boundary import fragment
from ..frame.session import Selection, choose
from .controls import SCALES, Look
from .requests import MapRequest

N_CLASSES = 5
_WANTED = "evidence-wanted"


def read_off(method: str) -> str:
    """The method, or Grad-CAM where it takes more than the recorded pass."""
    return method if METHODS[method].signed_map is not None else "grad_cam"


def stages_with_maps(trace: Trace) -> list[str]:
    """The stages with maps that lead to what is explained; where none does, the layer it belongs to."""
    network = trace.network
    found = [s for s in network.stages if network.layer(s).is_spatial and trace.has_gradient(s)]
    assert trace.explained is not None  # it was run for a target
    return found or [default_layer(network, trace.explained)]


def heading_of(trace: Trace, target: Target) -> str:
    """What a map is of, at the head of it: of a class also how likely it is."""
    if not target.is_class:
        return heading(trace.network, target)
    rank = "The top class" if target.index == trace.top(1)[0].index else "Class"
    rank = "The runner-up" if target.index in [p.index for p in trace.top(2)[1:]] else rank
    return f"{rank}, {name(trace.network, target)}: {percent(trace.prediction(target.index).probability)}"


def maps_of_pass(
    selection: Selection, request: MapRequest, look: Look, at: str | None = None, further: Sequence[int] = ()
) -> Maps:
    """What a method reads off the pass at every stage, and at the layer `at`: for what is explained and what it is
    compared with, the `further` classes, and those likely ones that are worked out already."""
    network, trace = selection.network, selection.trace
    pair = pair_of(trace, request.target)
    method, layers = read_off(request.method), layers_of(selection.explaining(request.target), at)
    likely = [p.index for p in trace.top(N_CLASSES)] if request.target.is_class else []
    others = [Target(i) for i in dict.fromkeys([*further, *likely]) if Target(i) not in pair]
    targets = []
    for place, target in enumerate([*pair, *others]):
        key = method, tuple(layers), request.signed, target
        file: bytes | None
        if target in pair or target.index in further:
            file = _file(selection, *key, is_kept=True)
        else:
            file = selection.evidence.find(key)
        index = target.index if target.is_class else place
        url = None if file is None else file_url(file, PACKED, f"evidence-{index}")
        targets.append(MapTarget(index, name(network, target), heading_of(trace, target), url))
    return Maps(
        METHODS[method].title,
        unit_of(method, request.target),
        [_layer(network, layer, look) for layer in layers],
        targets,
        0 if at is None else layers.index(at),
        tuple(one.index for one in targets[: len(pair)]),
        *_drawn(trace, request, look),
        asked=asked_layer(network),
        leads=_leads(network, layers) if request.target.is_class else {},
        likeliest=likely[:2],
    )  # fmt: skip


def maps_found(selection: Selection, requests: Sequence[MapRequest], found: Sequence[Attribution], look: Look) -> Maps:
    """Answers that took more than the pass, each as it is."""
    trace, network, first = selection.trace, selection.network, found[0]
    targets = []
    for i, (request, one) in enumerate(zip(requests, found, strict=False)):
        scale, url = look.scale(one), file_url(packed(one.values), PACKED, f"evidence-found-{i}")
        title = heading_of(trace, request.target)
        targets.append(MapTarget(i, name(network, request.target), title, url, (scale.low, scale.high)))
    is_of_cells = first.layer is not None and first.values.shape == network.layer(first.layer).size
    layer = MapLayer(
        first.layer or "the pixels",
        (first.values.shape[0], first.values.shape[1]),
        look.of(first),
        network.layer(first.layer).receptive_field if is_of_cells and first.layer else None,
        is_of_cells and not look.drawing.cells,
        note(first.places, look.of(first)),
    )
    return Maps(
        METHODS[first.method].title, unit_of(first.method, requests[0].target), [layer], targets, 0,
        tuple(range(len(targets))), *_drawn(trace, requests[0], look),
    )  # fmt: skip


@fragment
def likely_classes_ahead(selection: Selection, request: MapRequest, maps: Maps) -> None:
    """Once the page is at rest, the maps of the other classes that a person is offered, where their passes take no more
    than a second: a part of its own, so that nothing else is drawn anew."""
    group = next(target.url for target in maps.targets if target.index == maps.pair[0])
    missing = [target.index for target in maps.targets if target.url is None]
    if group is None or not missing or not is_quick(selection.network, FORWARD_AND_BACK * len(missing)):
        return
    urls = None
    if st.session_state.get(_WANTED) == group:
        layers = tuple(layers_of(selection.explaining(request.target), request.layer))
        files = {i: _file(selection, request.method, layers, request.signed, Target(i), False) for i in missing}
        urls = {i: file_url(file, PACKED, f"evidence-ahead-{i}") for i, file in files.items()}
    further_classes(group, urls, "evidence-ahead", lambda: choose(_WANTED, group))


def pair_of(trace: Trace, target: Target) -> list[Target]:
    """What is explained, and what it is best compared with, if anything."""
    other = rival(trace, target)
    return [target] if other is None else [target, other]


def layers_of(trace: Trace, at: str | None) -> list[str]:
    """The stages with maps, and a layer besides."""
    stages = stages_with_maps(trace)
    return stages if at is None or at in stages else [*stages, at]


def _file(
    selection: Selection, method: str, layers: tuple[str, ...], signed: bool, target: Target, is_kept: bool
) -> bytes:
    """The maps at these layers; the pass itself, a hundred times as large, is kept where more is asked of it."""

    def trace() -> Trace:
        if is_kept:
            return selection.explaining(target)
        return run(selection.network, selection.image, target.index)

    return selection.evidence.get((method, layers, signed, target), lambda: maps_file(trace(), method, layers, signed))


def _layer(network: Network, name: str, look: Look) -> MapLayer:
    layer, drawn = network.layer(name), look.places(network, name)
    size = layer.size[0], layer.size[1]
    return MapLayer(
        layer.name, size, drawn, layer.receptive_field, not look.drawing.cells, note(network.places(name), drawn)
    )


def _leads(network: Network, layers: Sequence[str]) -> dict[str, int]:
    """At which of the layers each stage is shown: one without maps at the last before it that has some."""
    near = {stage: network.nearest_with_maps(stage) for stage in network.stages}
    return {stage: layers.index(layer) for stage, layer in near.items() if layer in layers}


def _drawn(trace: Trace, request: MapRequest, look: Look) -> tuple[Photo, str, bool, str, str, float, bool]:
    photo = Photo(png_of_pixels(look.photo(trace)), trace.prepared.size)
    scale = SCALES[int(look.is_shared)]
    return photo, look.colors, request.signed, scale, SCALES[1], look.drawing.opacity, look.drawing.fades
