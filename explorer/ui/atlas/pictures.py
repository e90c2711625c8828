"""The map of the pictures: coloured by class or by mistake, layer by layer, with what is drawn around beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from ...atlas import snippets
from ...atlas.answered import RIGHT, WRONG, answers_given, of_pair
from ...atlas.map_figures import MOST_CLASSES, by_class, by_outcome, map_chart, picture_note
from ...atlas.map_sentences import map_sentence, matched_sentence
from ...atlas.neighbours import same_class_by_lot, same_class_share
from ...atlas.rows import Integers
from ...atlas.tsne import is_installed
from ...drawing.series import numbers
from ...wording import plural
from ..elements.chart import chosen_dots
from ..elements.pickers import pick_one
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, Selection
from ..frame.takeaway import take_away
from .gallery import atlas_rows, thumbnails
from .opened import Opened

_PCA, _TSNE = "principal components", "t-SNE"
_CLASS, _MISTAKE = "class", "right or wrong"
_ALL, _RIGHT, _WRONG = "all pictures", "right ones", "wrong ones"
_ANY = "any class"
_SOME = 36  # pictures beside the map before anybody has drawn
_FIRST = 10  # classes that have a colour before anybody chooses


def pictures_map(selection: Selection, opened: Opened) -> None:
    """Slide through the layers: the classes come apart. What is drawn around stands beside it."""
    atlas = opened.atlas
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        is_tsne = pick_one("Laid out by", _ways(), "atlas_layout", is_in_row=True) == _TSNE
        colours = (_CLASS, _MISTAKE) if opened.is_matched else (_CLASS,)
        colour = pick_one("Coloured by", colours, "atlas_colour", is_in_row=True)
        with st.popover("Which pictures", key="atlas-which"):  # beside the rest: a projector shows the whole map
            keep = _pick_pictures(selection.network.categories, opened)
            shown = _shown_classes(opened) if colour == _CLASS else []
        layer = _pick_layer(opened.depth.layers)
    depth = opened.beside(layer) if is_tsne else opened.depth
    if depth is None:
        return
    at = depth.layers.index(layer)
    groups = by_outcome(opened.outcomes) if colour == _MISTAKE else by_class(atlas, depth.rows, shown)
    note = partial(picture_note, atlas, categories=selection.network.categories)
    chart = map_chart(depth, at, groups, keep, note, "dimension" if is_tsne else "component")
    found = opened.nearest(layer)
    share = float("nan") if found is None else same_class_share(found, opened.labels)
    sentence = map_sentence(depth, at, share, same_class_by_lot(opened.labels), is_tsne)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        places = chosen_dots(chart, f"The pictures at {chart.title}. {sentence}", "atlas-map-chart")
        take_away(
            sentence, "atlas-map", None, lambda: depth.places[at],
            snippets.tsne_map(atlas, at) if is_tsne else snippets.pictures_map(atlas, at),
            partial(numbers, chart),
        )  # fmt: skip
    with right:
        st.caption(plain(matched_sentence(atlas)))
        _beside(selection, opened, sorted({*places} & {*keep.tolist()}), keep)


def _beside(selection: Selection, opened: Opened, places: list[int], keep: Integers) -> None:
    """The pictures that were drawn around; before, some of all."""
    if places:
        rows = atlas_rows(opened, places)
        st.markdown(f"**{plural(len(rows), 'picture')} drawn around**")
    else:
        rows = atlas_rows(opened, keep[:: max(1, len(keep) // _SOME)][:_SOME].tolist())
        st.markdown("Draw around points to see their pictures. Some of all:" if rows else "There is no such picture.")
    if rows:
        thumbnails(selection, opened, rows, "Pictures of the map", "atlas-chosen")


def _pick_pictures(categories: Sequence[str], opened: Opened) -> Integers:
    """Which places of the map are shown: of a class, by the folder, taken for one, by the answer, right or wrong."""
    atlas, rows, label, answer = opened.atlas, opened.depth.rows, None, None
    kinds = (_ALL, _RIGHT, _WRONG) if opened.is_matched else (_ALL,)
    wanted = {_RIGHT: RIGHT, _WRONG: WRONG}.get(pick_one("Show", kinds, "atlas_show"))
    if atlas.classes:
        name = pick_one("Of the class", [_ANY, *atlas.classes], "atlas_of")
        label = None if name == _ANY else atlas.classes.index(name)
    if given := answers_given(atlas, rows):
        names = {categories[index]: index for index in given}
        answer = names.get(pick_one("Taken for", [_ANY, *names], "atlas_for"))
    found = of_pair(atlas, rows, label, answer)
    return np.flatnonzero(found if wanted is None else found & (opened.outcomes == wanted))


def _ways() -> tuple[str, ...]:
    return (_PCA, _TSNE) if is_installed() else (_PCA,)


def _pick_layer(layers: tuple[str, ...]) -> str:
    """A slider through the layers, from the first to the last."""
    if st.session_state.get("atlas_layer") not in (None, *layers):
        del st.session_state["atlas_layer"]  # of another atlas
    if len(layers) < 2:
        return layers[0]
    layer: str = st.select_slider("Layer", layers, layers[-1], key="atlas_layer", **KEPT_IN_LINK, width=240)
    return layer


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
