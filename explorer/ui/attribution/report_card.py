"""The report card beside a map of evidence: how far it can be trusted, score by score."""

from __future__ import annotations

import math

import streamlit as st

from ...attribution import METHODS, Attribution
from ...attribution.figures import enlarged, own_scale
from ...attribution.sentences import gap_share, heading
from ...drawing.picture import photo, png_of_pixels, visible
from ...elements.overlay import Heat, Photo
from ...errors import BadMap
from ...faithfulness import snippets
from ...faithfulness.cards import SCORE_CARDS
from ...faithfulness.curves import Confidence
from ...faithfulness.figures import boxes_png, curve_lines, steps_png
from ...faithfulness.report import ReportCard, n_most, report_card
from ...faithfulness.scores import (
    Box,
    as_positive,
    as_ranking,
    bright_box,
    entropy,
    gini,
    localisation,
    resized,
)
from ...faithfulness.sentences import curves_sentence, end_sentence, of_the_first, ties_sentence
from ...networks.cost import is_quick
from ...wording import percent, plural, round_percent, seconds_phrase
from ..elements.box import pick_box
from ..elements.chart import chart
from ..elements.choice import Choice
from ..elements.pickers import picture
from ..elements.points import Points
from ..elements.views import views
from ..frame.boundary import fragment, plain
from ..frame.progress import from_shelf
from ..frame.session import KEPT_IN_LINK, Selection, choose
from ..frame.takeaway import setting, take_away
from .agreement import agreement
from .guessed import guessed
from .requests import MapRequest, in_code
from .score import score

_ARROWS = {"high": " ↑", "low": " ↓", "": ""}
_TOLERANCE = 15  # pixels, of the pointing game


def report(selection: Selection, request: MapRequest, attribution: Attribution) -> None:
    """All scores of a map, each with what it proves and what it does not. No fragment: Cancel must not wait."""
    try:
        as_ranking(attribution)
    except BadMap as error:
        st.info(plain(attribution.remark or str(error)))
        return
    card = _card(selection, request, attribution)
    if card is not None:
        _glance(attribution, card)
        st.header("Take it away, put it back")
        views(
            {
                "Deleted and inserted": lambda: _curves(selection, request, card),
                "Guessed": lambda: guessed(selection, request, card),
            },
            "report_view",
        )
    left, right = st.columns(2, gap="medium")
    if card is not None and card.confidence is not None:
        with left:
            st.header("What the map keeps")
            _kept(selection, request, card.confidence)
    with left if card is None or card.confidence is None else right:
        st.header("How concentrated it is")
        _spread(selection, attribution)
    left, right = st.columns(2, gap="medium")
    with left:
        st.header("Does it find the thing?")
        _where(selection, request, attribution)
    with right:
        st.header("Does it agree with other methods?")
        quick = is_quick(selection.network, len(METHODS))
        if card is not None or quick or st.toggle("Compare with other methods", key="report-compare"):
            agreement(selection, request)


def _card(selection: Selection, request: MapRequest, attribution: Attribution) -> ReportCard | None:
    """The scores that ask the network again: at once where that is quick, else when somebody wants them."""
    target = request.target
    if target.layer is not None:
        st.caption(
            plain(
                f"{heading(selection.network, target)} has no probability, so nothing can be deleted or "
                "inserted to see it fall or rise. The scores that need no class are below."
            )
        )
        return None
    n = n_most()
    return from_shelf(
        selection.reports, request, is_quick(selection.network, n),
        f"Make the report card: {plural(n, 'pass', 'passes')}", "report-make", "Report card",
        lambda progress: report_card(selection.trace, attribution, target.index, progress=progress),
    )  # fmt: skip


def _glance(attribution: Attribution, card: ReportCard) -> None:
    scores = {
        "deletion": f"{card.deletion.area:.3f}",
        "insertion": f"{card.insertion.area:.3f}",
        "road": f"{card.road.score:.3f}",
        **({} if card.confidence is None else _confidences(card.confidence)),
        "entropy": f"{card.entropy:.2f}",
        "gini": f"{card.gini:.2f}",
    }
    with st.container(horizontal=True, gap="medium"):  # side by side as far as the window is wide
        for key, value in scores.items():
            card_of = SCORE_CARDS[key]
            st.markdown(f"{card_of.title}{_ARROWS[card_of.better]}  \n**{value}**", width="content")
    passes = plural(attribution.evaluations, "pass", "passes")
    st.caption(
        f"↑ high is better, ↓ low is better. The map took {passes} of the network and "
        f"{seconds_phrase(attribution.seconds)}; "
        f"its scores took {card.n_evaluations} more and {seconds_phrase(card.seconds)}."
    )


def _confidences(found: Confidence) -> dict[str, str]:
    drop = "none to lose" if found.drop is None else percent(found.drop / 100)
    return {"drop": drop, "rose": "yes" if found.rose else "no"}


@fragment
def _curves(selection: Selection, request: MapRequest, card: ReportCard) -> None:
    """Both curves, and both pictures at the step that the slider is at."""
    category = selection.network.categories[card.target]
    n, size = card.deletion.n_steps, math.prod(selection.trace.prepared.size)
    step = st.slider(
        "Pixels changed, in percent", 0.0, 100.0, 25.0, 100 / n, format="%.3g\u00a0%%", key="report-step",
        persist_state="session",
    )  # fmt: skip
    at = round(step / 100 * n)
    left, right = st.columns(2, gap="medium")
    deleted, inserted = float(card.deletion.probabilities[at]), float(card.insertion.probabilities[at])
    with left:
        chart(
            curve_lines(card, category),
            f"Probability of {category} while pixels are deleted and inserted. {curves_sentence(card)}",
            "report-curves",
            f"{curves_sentence(card)} {end_sentence(card, category)}",
            lambda: [card.deletion.probabilities, card.insertion.probabilities],
            snippets.score_curves(setting(selection), in_code(request, selection.network), card.target),
            Points(
                Choice(
                    [percent(share) for share in card.deletion.shares.tolist()],
                    at,
                    lambda i: choose("report-step", 100 * i / n),
                ),
                "Choose a point to see the pictures at its step.",
                is_marked=True,
            ),
        )
    with right:
        picture(
            steps_png(card, at),
            alt="Left the picture without, right the blurred one with, the "
            f"{round_percent(step / 100)} of the pixels ranked highest",
        )
        n_changed = f"{round(size * at / n):,} of {size:,} pixels"
        st.caption(
            plain(
                f"Left: {n_changed} deleted, “{category}” {percent(deleted)}. Right: the same pixels put into the "
                f"blurred picture, {percent(inserted)}."
            )
        )
        st.caption(plain(ties_sentence(card.ties)))
        if request.target.against is not None:
            st.caption(plain(of_the_first(category)))
        score("deletion", f"{card.deletion.area:.3f}")
        score("insertion", f"{card.insertion.area:.3f}")


def _kept(selection: Selection, request: MapRequest, found: Confidence) -> None:
    category = plain(selection.network.categories[request.target.index])
    left, right = st.columns(2, gap="medium")
    with left:
        png = png_of_pixels(visible(found.pixels))
        picture(png, alt="What the map keeps of the picture")
        take_away(
            f"The picture times the map. “{category}”: {percent(found.probability)} before, {percent(found.kept)} on "
            "what is kept.",
            "report-kept",
            lambda: png,
            lambda: found.pixels,
            snippets.kept_picture(setting(selection), in_code(request, selection.network), request.target.index),
        )
    with right:
        for key, value in _confidences(found).items():
            score(key, value)


@fragment
def _where(selection: Selection, request: MapRequest, attribution: Attribution) -> None:
    """The box of the map's bright region, and one that the person drags."""
    trace = selection.trace
    size = trace.prepared.size
    try:
        positive = resized(as_positive(attribution), *size, attribution.places)
    except BadMap as error:
        st.info(plain(str(error)))
        return
    left, right = st.columns([3, 2], gap="medium")
    with right:
        threshold = st.slider(
            "Bright is what reaches this share of the maximum", 0.05, 1.0, 0.2, 0.05, key="box-threshold",
            **KEPT_IN_LINK,
        )  # fmt: skip
    found = bright_box(positive, threshold)
    values = enlarged(attribution.values, size, False, attribution.places)
    scale = own_scale(attribution, "inferno")
    with left:
        box = pick_box(
            Photo(photo(trace), size),
            Heat(
                values,
                scale,
                f"{METHODS[attribution.method].title} over the picture, with the box around its bright region",
            ),
            found,
            # a box belongs to a picture, as large as one network received it
            key=f"box-{selection.image.digest[:6]}-{size[0]}",
        )
        take_away(
            f"The largest region that reaches {percent(threshold)} of the maximum lies in {_edges(found)}.",
            "report-box",
            lambda: boxes_png(trace.prepared.pixels, values, scale, {"given": box, "found": found}),
            lambda: found,
            snippets.bright_region(setting(selection), in_code(request, selection.network), threshold),
        )
    with right:
        if box is None:
            st.markdown("Drag a box around what you see, to score where the map lies.")
        else:
            _localised(attribution, box, size, threshold)


def _edges(box: Box) -> str:
    return f"y {box[0]:g} to {box[2]:g}, x {box[1]:g} to {box[3]:g}"


def _localised(attribution: Attribution, box: Box, size: tuple[int, int], threshold: float) -> None:
    found = localisation(attribution, box, size, threshold, _TOLERANCE)
    area = (box[2] - box[0]) * (box[3] - box[1]) / math.prod(size)
    score(
        "energy",
        percent(found.energy),
        f"The box is {percent(area)} of what the network received: an even map would have that.",
    )
    small = f"Of {size[0]} pixels that is nearly everywhere." if size[0] < 8 * _TOLERANCE else ""
    score("hit", "a hit" if found.hit else "a miss", f"The strongest pixel is y {found.peak[0]}, x {found.peak[1]}.")
    if small:
        st.caption(small)
    score("iou", f"{found.iou:.2f}")


def _spread(selection: Selection, attribution: Attribution) -> None:
    height, width = selection.trace.prepared.size
    values = resized(as_ranking(attribution), height, width, attribution.places)
    score("entropy", f"{entropy(values):.2f} of {math.log(height * width):.2f} nats")
    score("gini", f"{gini(values):.2f}")
    if attribution.completeness_gap is not None:
        st.markdown(f"**Completeness gap: {gap_share(attribution.completeness_gap)}** (low is better)")
        st.caption(
            "By how much the pixels’ shares miss what they should add up to: the score of the picture less that of "
            "the baseline.  \n**But:** a sum can be right while each share in it is wrong. (Sundararajan et al. 2017, "
            "arXiv:1703.01365)"
        )
