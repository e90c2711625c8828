"""Pictures of an atlas as thumbnails, one of them chosen; with the evidence where their files are at hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ...atlas.map_figures import gallery, picture_note
from ...atlas.shelf import originals
from ...elements.legend import legend
from ...errors import BadImage
from ...pictures.folders import PictureFile
from ...transfer.figures import cell_sheets
from ...wording import percent
from ..elements.choice import Choice
from ..elements.grid import grid
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.caches import caches
from ..frame.session import Selection, choose
from .opened import Opened

_COLUMNS = 6
_MOST = 36  # thumbnails at once
_MOST_MAPS = 6


def thumbnails(selection: Selection, opened: Opened, rows: Sequence[int], of: str, key: str) -> None:
    """The pictures of these rows of the atlas, a page of them; the one that is chosen in a line below."""
    atlas = opened.atlas
    n_pages = max(1, -(-len(rows) // _MOST))
    page = 1
    if n_pages > 1:
        page = int(st.number_input(f"Page, of {n_pages:,}", 1, n_pages, key=f"{key}-page", width=140))
    shown = list(rows[(page - 1) * _MOST : page * _MOST])
    notes = [picture_note(atlas, row, selection.network.categories) for row in shown]
    chosen = st.session_state.get(f"{key}-picture")
    at = shown.index(chosen) if chosen in shown else None
    grid(
        gallery([atlas.pictures.thumbnail(row) for row in shown], min(_COLUMNS, len(shown))),
        min(_COLUMNS, len(shown)), Choice(notes, at, lambda i: choose(f"{key}-picture", shown[i])),
        alt=f"{of}: {len(shown)} of {len(rows)}", key=f"{key}-gallery",
    )  # fmt: skip
    st.caption(plain(notes[at] if at is not None else "Choose a picture to read its name and its answer."))


def with_evidence(selection: Selection, opened: Opened, rows: Sequence[int], of: str, key: str) -> None:
    """The first few pictures with Grad-CAM for each one's answer, where their files are at hand; else thumbnails."""
    atlas, network = opened.atlas, selection.network
    shown = list(rows[:_MOST_MAPS])
    found = _at_hand(opened, shown) if network.has_maps else {}
    if len(found) < len(shown):
        thumbnails(selection, opened, rows, of, key)
        st.caption(
            plain(
                "An atlas keeps thumbnails, and no network says of a thumbnail what it says of the picture: for the "
                "evidence, let EXPLORER_DATA_DIR name the folder in which the pictures lie, each in its class's folder."
                if network.has_maps
                else network.cam_reason
            )
        )
        return
    answers = atlas.pictures.answer[shown].tolist()
    photos, evidence = caches().cells.get(
        (network.key, str(atlas.folder), *shown),
        lambda: cell_sheets([found[row] for row in shown], network, answers),
    )
    strip(
        [(photos, 1, True), *([] if evidence is None else [(evidence[0], 1, True)])],
        [
            (network.categories[answer], percent(float(atlas.pictures.probability[row])))
            for row, answer in zip(shown, answers, strict=True)
        ],
        alt=f"{of}: {len(shown)} of {len(rows)}, with the evidence for each answer",
        key=f"{key}-strip",
        width=96,
        legend=evidence
        and legend(evidence[1], "Grad-CAM for each picture’s answer, in units of the logit; one scale for all"),
    )


def _at_hand(opened: Opened, rows: Sequence[int]) -> dict[int, PictureFile]:
    """The files of pictures where they lie on the server, if they hold the same pixels."""
    pictures = opened.atlas.pictures
    files = originals([str(pictures.name[row]) for row in rows])
    found = {}
    for row in rows:
        file = files.get(str(pictures.name[row]))
        try:
            if file is not None and file.read().digest == pictures.digest[row]:
                found[row] = file
        except (BadImage, OSError):  # it has gone, or is another file by now: then the thumbnail is shown
            continue
    return found


def atlas_rows(opened: Opened, places: Sequence[int]) -> list[int]:
    """The rows of the atlas at places of the map."""
    return np.asarray(opened.depth.rows)[list(places)].tolist()
