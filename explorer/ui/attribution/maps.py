"""Maps of evidence for the browser, which draws them: those that are read off a pass at all stages, for the classes
that a person may choose next; and any other answer as it is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...attribution import METHODS, Attribution
from ...attribution.files import maps_file
from ...attribution.method import FORWARD_AND_BACK
from ...attribution.sentences import name, unit_of
from ...drawing.packing import packed
from ...drawing.placing import note
from ...elements.evidence import MapLayer, Maps, MapTarget
from ...elements.maps import heading_of, layers_of, leads, map_layer, pair_of, read_off
from ...elements.overlay import Photo
from ...elements.view import File
from ...networks.cost import is_quick
from ...targets import Target
from ...trace import Trace, run
from ..elements.bar import asked_layer
from ..elements.further import further_classes
from ..elements.media import file_url
from ..frame.boundary import fragment
from ..frame.session import Selection, choose
from .controls import SCALES, Look
from .requests import MapRequest

N_CLASSES = 5
_WANTED = "evidence-wanted"


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
        sent = None if file is None else File(file)
        targets.append(MapTarget(index, name(network, target), heading_of(trace, target), sent))
    return Maps(
        METHODS[method].title,
        unit_of(method, request.target),
        [map_layer(network, layer, look.places(network, layer), not look.drawing.cells) for layer in layers],
        targets,
        0 if at is None else layers.index(at),
        tuple(one.index for one in targets[: len(pair)]),
        *_drawn(selection, request, look),
        asked=asked_layer(network),
        leads=leads(network, layers) if request.target.is_class else {},
        likeliest=likely[:2],
    )  # fmt: skip


def maps_found(selection: Selection, requests: Sequence[MapRequest], found: Sequence[Attribution], look: Look) -> Maps:
    """Answers that took more than the pass, each as it is."""
    trace, network, first = selection.trace, selection.network, found[0]
    targets = []
    for i, (request, one) in enumerate(zip(requests, found, strict=False)):
        scale = look.scale(one)
        title = heading_of(trace, request.target)
        targets.append(
            MapTarget(i, name(network, request.target), title, File(packed(one.values)), (scale.low, scale.high))
        )
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
        tuple(range(len(targets))), *_drawn(selection, requests[0], look),
    )  # fmt: skip


@fragment
def likely_classes_ahead(selection: Selection, request: MapRequest, maps: Maps) -> None:
    """Once the page is at rest, the maps of the other classes that a person is offered, where their passes take no more
    than a second: a part of its own, so that nothing else is drawn anew."""
    group = next(target.file for target in maps.targets if target.index == maps.pair[0])
    missing = [target.index for target in maps.targets if target.file is None]
    if group is None or not missing or not is_quick(selection.network, FORWARD_AND_BACK * len(missing)):
        return
    further = None
    address = file_url(group.content, group.kind, "evidence-group")  # as that of the map itself: equal files share one
    if st.session_state.get(_WANTED) == address:
        layers = tuple(layers_of(selection.explaining(request.target), request.layer))
        files = {i: _file(selection, request.method, layers, request.signed, Target(i), False) for i in missing}
        further = {i: File(file) for i, file in files.items()}
    further_classes(address, further, "evidence-ahead", lambda: choose(_WANTED, address))


def _file(
    selection: Selection, method: str, layers: tuple[str, ...], signed: bool, target: Target, is_kept: bool
) -> bytes:
    """The maps at these layers; the pass itself, a hundred times as large, is kept where more is asked of it."""

    def trace() -> Trace:
        if is_kept:
            return selection.explaining(target)
        return run(selection.network, selection.image, target.index, at=layers)

    return selection.evidence.get((method, layers, signed, target), lambda: maps_file(trace(), method, layers, signed))


def _drawn(selection: Selection, request: MapRequest, look: Look) -> tuple[Photo, str, bool, str, str, float, bool]:
    photo = Photo(look.png(selection), selection.trace.prepared.size)
    scale = SCALES[int(look.is_shared)]
    return photo, look.colors, request.signed, scale, SCALES[1], look.drawing.opacity, look.drawing.fades
