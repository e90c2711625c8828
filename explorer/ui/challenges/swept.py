"""A change at all strengths: where the answer flips, whether the evidence follows, which layers do not care, and a card
of all changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from ...challenges import Sweep, card, followed, similarity, snippets, sweep
from ...challenges.card import N_STRENGTHS, card_csv
from ...challenges.changes import CHANGES
from ...challenges.figures import evidence_scale, followed_line, probability_lines, similarity_lines, strip_sheet
from ...challenges.sentences import borne_phrase, followed_sentence, left_out_sentence, sweep_sentence
from ...elements.legend import legend
from ...loading.catalog import CATALOG
from ...loading.load import pretrained_is_here
from ...loading.published import find_set
from ...networks.cost import is_quick
from ...wording import percent
from ..elements.chart import chart
from ..elements.choice import Choice
from ..elements.points import Points
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.progress import from_shelf
from ..frame.session import KEPT_IN_LINK, Selection, choose, network
from ..frame.takeaway import setting, take_away
from .now import Chosen, strength_key, thing_box

_N = 21  # strengths of a sweep
_N_SHOWN = 9  # of them in the strip


def swept(selection: Selection, chosen: Chosen) -> None:
    """The probabilities against the strength, and pictures with their evidence under them; choosing one sets it."""
    found = _sweep(selection, chosen)
    if found is None:
        return
    trace, change = selection.trace, chosen.change
    key, category = strength_key(change), trace.network.categories[found.target]
    texts = [change.words(strength) for strength in found.strengths]
    here = found.strengths.index(chosen.strength) if chosen.strength in found.strengths else None
    title = f"Probability of “{category}” by {change.title.lower()}"
    others = [(other, _sweep(other, chosen)) for other in _pick_others(selection)]
    all_of_them = [(_named(selection, found), found), *((_named(one, it), it) for one, it in others if it is not None)]
    chart(
        probability_lines(all_of_them, title),
        f"{title}. {sweep_sentence(trace, found)}",
        "challenge-sweep",
        sweep_sentence(trace, found),
        lambda: found.probabilities,
        snippets.swept(setting(selection), change.name, found.strengths, "probabilities", chosen.box),
        Points(
            Choice(texts, here, lambda i: choose(key, found.strengths[i])),
            "Choose a point to see that picture and its evidence above.",
            is_marked=True,
        ),
    )
    last = len(found.strengths) - 1
    shown = sorted({round(i) for i in np.linspace(0, last, min(_N_SHOWN, last + 1))})
    photos, maps = trace.view(strip_sheet, found, tuple(shown))
    strip(
        [(photos, 1, True), *([] if maps is None else [(maps, 1, True)])],
        [(texts[i], f"{percent(float(found.probabilities[i, found.target]))}") for i in shown],
        alt=f"The picture at strengths from {texts[0]} to {texts[-1]}, and the evidence in it",
        key="challenge-strip",
        width=104,
        legend=None
        if maps is None
        else legend(evidence_scale(found), f"Grad-CAM for {category}, in units of the logit; one scale for all"),
        choice=Choice(
            [texts[i] for _ in range(1 if maps is None else 2) for i in shown],
            shown.index(here) if here in shown else None,
            lambda cell: choose(key, found.strengths[shown[cell % len(shown)]]),
        ),
    )


def _named(selection: Selection, found: Sweep) -> str:
    return f"{selection.network.title}: “{selection.network.categories[found.target]}”"


def _pick_others(selection: Selection) -> list[Selection]:
    """Networks whose trained weights are here, each on the same picture and for its own answer."""
    titles = {
        info.title: name
        for name, info in CATALOG.items()
        if name != selection.network.name and pretrained_is_here(name)
    }
    picked = st.multiselect(
        "Other networks, each for its own answer", list(titles), key="challenge_networks", **KEPT_IN_LINK
    )
    usual = {title: find_set(CATALOG[titles[title]], "pretrained").name for title in picked}
    return [replace(selection, network=network(titles[title], usual[title]), target=None) for title in picked]


def does_it_follow(selection: Selection, chosen: Chosen) -> None:
    """Of a change that moves what is in the picture: how far the evidence moves along."""
    if chosen.change.matrix is None:
        st.info(f"{chosen.change.title} moves nothing. Choose a change of viewpoint, scale or position.")
        return
    found = _sweep(selection, chosen)
    if found is None:
        return
    values = followed(selection.trace, found)
    if values is None:
        st.info(plain(selection.network.cam_reason))
        return
    title = f"Does the evidence follow? {chosen.change.title}"
    chart(
        followed_line(found, values, title),
        f"{title}. {followed_sentence(values)}",
        "challenge-followed",
        followed_sentence(values),
        lambda: np.array([np.nan if value is None else value for value in values]),
        snippets.followed_evidence(setting(selection), chosen.change.name, found.strengths),
    )


def who_does_not_care(selection: Selection, chosen: Chosen) -> None:
    """How alike each stage's values are before and after the change."""
    rows = similarity(selection.trace, chosen.trace)
    title = f"How alike the stages are: {chosen.change.title.lower()}, {chosen.change.words(chosen.strength)}"
    names = ", ".join(f"{i} {row.stage}" for i, row in enumerate(rows, start=1))
    sentence = (
        "1 means that a stage answers as if nothing had happened. The channels' means do not know where anything is; "
        f"cell by cell does. The stages: {names}."
    )
    chart(
        similarity_lines(rows, title),
        f"{title}. {sentence}",
        "challenge-layers",
        sentence,
        lambda: np.array([(row.pooled, row.in_place) for row in rows], float),
        snippets.layers_that_do_not_care(setting(selection), chosen.change.name, chosen.strength, chosen.box),
    )


def all_changes(selection: Selection) -> None:
    """A card of all changes: how much of each the answer bears."""
    n, box = N_STRENGTHS * len(CHANGES), thing_box(selection)
    rows = from_shelf(
        selection.cards, box, False, f"Try all {len(CHANGES)} changes: {n} passes", "challenge-card", "Trying",
        lambda progress: tuple(card(selection.trace, progress=progress, box=box)),
    )  # fmt: skip
    if rows is None:
        return
    table = [
        f"| {change.group} | {change.title} | {plain(borne_phrase(row))} | {percent(row.share)} |"
        for row in rows
        if (change := CHANGES[row.change])
    ]
    st.markdown("\n".join(["| | Change | Keeps its answer | Of all strengths |", "|---|---|---|---|", *table]))
    if sentence := left_out_sentence(rows):
        st.caption(plain(sentence))
    st.download_button("CSV", card_csv(rows), "challenges.csv", "text/csv", key="challenge-csv", on_click="ignore")
    take_away(
        "From no change outwards, as long as the likeliest class stays the same; each change at "
        f"{N_STRENGTHS} strengths.",
        "challenge-card-numbers",
        None,
        lambda: np.array([(row.low, row.high, row.share) for row in rows]),
        snippets.whole_card(setting(selection), box),
    )


def _sweep(selection: Selection, chosen: Chosen) -> Sweep | None:
    """The sweep, at once where it takes no second, or when somebody has asked for it."""
    strengths = chosen.change.strengths(_N)
    name, n = chosen.change.name, len(strengths)
    title = selection.network.title
    return from_shelf(
        selection.challenges, (name, chosen.box), is_quick(selection.network, n), f"Sweep it with {title}: {n} passes",
        f"sweep-{selection.network.name}", f"Sweeping {title}",
        lambda progress: sweep(selection.trace, name, strengths, box=chosen.box, progress=progress),
    )  # fmt: skip
