"""How a training goes, as charts that can be pointed at, and what was changed in it."""

from __future__ import annotations

import streamlit as st

from ...scratch.figures import accuracy_lines, loss_lines
from ...scratch.film_sentences import nothing_sentence
from ...scratch.run import Run
from ...scratch.sending import changes
from ...scratch.snippets import in_pytorch
from ..elements.chart import chart
from ..frame.boundary import fragment, plain

_MOVES = ("waiting", "starting", "playing")


def curves(run: Run | None) -> None:
    """Loss and right answers; while it is trained, drawn anew every second."""
    if run is None:
        st.info(nothing_sentence())
    elif run.status in _MOVES:
        _growing(run)
    else:
        _drawn(run)


def _drawn(run: Run) -> None:
    if not min(run.n_frames):
        st.info(nothing_sentence())
        return
    code = in_pytorch(run.plans[0])
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            loss_lines(run), "Cross entropy by step", "scratch-loss",
            "Where the one of the held-out pictures rises again, what is learned is the others by heart.",
            lambda: run.series(0, "held_out_loss"), code,
        )  # fmt: skip
    with right:
        chart(
            accuracy_lines(run), "Right answers by step", "scratch-accuracy",
            "Of what is trained on, all since the point before; of held-out pictures, a part that is always the same.",
            lambda: run.series(0, "held_out"), code,
        )  # fmt: skip


def _followed(run: Run) -> None:
    if run.status not in _MOVES:
        st.rerun()
    _drawn(run)


_growing = fragment(_followed, every=1.0)


def changed(run: Run | None) -> None:
    """What was changed at which step."""
    found = [] if run is None else changes(run)
    if not found:
        st.info("Nothing has been changed yet: move a slider, or change a weight, while it is trained.")
        return
    st.markdown("\n".join(["| step | what |", "| --: | --- |", *(f"| {n:,} | {plain(said)} |" for n, said in found)]))
