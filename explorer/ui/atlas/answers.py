"""What the network takes for what, over all pictures of an atlas, and the pictures in a cell with their evidence."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...atlas import snippets
from ...atlas.answered import columns_of, confusion, known_classes
from ...atlas.map_sentences import matched_sentence
from ...transfer.sentences import cell_name
from ..elements.confusion import Cells, confusion_matrix
from ..elements.pickers import pick_one
from ..frame.boundary import plain
from ..frame.session import Selection
from ..frame.takeaway import take_away
from .gallery import with_evidence
from .opened import Opened

_MOST = 10  # classes of a matrix on a page: those with the most mistakes
_OTHER = "another class"


def answers(selection: Selection, opened: Opened) -> None:
    """A matrix whose cells open their pictures, the surest answers first."""
    atlas = opened.atlas
    st.caption(plain(matched_sentence(atlas)))
    if not opened.is_matched:
        return
    counts, columns, known = confusion(atlas), columns_of(atlas), known_classes(atlas)
    n = len(known)
    wrong = counts.sum(axis=1) - counts[np.arange(n), np.arange(n)]
    kept = sorted(np.argsort(-wrong, kind="stable")[:_MOST].tolist())
    table = np.concatenate([counts[np.ix_(kept, kept)], counts[kept].sum(axis=1, keepdims=True)], axis=1)
    table[:, -1] -= table[:, :-1].sum(axis=1)
    names = [atlas.classes[known[i]] for i in kept]
    cells = [(t, a) for t in range(len(kept)) for a in range(len(kept) + 1) if table[t, a]]
    cells.sort(key=lambda cell: (cell[0] == cell[1], -table[cell]))
    titles = {cell_name([*names, _OTHER], t, a, int(table[t, a])): (t, a) for t, a in cells}
    with st.container(key="atlas-matrix", gap="xsmall"):
        place = st.container(gap="xsmall")
    truth, answer = titles[pick_one("Pictures of", titles, "atlas_cell", is_in_row=True)]
    with place:
        confusion_matrix(names, [*names, _OTHER], table, Cells(titles, (truth, answer), "atlas_cell", "atlas-cell"))
    is_here = columns == kept[answer] if answer < len(kept) else ~np.isin(columns, kept)
    rows = np.flatnonzero((atlas.pictures.label == known[kept[truth]]) & is_here)
    rows = rows[np.argsort(-atlas.pictures.probability[rows], kind="stable")]
    title = next(name for name, cell in titles.items() if cell == (truth, answer))
    with_evidence(selection, opened, rows.tolist(), title, "atlas-cell")
    left_out = f" The {len(kept)} classes of {n} with the most mistakes are shown." if n > len(kept) else ""
    take_away(
        f"Rows are the folder's classes, columns the network's answers.{left_out}", "atlas-confusion", None,
        lambda: counts, snippets.matrix(atlas),
    )  # fmt: skip
