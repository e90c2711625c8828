"""A network trained from random weights before one's eyes: a film to stop, to play back, and to interfere with."""

from functools import partial

import streamlit as st

from explorer.scratch.experiments import EXPERIMENTS
from explorer.scratch.film_sentences import gone_sentence, replaced_sentence
from explorer.ui.elements.views import views
from explorer.ui.frame.boundary import plain
from explorer.ui.scratch.choices import is_gone, pick_experiment, pick_settings, say_refused, standing_run
from explorer.ui.scratch.code import code
from explorer.ui.scratch.curves import changed, curves
from explorer.ui.scratch.film import film, take_film
from explorer.ui.scratch.kept import kept
from explorer.ui.scratch.own import pick_blocks
from explorer.ui.scratch.previews import previews_of

run = standing_run()
title, choice = st.columns([2, 3], gap="medium", vertical_alignment="center")
with title:
    st.title("From scratch")
with choice:
    key = pick_experiment()
with st.container(key="scratch-says"):
    st.caption(plain(EXPERIMENTS[key].says))
say_refused()
if is_gone():
    st.warning(gone_sentence())
experiment = pick_blocks(EXPERIMENTS[key]) if key == "own" else EXPERIMENTS[key]
previews = previews_of(experiment.plans)
chosen = pick_settings(key, experiment, run, any(one.layout.dropout is not None for one in previews))
if chosen.other is not None:
    st.info(plain(replaced_sentence(chosen.other.plans[0].title)))
film(chosen, previews)
take_film(chosen, previews)
views(
    {
        "The curves": partial(curves, chosen.run),
        "What was changed": partial(changed, chosen.run),
        "The code": partial(code, chosen.plans),
        "As your own network": partial(kept, chosen.run),
    },
    "scratch_view",
)
