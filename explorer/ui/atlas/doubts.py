"""Pictures that are likely mislabelled, and pictures that are there twice."""

from __future__ import annotations

import streamlit as st

from ...atlas import snippets
from ...atlas.map_figures import gallery, picture_note
from ...atlas.map_sentences import suspect_phrase, suspects_sentence, twins_sentence
from ...atlas.neighbours import mislabelled
from ..elements.pickers import picture
from ..frame.boundary import plain
from ..frame.session import Selection
from ..frame.takeaway import take_away
from .opened import Opened

_MOST = 20  # rows of a list
_SIDE = 72


def suspects(selection: Selection, opened: Opened) -> None:
    """Each with its label, what its neighbours are, and what the network says of it."""
    atlas, layer = opened.atlas, opened.atlas.layers[-1]
    found = opened.nearest(layer)
    if not atlas.classes:
        st.info("The pictures lay in no folders: there are no labels to doubt.")
        return
    if found is None:
        return
    rows = opened.depth.rows
    listed = mislabelled(found, opened.labels, atlas.pictures.of_label[rows])
    take_away(
        suspects_sentence(listed, layer, len(rows)), "atlas-suspects", None, lambda: [one.row for one in listed],
        snippets.suspects(atlas, layer),
    )  # fmt: skip
    for one in listed[:_MOST]:
        row = int(rows[one.row])
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            nearest = [int(rows[i]) for i in found.rows[one.row][:5].tolist()]
            sheet = gallery([atlas.pictures.thumbnail(i) for i in (row, *nearest)], 6, _SIDE)
            note = picture_note(atlas, row, selection.network.categories)
            picture(sheet, f"{note}, and the five pictures nearest to it", 6 * _SIDE)
            st.markdown(f"**{plain(note)}**  \n{plain(suspect_phrase(atlas, one))}.", width="stretch")
    if listed:
        st.caption("On the left the picture, beside it the five nearest to it.")
    if len(listed) > _MOST:
        st.caption(f"The surest {_MOST} of {len(listed):,} are shown.")


def twins(selection: Selection, opened: Opened) -> None:
    """Pairs, the most alike first, with both names."""
    atlas, layer = opened.atlas, opened.atlas.layers[-1]
    pairs, rows = opened.twins(layer), opened.depth.rows
    if pairs is None:
        return
    take_away(
        twins_sentence(len(pairs), layer), "atlas-twins", None, lambda: [(one, other) for one, other, _ in pairs],
        snippets.twins(atlas, layer),
    )  # fmt: skip
    for one, other, apart in pairs[:_MOST]:
        both = [int(rows[i]) for i in (one, other)]
        notes = [picture_note(atlas, row, selection.network.categories) for row in both]
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            sheet = gallery([atlas.pictures.thumbnail(row) for row in both], 2, _SIDE)
            picture(sheet, " and ".join(notes), 2 * _SIDE)
            st.markdown("  \n".join(map(plain, [*notes, f"{apart:.1f} levels apart"])), width="stretch")
