"""Whether the methods agree: on the report card of a map, its rank correlations with the others' maps."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...attribution import METHODS, Attribution
from ...errors import BadMap
from ...faithfulness import agreement as rank_correlations
from ...faithfulness import snippets
from ...faithfulness.figures import agreement_matrix, two_decimals
from ...faithfulness.scores import as_ranking
from ...wording import plural
from ..elements.chart import chart
from ..frame.boundary import plain
from ..frame.session import Selection
from ..frame.takeaway import setting
from .requests import Gathered, MapRequest, by_another, gather, in_code, methods_of
from .score import score


def agreement(selection: Selection, request: MapRequest) -> None:
    """The rank correlation of every pair of methods whose map is at hand."""
    others = [method for method in methods_of(selection.network) if method != request.method]
    asked = [request, *(by_another(selection.network, request, method) for method in others)]
    gathered = gather(selection, asked, "agreement")
    found = _ranking(gathered)
    titles = [METHODS[one.method].title for one in found]
    matrix = rank_correlations(list(found.values()))
    mean = f"{matrix[0, 1:].mean():.2f} with the others, in the mean" if len(titles) > 1 else "with no other yet"
    score("agreement", mean)
    chart(
        agreement_matrix(matrix, titles),
        f"Rank correlations of {plural(len(titles), 'method')}: {', '.join(titles)}",
        "report-agreement",
        _closest(titles, matrix[0].tolist()),
        lambda: matrix,
        snippets.map_agreement(setting(selection), [in_code(one, selection.network) for one in found]),
    )
    if gathered.missing:
        slower = ", ".join(METHODS[one.method].title for one in gathered.missing)
        st.caption(f"Slower, and here once drawn with their usual settings: {slower}.")
    for sentence in gathered.sentences():
        st.caption(plain(f"Left out: {sentence}"))


def _ranking(gathered: Gathered) -> dict[MapRequest, Attribution]:
    """The maps that rank the pixels; the others have a sentence."""
    found = {}
    for one, answer in gathered.found.items():
        try:
            as_ranking(answer)
            found[one] = answer
        except BadMap as error:
            gathered.refuse(one, error)
    return found


def _closest(titles: Sequence[str], row: Sequence[float]) -> str:
    if len(titles) < 2:
        return f"There is no other map to compare {titles[0]} with."
    ranked = sorted(zip(row[1:], titles[1:], strict=True))
    (least, last), (most, first) = ranked[0], ranked[-1]
    text = f"Ranks the pixels most like {titles[0]}: {first}, {two_decimals(most)}."
    return text if len(titles) == 2 else f"{text} Least: {last}, {two_decimals(least)}."
