"""All lessons: what each is good for, how long it takes, and what is known of it already."""

from __future__ import annotations

import streamlit as st

from ...lessons.lesson import Lesson
from ...lessons.sentences import length_sentence, progress_sentence
from ...lessons.shelf import Shelf
from ...wording import plural
from ..frame.boundary import plain
from .kept import AFTER, BEFORE, committed, n_right, open_lesson

_COLUMNS = 3


def listing(found: Shelf) -> None:
    """A card for each lesson, and a sentence for each file that is none."""
    lessons = found.lessons
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(plain(length_sentence(lessons)), width="content")
        before, after = n_right(lessons, BEFORE), n_right(lessons, AFTER)
        if any(part in (BEFORE, AFTER) for _, part in committed()):
            st.markdown(f"**{plain(progress_sentence(before, after, len(lessons)))}**", width="content")
    for problem in found.problems:
        st.warning(plain(problem))
    names = list(lessons)
    for start in range(0, len(names), _COLUMNS):
        for column, name in zip(st.columns(_COLUMNS, gap="small"), names[start : start + _COLUMNS], strict=False):
            with column:
                _card(lessons[name], names.index(name) + 1)


def _card(lesson: Lesson, at: int) -> None:
    with st.container(gap="xsmall", key=f"lesson-{lesson.name}"):
        st.button(
            plain(f"{at}  {lesson.title}"), key=f"open-{lesson.name}", on_click=open_lesson, args=(lesson.name,),
            width="stretch",
        )  # fmt: skip
        st.caption(plain(f"{plural(lesson.minutes, 'minute')}{_known(lesson)}. {lesson.goal}"))


def _known(lesson: Lesson) -> str:
    """What was answered before and after it, if anything was."""
    said = [
        f"{part.lower()} {'right' if committed()[lesson.name, part].is_right else 'wrong'}"
        for part in (BEFORE, AFTER)
        if (lesson.name, part) in committed() and (part == AFTER or (lesson.name, AFTER) in committed())
    ]
    return f" · {', '.join(said)}" if said else ""
