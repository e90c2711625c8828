"""A box around the thing, from a network that was never shown one."""

from __future__ import annotations

import streamlit as st

from ...applications import locate, snippets
from ...applications.localisation import THRESHOLD
from ...applications.sentences import located_sentence
from ...drawing.color import scale_of
from ...drawing.picture import photo
from ...elements.legend import legend
from ...elements.overlay import Heat, Photo
from ...faithfulness.figures import boxes_png
from ...faithfulness.scores import box_overlap
from ..elements.box import pick_box
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, Selection
from ..frame.takeaway import setting, take_away


def localisation(selection: Selection) -> None:
    """The evidence over the picture with the box around it, and how far one's own box agrees."""
    trace = selection.trace
    left, right = st.columns([2, 3], gap="medium")
    with right:
        threshold = st.slider(
            "What counts: from this share of the maximum on", 0.05, 1.0, THRESHOLD, 0.05, key="application-threshold",
            **KEPT_IN_LINK,
        )  # fmt: skip
    found = locate(trace, threshold)
    scale = scale_of(found.values, "inferno")
    size = trace.prepared.size
    category = trace.network.categories[found.target]
    with left:
        own = pick_box(
            Photo(trace.view(photo), size),
            Heat(found.values, scale, f"Grad-CAM for {category} over the picture, with the box around its evidence"),
            found.box,
            # a box belongs to a picture, as large as one network received it
            key=f"thing-{selection.image.digest[:6]}-{size[0]}",
        )
    with right:
        st.markdown(plain(located_sentence(trace, found)))
        if own is None:
            st.caption("Drag a box around the thing itself, and see how far the two agree.")
        else:
            st.markdown(f"**Overlap with your box (IoU): {box_overlap(found.box, own):.2f}**")
            st.caption(
                "What both boxes hold, of what either holds. From 0.5 on a box counts as right in most contests. "
                "A classifier looks for what tells classes apart, often a face, not for all of a thing: its boxes tend "
                "to be too small."
            )
        take_away(
            f"The largest region of the map above the threshold. {legend(scale, '')['high']} is its maximum, in units "
            "of the logit.",
            "located",
            lambda: boxes_png(trace.prepared.pixels, found.values, scale, {"found": found.box, "given": own}),
            lambda: found.in_picture,
            snippets.located(setting(selection), threshold),
        )
