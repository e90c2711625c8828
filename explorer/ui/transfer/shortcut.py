"""Whether the head looks at the mark that was planted: numbers, pictures that tell, and a sweep over its size."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from ...elements.legend import legend
from ...networks.cost import is_quick
from ...running.cache import Shelf
from ...running.progress import Progress
from ...transfer import Learned, snippets
from ...transfer.figures import swept_lines, witness_sheets
from ...transfer.sentences import exposed_sentence, swept_sentence
from ...transfer.shortcut import PLACES, Exposed, exposed
from ...transfer.sweeping import SIZES, Swept, sweep_mark, witnesses
from ...wording import percent
from ..elements.chart import chart
from ..elements.pickers import pick_one
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.caches import caches
from ..frame.progress import from_shelf
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away
from .pictures import Given
from .trained import at_once


def shortcut(selection: Selection, given: Given, found: Learned) -> None:
    """Plant a mark; or what the one that was planted has done."""
    if given.marked is None:
        st.markdown(
            "A small mark in a corner of every picture of one class is easier to learn than the class. Accuracy will "
            "not show it; the evidence will, and a mark that moves."
        )
        with st.container(horizontal=True, gap="small"):
            for i, name in enumerate(found.examples.categories):
                st.button(
                    f"Plant it on {plain(name)}, and train again", key=f"transfer-plant-{i}", on_click=_plant,
                    args=(name,),
                )  # fmt: skip
        return
    told = _exposed(given, found, given.marked)
    if told is not None:
        st.markdown(plain(exposed_sentence(found.network, told)))
    _show(selection, given, found, given.marked)
    _sweep(selection, given, found, given.marked)


def _plant(name: str) -> None:
    choose("transfer_mark", name)
    at_once()


def _exposed(given: Given, found: Learned, marked: str) -> Exposed | None:
    n = sum(one.is_held_out for one in found.examples.examples)
    return from_shelf(
        Shelf(caches().exposed, (found.network.key,)), given.key, is_quick(found.network, 2 * n),
        "Move the mark to the others, and look at the evidence", "transfer-expose", "Moving the mark",
        lambda progress: exposed(found, marked, progress, given.mark),
    )  # fmt: skip


def _show(selection: Selection, given: Given, found: Learned, marked: str) -> None:
    """One held-out picture with the mark, with it moved and without; one of another class without it and with it."""
    held = [one for one in found.examples.examples if one.is_held_out]
    n = max(sum(found.examples.categories[one.label] == marked for one in held), 1)
    number = int(st.number_input(f"Held-out picture, of {n}", 1, n, key="transfer-witness", width=180)) - 1
    made = witnesses(found, marked, number, given.mark)
    photos, evidence = witness_sheets(made)
    answers = [one.trace.top(1)[0] for one in made]
    strip(
        [(photos, 1, True), *([] if evidence is None else [(evidence[0], 1, True)])],
        [
            (one.what, f"{answer.category}, {percent(answer.probability)}")
            for one, answer in zip(made, answers, strict=True)
        ],
        alt="A picture with the mark, with it moved and removed; another without it and with it",
        key="transfer-witness-strip",
        width=128,
        legend=None
        if evidence is None
        else legend(evidence[1], f"Grad-CAM for {marked}, in units of the logit; outlined are the mark’s cells"),
    )
    label = found.examples.categories.index(marked)
    take_away(
        f"Above each picture stands its answer. The evidence is that for “{marked}” in all of them, on one scale.",
        "transfer-witnesses", None, lambda: np.array([one.trace.probabilities[label] for one in made]),
        snippets.trained(
            setting(selection), given.code,
            f"[one.trace.probabilities[{label}] for one in witnesses(found, {marked!r}, {number}, "
            f"Mark({given.mark.size}))]", found.tuning,
        ),
    )  # fmt: skip


def _sweep(selection: Selection, given: Given, found: Learned, marked: str) -> None:
    place = pick_one("Place of the mark", PLACES, "transfer_place", is_in_row=True)
    n = len(SIZES) * len(found.examples.examples)
    swept = from_shelf(
        Shelf(caches().marks, (found.base.key, given.key)), place, False, "Sweep the mark", "transfer-sweep",
        f"Training {len(SIZES)} heads, {n} pictures", partial(_swept, found, marked, place),
    )  # fmt: skip
    if swept is None:
        st.caption("Each size trains a head of its own on the same pictures, and moves the mark again.")
        return
    lines, sentence = swept_lines(swept), swept_sentence(swept)
    chart(
        lines, f"{lines.title}. {sentence}", "transfer-swept", sentence,
        lambda: np.array([line.values for line in lines.lines]),
        snippets.trained(
            setting(selection), given.code,
            f"[one.followed for one in sweep_mark(found, {marked!r}, {place!r}).exposed]",
        ),
    )  # fmt: skip


def _swept(found: Learned, marked: str, place: str, progress: Progress | None) -> Swept:
    return sweep_mark(found, marked, place, progress=progress)
