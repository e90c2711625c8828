"""The chosen map large, beside the one it is best compared with; it grows while it is worked out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from ...attribution import METHODS, Attribution, snippets
from ...attribution.figures import clipped_share, enlarged, laid_over_png, map_scale, one_scale
from ...attribution.sentences import cost_sentence, map_sentence
from ...drawing.color import Scale
from ...drawing.placing import note
from ...drawing.units import activation_unit
from ...elements.maps import heading_of, pair_of
from ...elements.overlay import Heat, Photo
from ...errors import ExplorerError
from ...feature_maps.snippets import channel_map
from ...running.progress import Progress
from ...targets import Target, class_names
from ...trace import FloatArray, as_maps
from ...wording import plural
from ..elements.evidence import evidence
from ..elements.pickers import pick_likely_class, picture
from ..elements.probe import probe
from ..frame.boundary import plain, sentences
from ..frame.progress import pressed, with_progress
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away
from .controls import Look
from .maps import maps_ahead, maps_found, maps_of_pass
from .requests import MapRequest, at_hand, explained, in_code, passes

_REDRAW = 0.4  # seconds from one picture of a growing map to the next


def asked_first(
    selection: Selection, request: MapRequest, show: Callable[[Selection, MapRequest, Attribution], None]
) -> None:
    """What there is to say of the chosen map; where it takes a while, it is to be asked for where it is drawn."""
    found = at_hand(selection, request)
    if found is None:
        st.info("This map takes a while, and is not there yet. Run it in the tab Evidence.")
    else:
        show(selection, request, found)


def side_by_side(selection: Selection, request: MapRequest, look: Look) -> None:
    """The chosen map, and the one it is best compared with; the classes to choose from."""
    trace = selection.trace
    columns = st.columns([3, 3, 2], gap="medium")
    requests = [replace(request, target=target) for target in pair_of(trace, request.target)]
    found: list[Attribution] = []
    for i, (column, asked) in enumerate(zip(columns, requests, strict=False)):
        if len(found) == i:  # what the first cannot do, the second cannot either
            with column, sentences():
                answer = _answer(selection, asked, look, f"evidence-{i}")
                if answer is not None:
                    found.append(answer)
    if found:
        is_of_pass = METHODS[request.method].signed_map is not None and len(found) == len(requests)
        maps = (
            maps_of_pass(selection, request, look, request.layer, is_begun=request.target.is_class)
            if is_of_pass
            else maps_found(selection, requests, found, look)
        )
        for i, (column, asked, one) in enumerate(zip(columns, requests, found, strict=False)):
            with column:
                evidence(maps, i, f"evidence-{i}")
                _beneath(selection, asked, one, _scales(found, look)[i], look, f"evidence-{i}")
        if is_of_pass and request.target.is_class:
            maps_ahead(selection, request, maps)
    with columns[1 if request.target.layer else 2]:
        if request.target.layer is not None:
            _channel(selection, request.target, look)
        else:
            _classes(selection)
        if request.layer is not None and request.layer == trace.network.cam_layer:
            st.caption(plain(trace.network.cam_reason))


def _scales(found: Sequence[Attribution], look: Look) -> list[Scale]:
    scales = [look.scale(one) for one in found]
    return [one_scale(scales)] * len(scales) if look.is_shared else scales


def _answer(selection: Selection, request: MapRequest, look: Look, key: str) -> Attribution | None:
    """The map, at once or when somebody has asked for it; then it grows until it is done."""
    title = f"**{plain(heading_of(selection.trace, request.target))}**"
    try:
        found = at_hand(selection, request)
    except ExplorerError:
        st.markdown(title)
        raise
    if found is not None:
        return found
    head = st.empty()
    head.markdown(title)
    card, n = METHODS[request.method], passes(selection.network, request)
    ask, is_asked = st.empty(), pressed(f"{key}-run")
    ask.button(f"Run {card.title}: {plural(n, 'pass', 'passes')}", key=f"{key}-run", type="primary", disabled=is_asked)
    work, figure = st.container(), st.empty()
    with figure:
        picture(look.png(selection), alt="The picture as the network received it")
    if is_asked:
        try:
            with work:
                found = run_growing(selection, request, look, figure)
        finally:
            ask.empty()
        figure.empty()
        head.empty()
    return found


def run_growing(
    selection: Selection, request: MapRequest, look: Look, figure: st.delta_generator.DeltaGenerator
) -> Attribution:
    """Work it out with progress and Cancel, the map growing in `figure`. Raises as `explained` does."""
    photo, drawn, reached = look.photo(selection.trace), 0.0, ""
    places = look.places(selection.network, request.layer)

    def work(report: Progress) -> Attribution:
        def progress(done: int, total: int | None) -> None:
            nonlocal reached
            report(done, total)
            reached = f"{done} of {total}"

        def grow(values: FloatArray) -> None:
            nonlocal drawn
            if time.monotonic() - drawn > _REDRAW:
                drawn = time.monotonic()
                scale = map_scale(values, look.colors, request.signed, False, METHODS[request.method].is_level)
                with figure:
                    png = laid_over_png(photo, values, scale, look.drawing, places)
                    picture(png, alt=f"The map after {reached}")

        return explained(selection, request, progress, grow)

    return with_progress(METHODS[request.method].title, f"run-{request.method}", work)


def _beneath(
    selection: Selection, request: MapRequest, attribution: Attribution, scale: Scale, look: Look, key: str
) -> None:
    """What the map cost and says, and what can be taken away of it."""
    network, values = selection.network, attribution.values
    st.caption(plain(cost_sentence(attribution, clipped_share(values, scale))))
    take_away(
        map_sentence(network, attribution),
        key,
        partial(laid_over_png, look.photo(selection.trace), values, scale, look.drawing, look.of(attribution)),
        lambda: values,
        snippets.evidence(setting(selection), in_code(request, network)),
    )


def _channel(selection: Selection, target: Target, look: Look) -> None:
    """What the channel that is explained answers by itself."""
    trace = selection.trace
    assert target.layer is not None
    values = as_maps(trace[target.layer])[target.index]
    if values.size == 1:
        st.caption(f"On this picture it is {values.flat[0]:.4g}.")
        return
    st.markdown(f"**The map of channel {target.index} itself**")
    signed = bool(values.min() < 0)
    scale, photo = map_scale(values, look.colors, signed, False), look.photo(trace)
    truly = trace.network.places(target.layer)
    places = look.places(trace.network, target.layer)
    probe(
        Photo(look.png(selection), trace.prepared.size),
        Heat(
            values,
            scale,
            f"Channel {target.index} of {target.layer} over the picture",
            f"{activation_unit(trace.network, target.layer, target.index)}{note(truly, places)}",
            None if look.drawing.cells else enlarged(values, trace.prepared.size, False, places),
            look.drawing.opacity,
            look.drawing.fades,
            places,
        ),
        "evidence-channel",
        trace.network.field(target.layer, target.index),
    )
    take_away(
        f"What {target.layer} answers there. Beside it: where that comes from.",
        "evidence-channel",
        partial(laid_over_png, photo, values, scale, look.drawing, places),
        lambda: values,
        channel_map(setting(selection), target.layer, target.index),
    )


def _classes(selection: Selection) -> None:
    trace = selection.trace
    st.markdown("**Explain another class**")
    pick_likely_class(trace, "saliency-classes")
    if len(class_names(trace.network)) > 5:
        st.caption("All the others are in the box above.")
