"""A change that nobody sees, made against this network alone."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...attribution import class_activation_map
from ...challenges import Attack, attack, magnified, snippets
from ...challenges.sentences import ATTACK_NOTE, attack_sentence
from ...drawing.color import scale_of
from ...drawing.picture import overlay, png_of_pixels, visible
from ...elements.legend import legend
from ...networks.cost import is_quick
from ...targets import class_names
from ...trace import Trace
from ...wording import number, percent
from ..elements.pickers import pick_one
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.progress import from_shelf
from ..frame.session import KEPT_IN_LINK, Selection
from ..frame.takeaway import setting, take_away

_STEPS = {"one step (FGSM)": 1, "10 steps (PGD)": 10, "40 steps (PGD)": 40}
_AWAY = "any other class"


def adversarial(selection: Selection) -> None:
    """Pick how much may be changed and what is aimed at; then picture, change, evidence and answer."""
    epsilon, steps, aim = _pick(selection)
    found = _attack(selection, epsilon, steps, aim)
    if found is not None:
        _show(selection, found)
    st.caption(plain(ATTACK_NOTE))


def _pick(selection: Selection) -> tuple[int, int, int | None]:
    trace, names = selection.trace, class_names(selection.network)
    best = trace.top(1)[0].index
    left, middle, right = st.columns([3, 3, 4], gap="medium")
    with left:
        epsilon = int(
            st.slider("Epsilon: levels of 255 that a value may change by", 1, 32, 2, key="epsilon", **KEPT_IN_LINK)
        )
    with middle:
        steps = _STEPS[pick_one("Steps", _STEPS, "attack_steps")]
    with right:
        aims = [_AWAY, *(name for i, name in enumerate(names) if i != best)]
        chosen = pick_one("Aim at", aims, "aim")
    return epsilon, steps, None if chosen == _AWAY else names.index(chosen)


def _attack(selection: Selection, epsilon: int, steps: int, aim: int | None) -> Attack | None:
    return from_shelf(
        selection.attacks, (epsilon, steps, aim), is_quick(selection.network, 2 * steps),  # forward and back
        f"Work it out: {steps} passes, forward and back", "attack", "Stepping",
        lambda progress: attack(selection.trace, epsilon, steps, aim, progress),
    )  # fmt: skip


def _show(selection: Selection, found: Attack) -> None:
    before, after = selection.trace, found.trace
    strongest = float(np.abs(found.change).max())
    pictures = [visible(before.prepared.pixels), visible(magnified(found)), visible(after.prepared.pixels)]
    columns = [_column("before", before), ("the change", f"{number(-strongest)} to {number(strongest)} levels"),
               _column("after", after)]  # fmt: skip
    shown = None
    if after.network.has_maps:
        maps = [class_activation_map(trace) for trace in (before, after)]
        scale = scale_of(np.stack(maps), "inferno")
        pictures += [
            overlay(visible(trace.prepared.pixels), values, scale)
            for trace, values in zip((before, after), maps, strict=True)
        ]
        columns += [("evidence before", ""), ("evidence after", "")]
        category = before.network.categories[before.class_of(None)]
        shown = legend(scale, f"Grad-CAM for {category}, in units of the logit; one scale for both")
    strip(
        [(png_of_pixels(np.concatenate(pictures, axis=1)), 1, True)],
        columns,
        alt="The picture before and after, and what was changed, magnified",
        key="attack-strip",
        width=176,
        legend=shown,
    )
    st.markdown(plain(attack_sentence(before, found)))
    take_away(
        "Grey is no change. The picture after it is made of whole levels: saved without loss, it is this one.",
        "attacked-picture",
        lambda: png_of_pixels(after.prepared.pixels),
        lambda: found.change,
        snippets.attacked(setting(selection), found.epsilon, found.steps, found.aim),
    )


def _column(title: str, trace: Trace) -> tuple[str, str]:
    best = trace.top(1)[0]
    return title, f"{best.category}, {percent(best.probability)}"
