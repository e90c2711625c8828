"""What does the network see in this picture, and where is the evidence?"""

import streamlit as st

from explorer.attribution import METHODS, class_activation_map
from explorer.attribution.snippets import class_activation
from explorer.drawing.color import scale_of
from explorer.drawing.picture import enlarge, overlay, photo, png_of_pixels, visible
from explorer.drawing.placing import note
from explorer.overview.journey import PreparationStep, inputs, journey, preparation
from explorer.overview.sentences import crop_sentence, headline, knows_sentence, reading
from explorer.ui.elements.overlay import Heat, Photo
from explorer.ui.elements.pickers import needs_classes, open_layer, pick_likely_class, pick_stretched, picture
from explorer.ui.elements.probe import probe
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain
from explorer.ui.frame.takeaway import setting, take_away

selection = session.selection()
trace, network = selection.trace, selection.network


def tiles(steps: tuple[PreparationStep, ...]) -> None:
    """Pictures side by side, each with its number and what it shows."""
    with st.container(horizontal=True, gap="small"):
        for number, step in enumerate(steps, start=1):
            with st.container(width=160, gap="xsmall"):
                picture(step.png, alt=step.phrase, width=step.width)
                st.caption(f"**{number}** {plain(step.phrase)}")


st.title(plain(headline(trace)))
if network.no_classes:
    picture(trace.view(photo), alt="The picture as the network received it", width=320)
    st.caption(plain(crop_sentence(selection.image, trace.prepared)))
needs_classes(network)
explained = trace.prediction(trace.class_of(None))
st.markdown(plain(reading(trace)))
received, evidence, classes = st.columns(3, gap="medium")

with received:
    st.markdown("**What the network received**")
    picture(trace.view(photo), alt="The picture as the network received it")
    st.caption(plain(crop_sentence(selection.image, trace.prepared)))

with evidence:
    st.markdown(f"**Evidence for “{plain(explained.category)}”**")
    if network.has_maps and trace.is_finite:
        cam = class_activation_map(trace)
        figure = st.container()
        cells = st.toggle(f"Show the real {cam.shape[0]} × {cam.shape[1]} cells", key="cells", persist_state="session")
        truly = network.places(network.cam_layer)
        places = None if pick_stretched(network, network.cam_layer) else truly
        scale = scale_of(cam, "inferno")
        with figure:
            probe(
                Photo(trace.view(photo), trace.prepared.size),
                Heat(
                    cam,
                    scale,
                    f"{METHODS['grad_cam'].title} for {explained.category} over the picture",
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
    else:
        st.caption(plain(network.cam_reason))

with classes:
    st.markdown("**The likeliest classes**")
    pick_likely_class(trace, "top-five")
    st.caption("Choose a class, and everything on this page explains that one.")
    st.caption(plain(knows_sentence(network)))

if trace.prepared.steps:
    st.header("How the picture became a digit of MNIST")
    tiles(trace.view(preparation))

if channels := trace.view(inputs):
    st.header("What each input is")
    tiles(channels)

st.header("The journey, from pixels to probabilities")
uneven = next(filter(None, map(network.places, network.stages)), None)
st.caption(
    "Above: the map of each stage that supports the class most, one square per value. Below: Grad-CAM at that stage, "
    f"each on its own scale{note(uneven, uneven)}. Open a stage to see all its maps."
)
with st.container(horizontal=True, gap="xsmall"):
    for step in trace.view(journey):
        with st.container(width=80, gap="xsmall"):
            picture(step.map_png, alt=step.map_alt)
            if step.cam_png is not None:
                picture(step.cam_png, alt=step.cam_alt)
            st.caption(f"**{plain(step.stage)}**  \n{step.shape}")
            if step.channel is not None and st.button("Open", key=f"open-{step.stage}", help=plain(step.map_alt)):
                open_layer(step.stage, step.channel)
