"""A mask of the thing, from a network that was never shown one."""

from __future__ import annotations

import streamlit as st

from ...applications import segment, snippets
from ...applications.figures import cut_out_png, dimmed_png, given_png, mask_png
from ...applications.segmentation import LIKELY, SURE
from ...applications.sentences import segmented_sentence
from ..elements.pickers import picture
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, Selection
from ..frame.takeaway import setting, take_away

_SIDE = 340  # pixels: both pictures, what moves them and what is taken away fit a projector


def segmentation(selection: Selection) -> None:
    """What GrabCut is given, what it makes of that, and the mask to take away."""
    trace, image = selection.trace, selection.image
    left, right = st.columns(2, gap="medium")
    with left:
        threshold = st.slider(
            "Likely the thing: from this share of the maximum on", 0.05, 1.0, LIKELY, 0.05, key="mask-threshold",
            **KEPT_IN_LINK,
        )  # fmt: skip
    with right:
        sure = st.slider("Surely the thing: from this share on", 0.05, 1.0, SURE, 0.05, key="mask-sure", **KEPT_IN_LINK)
    if sure < threshold:
        st.info("What is sure begins below what is likely, so what is likely counts for both.")
        sure = threshold
    found = segment(trace, threshold, sure)
    category = trace.network.categories[found.target]
    with left:
        picture(given_png(found), alt=f"Where Grad-CAM has evidence for {category}, in four steps", width=_SIDE)
        st.caption("Given to GrabCut: white is surely the thing, light grey likely, dark grey hardly, black not.")
    with right:
        picture(
            dimmed_png(trace.prepared.pixels, found.mask), alt=f"{category}, cut out; the rest is dark", width=_SIDE
        )
        take_away(
            segmented_sentence(trace, found),
            "mask",
            lambda: mask_png(found.in_picture),
            lambda: found.in_picture,
            snippets.segmented(setting(selection), threshold, sure),
        )
        with st.container(horizontal=True, gap="small"):
            st.download_button(
                "Mask as PNG", lambda: mask_png(found.in_picture), "mask.png", "image/png", key="mask-file",
                on_click="ignore", help=plain("As large as the picture: white is the thing, black all else"),
            )  # fmt: skip
            st.download_button(
                "Cut out as PNG", lambda: cut_out_png(image.pixels, found.in_picture), "cut-out.png", "image/png",
                key="cut-out-file", on_click="ignore", help="The thing alone, on a transparent ground",
            )  # fmt: skip
