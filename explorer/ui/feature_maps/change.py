"""What becomes of the answer when something in a layer is changed: the likeliest classes and the evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from ...attribution import class_activation_map
from ...drawing.placing import note
from ...elements.legend import legend
from ...feature_maps.figures import change_bars
from ...feature_maps.film import Beside, evidence
from ...feature_maps.sentences import evidence_sentence
from ...geometry import Places
from ...trace import FloatArray, Trace
from ..elements.bars import bars
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.takeaway import take_away


@dataclass(frozen=True)
class Change:
    """A pass `after` a layer was changed (the recorded one itself where nothing was), the sentence that says what
    became of it, and the code for its two figures. `name` tells them from those of another change."""

    name: str
    layer: str
    after: Trace
    sentence: str
    probabilities_code: str
    evidence_code: str


def show_change(trace: Trace, change: Change) -> None:
    """The likeliest classes and the evidence, before and after."""
    after = change.after
    st.markdown(plain(change.sentence))
    left, right = st.columns(2, gap="medium")
    with left:
        shown = _likeliest(trace, after)
        names = [trace.network.categories[i] for i in shown]
        bars(
            change_bars(names, trace.probabilities[shown], after.probabilities[shown]),
            f"Probabilities of {', '.join(names)}, before and after",
            change.name,
            "Upper bar: before. Lower bar: after; in brackets the change in percentage points.",
            lambda: [trace.probabilities, after.probabilities],
            change.probabilities_code,
        )
    with right:
        _evidence(trace, change)


def _evidence(trace: Trace, change: Change) -> None:
    network, after = trace.network, change.after
    if not (network.has_maps and trace.is_finite and after.is_finite):
        st.caption(plain(network.cam_reason))
        return
    if not after.has_gradient(network.cam_layer):
        st.caption(plain(f"{change.layer} lies behind {network.cam_layer}: the maps that evidence is drawn from stay."))
        return
    assert trace.target is not None  # a selection's trace has one
    st.markdown(f"**Evidence for “{plain(trace.prediction(trace.target).category)}”**")
    places = network.places(network.cam_layer)
    # kept with the changed pass; until anything is changed both are the same, and drawn once for everybody who comes
    cams, view = after.view(_unchanged, places) if after is trace else after.view(_behind, trace, places)
    strip(
        [(view.photos, 1, True)],
        [("before", f"up to {cams[0].max():.3g}"), ("after", f"up to {cams[1].max():.3g}")],
        alt=f"Grad-CAM at {network.cam_layer}, before and after",
        key=f"{change.name}-evidence",
        width=200,
        legend=legend(
            view.scale,
            f"Grad-CAM at {network.cam_layer}, one scale for both, in units of the logit{note(places, places)}",
        ),
    )
    take_away(
        evidence_sentence(*cams),
        f"{change.name}-evidence",
        lambda: view.photos,
        lambda: list(cams),
        change.evidence_code,
    )


def _behind(after: Trace, trace: Trace, places: Places | None) -> tuple[tuple[FloatArray, FloatArray], Beside]:
    cams = class_activation_map(trace), class_activation_map(after)
    return cams, evidence([trace, after], cams, places)


def _unchanged(trace: Trace, places: Places | None) -> tuple[tuple[FloatArray, FloatArray], Beside]:
    return _behind(trace, trace, places)


def _likeliest(trace: Trace, after: Trace) -> list[int]:
    """The five classes with the highest probability at either time."""
    before, behind = (np.nan_to_num(t.probabilities) for t in (trace, after))
    found: list[int] = np.argsort(-np.maximum(before, behind), kind="stable")[:5].tolist()
    return found
