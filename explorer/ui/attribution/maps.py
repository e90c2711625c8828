"""Maps of evidence for the browser, which draws them: those that are read off a pass at all stages, for the classes
that a person may choose next; and any other answer as it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

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
    selection: Selection, request: MapRequest, look: Look, at: str | None = None, further: Sequence[int] = (),
    is_begun: bool = False,
) -> Maps:  # fmt: skip
    """What a method reads off the pass at every stage, and at the layer `at`: for what is explained and what it is
    compared with, the `further` classes, and those likely ones that are worked out already. Of what `is_begun` the maps
    at that layer are there at once, since they take only what of the network comes behind it, and the others where they
    are worked out already."""
    network, trace = selection.network, selection.trace
    pair = pair_of(trace, request.target)
    method, layers = read_off(request.method), layers_of(selection.explaining(request.target), at)
    likely = [p.index for p in trace.top(N_CLASSES)] if request.target.is_class else []
    others = [Target(i) for i in dict.fromkeys([*further, *likely]) if Target(i) not in pair]
    targets = []
    for place, target in enumerate([*pair, *others]):
        key = method, tuple(layers), request.signed, target
        is_asked = target in pair or target.index in further
        file = _file(selection, *key) if is_asked and not is_begun else selection.evidence.find(key)
        first = None
        if is_asked and file is None and at is not None:
            first = File(_file(selection, method, (at,), request.signed, target))
        index = target.index if target.is_class else place
        sent = None if file is None else File(file)
        called, heading = name(network, target), heading_of(trace, target)
        targets.append(MapTarget(index, called, heading, sent, first=first))
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
def maps_ahead(selection: Selection, request: MapRequest, maps: Maps) -> None:
    """Once the page is at rest, the maps at the other stages, and those of the other classes that a person is offered,
    where their passes take no more than a second: a part of its own, so that nothing else is drawn anew."""
    shown = next(target for target in maps.targets if target.index == maps.pair[0])
    group = shown.first or shown.file
    missing = [target.index for target in maps.targets if target.file is None]
    if not is_quick(selection.network, FORWARD_AND_BACK * len(missing)):
        missing = [index for index in missing if index in maps.pair]
    if group is None or not missing:
        return
    further = None
    address = file_url(group.content, group.kind, "evidence-group")  # as that of the map itself: equal files share one
    if st.session_state.get(_WANTED) == address:
        further = {index: File(file) for index, file in _files(selection, request, missing).items()}
    further_classes(address, further, "evidence-ahead", lambda: choose(_WANTED, address))


def _file(selection: Selection, method: str, layers: tuple[str, ...], signed: bool, target: Target) -> bytes:
    """The maps at these layers."""
    return selection.evidence.get(
        (method, layers, signed, target), lambda: maps_file(selection.explaining(target), method, layers, signed)
    )


def _files(selection: Selection, request: MapRequest, indices: Sequence[int]) -> dict[int, bytes]:
    """The same of several classes at all stages: what leads there is gone through once for all of them, and no more is
    kept of it."""
    method, layers = read_off(request.method), tuple(layers_of(selection.explaining(request.target), request.layer))
    found = {index: selection.evidence.find((method, layers, request.signed, Target(index))) for index in indices}
    missing = [index for index, file in found.items() if file is None]
    for index, trace in zip(missing, selection.trace.toward_each([*map(Target, missing)], layers), strict=True):
        make = partial(maps_file, trace, method, layers, request.signed)
        found[index] = selection.evidence.get((method, layers, request.signed, Target(index)), make)
    return {index: file for index, file in found.items() if file is not None}


def _drawn(selection: Selection, request: MapRequest, look: Look) -> tuple[Photo, str, bool, str, str, float, bool]:
    photo = Photo(look.png(selection), selection.trace.prepared.size)
    scale = SCALES[int(look.is_shared)]
    return photo, look.colors, request.signed, scale, SCALES[1], look.drawing.opacity, look.drawing.fades
