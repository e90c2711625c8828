"""Games on the networks' own maps: each round is drawn from its number, so that a class plays the same one."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...drawing.color import scale_of
from ...drawing.picture import photo
from ...elements.overlay import Heat, Photo
from ...faithfulness.scores import bright_box
from ...lessons.asked_of_answers import evidence
from ...lessons.games import LAYERS, Round, guess_the_kernel, guess_the_picture, mark_setting, score_mark
from ...lessons.lesson import Look
from ...lessons.sentences import FORMULA, look_sentence, mark_sentence
from ...wording import plural
from ..elements.box import pick_box
from ..elements.pickers import pick_number, pick_one, picture
from ..frame.boundary import plain
from ..frame.pages import FIRST
from ..frame.session import choose
from .kept import Committed, Place, committed
from .passes import trace_of
from .predicting import predict

_ROUNDS = range(1, 100)
_PICTURE = "The picture, from its maps"
_KERNEL = "The kernel, from its map"
_MARK = "Where would you look?"
_WIDE = 660  # CSS pixels of a sheet of maps


def games() -> None:
    """Pick a game and a round, and play it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        game = pick_one("Game", (_PICTURE, _KERNEL, _MARK), "game", is_in_row=True)
        with st.container(width=160):
            number = pick_number("Round", _ROUNDS, "round")
        layer = pick_one("Maps of", LAYERS, "game_layer", is_in_row=True) if game == _PICTURE else ""
        st.button("Next round", on_click=choose, args=("round", number % _ROUNDS[-1] + 1))
    if game == _MARK:
        _mark(number)
    else:
        found = guess_the_picture(number, layer, trace_of) if layer else guess_the_kernel(number, trace_of)
        _guess(found, (game, f"{layer} {number}"), _WIDE if layer else _WIDE // 2)
    _tally(game)


def _guess(found: Round, place: Place, width: int) -> None:
    left, right = st.columns([5, 6], gap="medium")
    with left:
        picture(found.shown, alt=found.alt, width=width)
    with right:
        predict(found.question, place)


def _mark(number: int) -> None:
    """A mark on the picture, and, once somebody has committed to it, what the map says."""
    setting = mark_setting(number)
    trace = trace_of(setting)
    values, place = trace.view(evidence), (_MARK, str(number))
    is_told = place in committed()
    left, right = st.columns([3, 2], gap="medium")
    with left:
        shown = values if is_told else np.zeros_like(values)
        category = trace.network.categories[trace.class_of(None)]
        alt = f"The picture, {'with the evidence for' if is_told else 'on which to mark what speaks for'} {category}"
        heat = Heat(shown, scale_of(values, "inferno"), alt, fades=not is_told)
        box = pick_box(
            Photo(photo(trace), (values.shape[0], values.shape[1])), heat, bright_box(values) if is_told else None,
            f"mark-{number}",
        )  # fmt: skip
    with right:
        st.markdown(
            plain(f"{trace.network.title} says “{category}”. Where is what speaks for that? Drag one box around it.")
        )
        if box is None:
            return
        if not is_told:
            is_hit = score_mark(values, box).times > 1
            st.button("Commit", type="primary", on_click=_commit, args=(place, is_hit), key=f"mark-commit-{number}")
            return
        st.markdown(plain(mark_sentence(score_mark(values, box))))
        st.caption(plain(FORMULA))
        look = Look(setting, "saliency")
        st.link_button("Open Saliency", look.address(FIRST), icon=":material/open_in_new:")
        st.caption(plain(look_sentence(look)))


def _commit(place: Place, is_hit: bool) -> None:
    committed()[place] = Committed(0, is_hit)


def _tally(game: str) -> None:
    """How many rounds of a game were won."""
    played = [one.is_right for (name, _), one in committed().items() if name == game]
    if played:
        better = " with more than chance" if game == _MARK else ""
        st.caption(plain(f"Won{better}: {sum(played)} of {plural(len(played), 'round')}."))
