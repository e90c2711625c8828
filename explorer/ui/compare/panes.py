"""The panes: of each its evidence, one map, and the likeliest classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import streamlit as st

from ...attribution import class_activation_map
from ...compare import snippets
from ...compare.agreement import has_map
from ...compare.sentences import class_sentence, one_number
from ...drawing.color import Scale, scale_of
from ...drawing.picture import enlarge, overlay, photo, png_of_pixels, slide, visible
from ...drawing.units import activation_unit
from ...elements.overlay import Heat, Photo
from ...targets import class_names
from ...trace import FloatArray, Trace, as_maps
from ...wording import number, percent
from ..elements.pickers import picture
from ..elements.probe import probe
from ..elements.ranking import ranking
from ..frame.boundary import plain
from ..frame.session import choose
from ..frame.takeaway import take_away
from .choices import Look, Pane


def side_by_side(panes: Sequence[Pane], look: Look) -> None:
    """Every pane under its heading. Unless each has a scale of its own, one spans the evidence of all, and one the maps
    of all."""
    cams = {pane.number: class_activation_map(pane.trace) for pane in panes if has_map(pane.trace)}
    maps = {pane.number: channel_of(pane) for pane in panes if has_place(pane)}
    cam_scale, map_scale = _scale(cams.values(), "inferno"), _scale(maps.values(), "viridis")
    for pane in panes:
        with pane.place:
            st.markdown(f"**{plain(pane.title)}**")
            left, right = st.columns(2, gap="small") if look.n_panes == 2 else (st.container(), st.container())
            with left:
                if pane.number in cams:
                    cam = cams[pane.number]
                    _evidence(pane, panes[0], cam, scale_of(cam, "inferno") if look.is_own_scale else cam_scale, look)
                else:
                    _without_evidence(pane)
            with right:
                if pane.number in maps:
                    values = maps[pane.number]
                    _map(pane, values, scale_of(values) if look.is_own_scale else map_scale, look)
                else:
                    st.info(plain(_without_map(pane)))
            _classes(pane)


def has_place(pane: Pane) -> bool:
    """Whether the pane's layer has the channel, and it has height and width."""
    return not pane.why_not and pane.selection.network.layer(pane.layer).is_spatial


def channel_of(pane: Pane) -> FloatArray:
    """The map that a pane shows, (h, w)."""
    found: FloatArray = as_maps(pane.trace[pane.layer])[pane.channel]
    return found


def _scale(maps: Iterable[FloatArray], sequential: str) -> Scale:
    return scale_of(np.concatenate([np.zeros(1, np.float32), *(values.ravel() for values in maps)]), sequential)


def _evidence(pane: Pane, first: Pane, cam: FloatArray, scale: Scale, look: Look) -> None:
    trace = pane.trace
    category = trace.network.categories[trace.class_of(None)]
    unit = f"Grad-CAM for {category} at {trace.network.cam_layer}, in units of the logit"
    _probe(pane, trace, cam, scale, unit, f"pane-{pane.number}-evidence", enlarge(cam, *trace.prepared.size))
    take_away(
        class_sentence(first.trace, trace),
        f"pane-{pane.number}-evidence",
        lambda: png_of_pixels(overlay(visible(trace.prepared.pixels), cam, scale)),
        lambda: cam,
        snippets.evidence(pane.setting, look.moved),
    )


def _without_evidence(pane: Pane) -> None:
    network, trace = pane.selection.network, pane.trace
    picture(trace.view(photo), f"The picture of pane {pane.number}, as the network received it")
    if not trace.is_finite:
        st.info("Some of its scores are no finite numbers: these weights are broken, or were not trained to the end.")
    else:
        st.info(plain(network.no_classes or network.cam_reason))


def _classes(pane: Pane) -> None:
    trace, key = pane.trace, "class" if pane.number == 1 else f"class{pane.number}"
    if pane.selection.network.no_classes or not trace.is_finite:
        return
    names = class_names(trace.network)
    ranking(
        [(p.index, p.category, p.probability, percent(p.probability)) for p in trace.top(5)],
        chosen=trace.class_of(None),
        label=f"Likeliest classes of pane {pane.number}",
        key=f"pane-{pane.number}-classes",
        on_choose=lambda index: choose(key, names[index]),
    )


def _map(pane: Pane, values: FloatArray, scale: Scale, look: Look) -> None:
    unit = activation_unit(pane.selection.network, pane.layer, pane.channel)
    name = f"pane-{pane.number}-map"
    _probe(pane, pane.trace, values, scale, unit, name, enlarge(values, *pane.trace.prepared.size))
    take_away(
        f"Channel {pane.channel} of {pane.layer}.",
        name,
        lambda: slide(values, scale),
        lambda: values,
        snippets.channel_map(pane.setting, look.moved, pane.layer, pane.channel),
    )


def _without_map(pane: Pane) -> str:
    if pane.why_not:
        return pane.why_not
    value = float(as_maps(pane.trace[pane.layer])[pane.channel].ravel()[0])
    return one_number(pane.trace, pane.layer, pane.channel, number(value))


def _probe(
    pane: Pane, trace: Trace, values: FloatArray, scale: Scale, unit: str, key: str, shown: FloatArray
) -> None:  # fmt: skip
    alt = f"{unit}, over the picture of pane {pane.number}"
    probe(Photo(trace.view(photo), trace.prepared.size), Heat(values, scale, alt, unit, shown), key, linked="panes")
