"""What is taken for what, and held-out pictures from the surest answer to the least sure."""

from __future__ import annotations

import math

import streamlit as st

from ...elements.legend import legend
from ...transfer import Learned, snippets
from ...transfer.figures import cell_sheets
from ...transfer.sentences import answered_sentence, cell_name
from ...wording import percent
from ..elements.confusion import Cells, confusion_matrix
from ..elements.pickers import pick_one
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.caches import caches
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away
from .pictures import Given, in_short

_N_SHOWN = 9  # pictures of a cell, or at once
_WRONG, _RIGHT = "wrongly answered", "rightly answered"
_SUREST, _LEAST = "the surest first", "the least sure first"


def confusion(selection: Selection, given: Given, found: Learned) -> None:
    """What is taken for what, and the pictures in a cell with the evidence for the answer in them."""
    evaluation = found.evaluation()
    names = found.examples.categories
    counts = evaluation.confusion
    left, right = st.columns([max(4, len(names) + 2), 6], gap="medium")
    cells = [(t, a) for t in range(len(names)) for a in range(len(names)) if counts[t, a]]
    cells.sort(key=lambda cell: cell[0] == cell[1])  # what is wrong first
    titles = {cell_name(names, t, a, int(counts[t, a])): (t, a) for t, a in cells}
    with left:
        table = st.container(key="transfer-matrix", gap="xsmall")
    with right:
        truth, answer = titles[pick_one("Held-out pictures of", titles, "transfer_cell")]
        pairs = found.cell(truth, answer)[:_N_SHOWN]
        sources = [one.source for one, _ in pairs]
        photos, evidence = caches().cells.get(
            (found.network.key, given.key, truth, answer),
            lambda: cell_sheets(sources, found.network, [answer] * len(sources)),
        )
        sheets, shown = [(photos, 1, True)], None
        if evidence is not None:
            over, scale = evidence
            sheets.append((over, 1, True))
            shown = legend(scale, f"Grad-CAM for {names[answer]}, in units of the logit; one scale for all")
        strip(
            sheets,
            [(in_short(source.name), percent(sure)) for source, (_, sure) in zip(sources, pairs, strict=True)],
            alt=f"Held-out pictures of {names[truth]} that were taken for {names[answer]}, surest first",
            key="transfer-cell-strip",
            width=96,
            legend=shown,
        )
    with table:
        confusion_matrix(names, names, counts, Cells(titles, (truth, answer), "transfer_cell", "transfer-cell"))
    take_away(
        "Rows are the truth, columns the answers, of held-out pictures alone; the surest stand first.",
        "transfer-confusion", None, lambda: counts,
        snippets.trained(setting(selection), given.code, "found.evaluation().confusion", found.tuning),
    )  # fmt: skip


def by_confidence(selection: Selection, given: Given, found: Learned) -> None:
    """Wrongly or rightly answered pictures, sorted by how sure the answer was, with the evidence for it."""
    names = found.examples.categories
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        is_right = pick_one("Held-out pictures", (_WRONG, _RIGHT), "transfer_answered", is_in_row=True) == _RIGHT
        order = pick_one("Sorted", (_SUREST, _LEAST), "transfer_order", is_in_row=True)
        rows = [row for row in found.by_confidence() if (row[0].label == row[1]) == is_right]
        if order == _LEAST:
            rows = rows[::-1]
        n_pages = max(1, math.ceil(len(rows) / _N_SHOWN))
        page = int(st.number_input(f"Page of {n_pages}", 1, n_pages, key=f"transfer-page-{is_right}", width=140))
    st.markdown(plain(answered_sentence(found, is_right)))
    shown = rows[(page - 1) * _N_SHOWN : page * _N_SHOWN]
    if not shown:
        return
    sources = [one.source for one, _, _ in shown]
    photos, evidence = caches().cells.get(
        (found.network.key, given.key, is_right, order, page),
        lambda: cell_sheets(sources, found.network, [answer for _, answer, _ in shown]),
    )
    strip(
        [(photos, 1, True), *([] if evidence is None else [(evidence[0], 1, True)])],
        [
            (
                in_short(one.source.name),
                f"{percent(sure)} {names[answer]}" + ("" if is_right else f", not {names[one.label]}"),
            )
            for one, answer, sure in shown
        ],
        alt=f"Held-out pictures, {_RIGHT if is_right else _WRONG}, {order}",
        key="transfer-sorted-strip",
        width=104,
        legend=None
        if evidence is None
        else legend(evidence[1], "Grad-CAM for each picture’s own answer, in units of the logit; one scale for all"),
    )
    take_away(
        "How sure the answer is, is its probability after softmax.", "transfer-sorted", None,
        lambda: found.probabilities,
        snippets.trained(setting(selection), given.code, "found.probabilities", found.tuning),
    )  # fmt: skip
