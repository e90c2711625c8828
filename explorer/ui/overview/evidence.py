"""What lies under the band of the first page: the evidence cell by cell, and how the picture was prepared."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...attribution import METHODS, class_activation_map
from ...attribution.snippets import class_activation
from ...drawing.color import scale_of
from ...drawing.picture import enlarge, overlay, photo, png_of_pixels, visible
from ...drawing.placing import note
from ...elements.overlay import Heat, Photo
from ...overview.journey import PreparationStep
from ...overview.sentences import crop_sentence
from ..elements.pickers import pick_stretched, picture
from ..elements.probe import probe
from ..frame.boundary import plain
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away


def evidence(selection: Selection) -> None:
    """Grad-CAM over the picture, each cell of which tells its value."""
    trace, network = selection.trace, selection.network
    if not network.has_maps:
        st.caption(plain(network.cam_reason))
        return
    if not trace.is_finite:
        return
    cam, category = class_activation_map(trace), trace.prediction(trace.class_of(None)).category
    with st.container(horizontal=True):
        cells = st.toggle(f"Show the real {cam.shape[0]} × {cam.shape[1]} cells", key="cells", persist_state="session")
        truly = network.places(network.cam_layer)
        places = None if pick_stretched(network, network.cam_layer) else truly
    scale = scale_of(cam, "inferno")
    probe(
        Photo(trace.view(photo), trace.prepared.size),
        Heat(
            cam,
            scale,
            f"{METHODS['grad_cam'].title} for {category} over the picture",
            f"{METHODS['grad_cam'].title} at {network.cam_layer}, in units of the logit{note(truly, places)}",
            None if cells else enlarge(cam, *trace.prepared.size, places),
            places=places,
        ),
        "evidence",
    )
    take_away(
        network.cam_reason,
        "evidence",
        lambda: png_of_pixels(overlay(visible(trace.prepared.pixels), cam, scale, places=places)),
        lambda: cam,
        class_activation(setting(selection), "grad_cam", network.cam_layer),
    )


def received(selection: Selection) -> None:
    """The part of the picture that the network sees, at the size at which it sees it."""
    picture(selection.trace.view(photo), alt="The picture as the network received it", width=320)
    st.caption(plain(crop_sentence(selection.image, selection.trace.prepared)))


def tiles(steps: Sequence[PreparationStep]) -> None:
    """Pictures side by side, each with its number and what it shows."""
    with st.container(horizontal=True, gap="small"):
        for number, step in enumerate(steps, start=1):
            with st.container(width=160, gap="xsmall"):
                picture(step.png, alt=step.phrase, width=step.width)
                st.caption(f"**{number}** {plain(step.phrase)}")
