"""Something to predict before the page tells."""

from __future__ import annotations

import zlib

import streamlit as st

from ...questions import Question
from ..frame.boundary import fragment, plain
from .pickers import picture

_PICTURE = 140  # CSS pixels: two beside each other on a phone


@fragment
def ask(question: Question, key: str) -> None:
    """The question and its answers to choose from; what is right, and why, only after a choice."""
    put(question, _PICTURE)
    # Another question is another widget: an answer to the last one must not stay behind.
    number = zlib.crc32(repr((question.text, question.answers)).encode())
    given = st.radio(
        question.text, question.answers, index=None, horizontal=True, key=f"{key}-{number}",
        label_visibility="collapsed",
    )  # fmt: skip
    if given is None:
        return
    if question.answers.index(given) == question.right:
        st.success(plain(f"Yes: {question.answers[question.right]}. {question.why}"))
    else:
        st.warning(plain(f"Not {given}. Look again, or open the answer."))
        with st.expander("Answer"):
            st.markdown(plain(f"{question.answers[question.right]}. {question.why}"))


def put(question: Question, width: int) -> None:
    """What is asked, with the pictures of its answers, so many CSS pixels wide, where they are pictures."""
    st.markdown(f"**Predict:** {plain(question.text)}")
    if question.pictures:
        with st.container(horizontal=True, gap="small"):
            for png, answer in zip(question.pictures, question.answers, strict=True):
                with st.container(width=width, gap="xsmall"):
                    picture(png, alt=f"Answer {answer}", width=width)
                    st.caption(plain(answer))
