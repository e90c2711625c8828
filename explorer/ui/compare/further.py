"""The panes in numbers, their difference, and why two pictures are similar to a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from ...attribution import class_activation_map
from ...challenges import similarity
from ...challenges.figures import similarity_lines
from ...compare import Row, matching_regions, rows, snippets
from ...compare.agreement import has_map
from ...compare.sentences import (
    agreement_sentence,
    difference_sentence,
    evidence_difference_sentence,
    regions_sentence,
    similar_sentence,
)
from ...compare.table import numbers, table_csv
from ...drawing.color import scale_of
from ...drawing.picture import enlarge, photo, slide
from ...elements.overlay import Heat, Photo
from ...trace import FloatArray
from ...wording import percent
from ..elements.chart import chart
from ..elements.pickers import pick_one
from ..elements.probe import probe
from ..frame.boundary import plain
from ..frame.takeaway import take_away
from .choices import Look, Pane
from .panes import channel_of, has_place

_MOST_PAIRS = 8  # of cells that are listed
_OF = ("The map", "The evidence")
_REMEDY = {True: "a stage at which another has", False: "networks whose last maps are as large"}


def in_numbers(panes: Sequence[Pane], look: Look) -> None:
    """A row for each pane."""
    found = rows([pane.trace for pane in panes])
    number = st.column_config.NumberColumn
    st.dataframe(
        [
            {
                "Pane": pane.title, "Likeliest": _answer(row), "Evidence": row.agreement,
                "Parameters": row.n_parameters, "Multiply-adds": row.n_multiply_adds, "Milliseconds": row.milliseconds,
            }
            for pane, row in zip(panes, found, strict=True)
        ],
        hide_index=True, key="compare-rows", placeholder="",
        column_config={
            "Pane": st.column_config.TextColumn(pinned=True, width=180),  # wider, and a phone would not pin it
            "Evidence": number(format="%.3f", help="correlation with the first pane’s; empty where there is no map"),
            "Parameters": number(format="localized"),
            "Multiply-adds": number(format="localized", help="none but those of convolutions and dense layers count"),
            "Milliseconds": number(format="%.1f", help="of the recorded pass, with its gradients, on this machine"),
        },
    )  # fmt: skip
    st.download_button("CSV", table_csv(found), "compare.csv", "text/csv", key="compare-csv", on_click="ignore")
    take_away(
        agreement_sentence(found),
        "compare-table",
        None,
        lambda: numbers(found),
        snippets.table([pane.setting for pane in panes], look.moved),
    )


def _answer(row: Row) -> str:
    return "no classes" if row.top is None else f"{row.top.category}, {percent(row.top.probability)}"


def difference(panes: Sequence[Pane], look: Look) -> None:
    """The map, or the evidence, of another pane less that of the first, where they are of one shape."""
    is_of_map = pick_one("Of", _OF, "less-of") == _OF[0]
    shown = {pane.number: found for pane in panes if (found := _one_of(pane, is_of_map)) is not None}
    first = panes[0]
    others = {
        f"Pane {pane.number}": pane
        for pane in panes[1:]
        if {1, pane.number} <= shown.keys() and shown[1].shape == shown[pane.number].shape
    }
    if not others:
        st.info(
            f"No other pane has a map as large as that of pane 1 to take away from it. Choose {_REMEDY[is_of_map]}, or "
            "panes of one network."
        )
        return
    other = others[pick_one("Less pane 1", others, "less")]
    values = shown[other.number] - shown[1]
    scale = scale_of(np.append(values.ravel(), -np.abs(values).max(initial=0)))
    settings, pair = [first.setting, other.setting], (first.trace, other.trace)
    if is_of_map:
        unit = f"channel {other.channel} of {other.layer} in pane {other.number} less pane 1, no unit"
        sentence = difference_sentence(*pair, other.layer, other.number)
        channels = first.channel, other.channel
        code = snippets.difference(settings, look.moved, (first.layer, other.layer), channels)
    else:
        unit = f"Grad-CAM in pane {other.number} less pane 1, in units of the logit"
        sentence = evidence_difference_sentence(*pair, other.number)
        code = snippets.evidence_difference(settings, look.moved)
    size = other.trace.prepared.size
    with st.container(width=520):
        probe(Photo(other.trace.view(photo), size), Heat(values, scale, unit, unit, enlarge(values, *size)), "less-map")
    take_away(sentence, "compare-difference", lambda: slide(values, scale), lambda: values, code)


def _one_of(pane: Pane, is_of_map: bool) -> FloatArray | None:
    if is_of_map:
        return channel_of(pane) if has_place(pane) else None
    return class_activation_map(pane.trace) if has_map(pane.trace) else None


def similar(panes: Sequence[Pane], look: Look) -> None:
    """Two pictures in the first pane's network: how alike at every stage, and which regions match."""
    first = panes[0]
    others = {
        f"{pane.selection.image.name}, pane {pane.number}": pane
        for pane in panes[1:]
        if pane.selection.image.digest != first.selection.image.digest
    }
    if not others:
        st.info(
            "All panes show one picture. Choose another in one of them, to see what the first network makes of both."
        )
        return
    other = others[pick_one("Picture", others, "similar")]
    selection = replace(first.selection, image=other.selection.image, target=None)
    second = selection.trace
    settings = [first.setting, replace(first.setting, picture=other.setting.picture, target="top")]
    found = similarity(first.trace, second)
    title = f"How alike the two pictures are to {first.selection.network.title}"
    sentence = f"{similar_sentence(found)} The stages: {', '.join(f'{i} {r.stage}' for i, r in enumerate(found, 1))}."
    chart(
        similarity_lines(found, title),
        f"{title}. {sentence}",
        "compare-similar",
        sentence,
        lambda: np.array([(row.pooled, row.in_place) for row in found], float),
        snippets.similar(settings, look.moved),
    )
    if not first.selection.network.has_maps:
        st.info(plain(first.selection.network.cam_reason))
        return
    matched = matching_regions(first.trace, second)
    st.markdown(plain(regions_sentence(matched)))
    scale = scale_of(np.append(matched.first.ravel(), matched.second.ravel()))
    named = (("first", first.trace, matched.first), ("second", second, matched.second))
    *places, beside = st.columns(3)
    for place, (which, trace, values) in zip(places, named, strict=True):
        unit = f"best cosine with a cell of the other picture at {matched.layer}"
        size, name = trace.prepared.size, f"{which}-regions"
        with place:
            heat = Heat(values, scale, f"{unit}, over {trace.image.name}", unit, enlarge(values, *size))
            probe(Photo(trace.view(photo), size), heat, name)
            take_away(
                f"{trace.image.name}.", name, lambda v=values: slide(v, scale), lambda v=values: v,  # type: ignore[misc]
                snippets.regions(settings, look.moved, which),
            )  # fmt: skip
    with beside:
        rows_of_pairs = [
            f"| {y}, {x} | {v}, {u} | {cosine:.3f} |" for (y, x), (v, u), cosine in matched.pairs[:_MOST_PAIRS]
        ]
        head = ["| y, x in the first | y, x in the second | Cosine |", "|---|---|--:|"]
        st.markdown("\n".join([*head, *rows_of_pairs]))
