"""The map of the pictures: coloured by class or by mistake, layer by layer, with what is drawn around beside it."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from ...atlas import snippets
from ...atlas.answered import RIGHT, WRONG
from ...atlas.map_figures import MOST_CLASSES, by_class, by_outcome, map_chart, picture_note
from ...atlas.map_sentences import map_sentence, matched_sentence
from ...atlas.neighbours import same_class_by_lot, same_class_share
from ...drawing.series import numbers
from ..elements.chart import chosen_dots
from ..elements.pickers import pick_one
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, Selection
from ..frame.takeaway import take_away
from .gallery import atlas_rows, thumbnails
from .opened import Opened

_CLASS, _MISTAKE = "class", "right or wrong"
_ALL, _RIGHT, _WRONG = "all pictures", "right ones", "wrong ones"
_FIRST = 10  # classes that have a colour before anybody chooses


def pictures_map(selection: Selection, opened: Opened) -> None:
    """Slide through the layers: the classes come apart. What is drawn around stands beside it."""
    atlas, depth = opened.atlas, opened.depth
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        colour = pick_one("Coloured by", (_CLASS, _MISTAKE) if opened.is_matched else (_CLASS,), "atlas_colour",
                          is_in_row=True)  # fmt: skip
        kinds = (_ALL, _RIGHT, _WRONG) if opened.is_matched else (_ALL,)
        which = pick_one("Show", kinds, "atlas_show", is_in_row=True)
        layer = st.select_slider(
            "Layer", depth.layers, depth.layers[-1], key="atlas_layer", **KEPT_IN_LINK, width=360,
        )  # fmt: skip
    shown = _shown_classes(opened) if colour == _CLASS else []
    at = depth.layers.index(layer)
    groups = by_outcome(opened.outcomes) if colour == _MISTAKE else by_class(atlas, depth.rows, shown)
    wanted = {_RIGHT: RIGHT, _WRONG: WRONG}.get(which)
    keep = np.arange(len(depth.rows)) if wanted is None else np.flatnonzero(opened.outcomes == wanted)
    note = partial(picture_note, atlas, categories=selection.network.categories)
    chart = map_chart(depth, at, groups, keep, note)
    found = opened.nearest(layer)
    share = float("nan") if found is None else same_class_share(found, opened.labels)
    sentence = map_sentence(depth, at, share, same_class_by_lot(opened.labels))
    left, right = st.columns([5, 4], gap="medium")
    with left:
        places = chosen_dots(chart, f"The pictures at {chart.title}. {sentence}", "atlas-map-chart")
        take_away(
            sentence, "atlas-map", None, lambda: depth.places[at], snippets.pictures_map(atlas.folder.name, at),
            partial(numbers, chart),
        )  # fmt: skip
    with right:
        st.caption(plain(matched_sentence(atlas)))
        if places:
            rows = atlas_rows(opened, places)
            st.markdown(f"**{len(rows):,} pictures drawn around**")
        else:
            rows = atlas_rows(opened, keep[:: max(1, len(keep) // 36)][:36].tolist())
            st.markdown("Draw around points to see their pictures. Some of all:")
        if rows:
            thumbnails(selection, opened, rows, "Pictures of the map", "atlas-chosen")


def _shown_classes(opened: Opened) -> list[int]:
    """The classes that have a colour: all where there are few, else those that somebody picks."""
    classes = opened.atlas.classes
    if len(classes) <= MOST_CLASSES // 2:
        return list(range(len(classes)))
    picked = st.multiselect(
        f"Classes in colour, of {len(classes):,}", classes, list(classes[:_FIRST]), key="atlas-classes",
        max_selections=MOST_CLASSES,
    )  # fmt: skip
    return [classes.index(name) for name in picked]
