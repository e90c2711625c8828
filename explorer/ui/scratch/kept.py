"""What was trained, as a network of one's own: on all pages, and as files."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ...errors import ExplorerError
from ...scratch.card import card
from ...scratch.film_sentences import nothing_sentence, pictures_sentence, sharing_sentence
from ...scratch.presets import PRESETS
from ...scratch.run import Run
from ..frame.boundary import plain
from ..loading.keeping import made_files, offer_made, show_everywhere
from .choices import refuse

_SHOWN = "scratch-shown"


def kept(run: Run | None) -> None:
    """Each network, as it is now."""
    if run is None or not run.layouts:
        st.info(nothing_sentence())
        return
    st.markdown(plain(pictures_sentence(run.layouts)))
    for pane, plan in enumerate(run.plans):
        name = f"{plan.network if plan.network in PRESETS else 'blocks'}-from-scratch"
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if len(run.plans) > 1:
                st.markdown(f"**{plain(plan.title)}**")
            offer_made(f"scratch-{pane}", partial(_use, name, run, pane))
            made_files(name, f"scratch-{pane}", partial(run.weights, pane), partial(_card, run, pane))
    shown = st.session_state.get(_SHOWN)
    st.caption(plain(shown or "All of it is as it is at the moment when you press."))
    st.caption(sharing_sentence())


def _card(run: Run, pane: int) -> str:
    step = run.steps[pane] or 0
    return card(run, pane, step, run.weights(pane, step))


def _use(name: str, run: Run, pane: int) -> None:
    """In a callback, where nothing but this makes a sentence of an error."""
    step = run.steps[pane] or 0
    try:
        content = run.weights(pane)
    except ExplorerError as error:
        refuse(str(error))
        return
    network = run.plans[pane].network
    show_everywhere([(f"{name}.safetensors", content)], network if network in PRESETS else None)
    st.session_state[_SHOWN] = f"All pages show {run.plans[pane].title} as it was after step {step:,}."
