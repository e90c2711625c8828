"""A question: choose, commit, and only then see what the network says."""

from __future__ import annotations

import zlib

import streamlit as st

from ...questions import Question
from ..elements.question import put
from ..frame.boundary import plain
from .kept import Committed, Place, committed

_PICTURE = 112  # CSS pixels: two beside each other on a phone, four in half of a page
_SHORT = 60  # letters of all answers that fit into a row


def predict(question: Question, place: Place, is_held: bool = False) -> bool:
    """Ask, and say whether somebody has committed to an answer. Of one that `is_held`, nothing is revealed."""
    put(question, _PICTURE)
    if (given := committed().get(place)) is None:
        _choose(question, place)
        return False
    if is_held:
        st.info(plain(f"Kept: {question.answers[given.answer]}. The lesson tells; you are asked again at its end."))
    else:
        _reveal(question, given)
    return True


def _choose(question: Question, place: Place) -> None:
    """The answers, none of which is chosen, and the button."""
    # another question is another widget, whose answer is none of this one
    key = f"predict-{zlib.crc32(repr((place, question.text, question.answers)).encode())}"
    st.radio(
        plain(question.text), question.answers, index=None, key=key, label_visibility="collapsed", format_func=plain,
        horizontal=sum(map(len, question.answers)) <= _SHORT,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Commit", type="primary", key=f"{key}-commit", on_click=_commit, args=(question, place, key))
        if st.session_state.get(f"{key}-empty") and st.session_state.get(key) is None:
            st.caption("Choose an answer first: a guess is worth more than none.", width="content")


def _commit(question: Question, place: Place, key: str) -> None:
    given = st.session_state.get(key)
    st.session_state[f"{key}-empty"] = given is None
    if given in question.answers:
        answer = question.answers.index(given)
        committed()[place] = Committed(answer, answer == question.right)


def _reveal(question: Question, given: Committed) -> None:
    right = question.answers[question.right]
    if given.is_right:
        st.success(plain(f"Yes: {right}. {question.why}"))
    else:
        st.warning(plain(f"You said {question.answers[given.answer]}; it is {right}. {question.why}"))
