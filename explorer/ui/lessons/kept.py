"""What a visitor has committed to, as long as the visit lasts: it is sent nowhere and written nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import streamlit as st

from ...lessons.lesson import Lesson
from ..frame.session import choose

BEFORE, AFTER, FURTHER = "Before", "After", "Further"
STEP = "lesson_step"  # in the address
_KEY = "lesson answers"

Place = tuple[str, str]  # a lesson and what is asked in it, or a game and its round


@dataclass(frozen=True)
class Committed:
    """An answer by its number, and whether it is right."""

    answer: int
    is_right: bool


def committed() -> dict[Place, Committed]:
    """All answers so far."""
    return cast(dict[Place, Committed], st.session_state.setdefault(_KEY, {}))


def forget(lesson: Lesson) -> None:
    """Begin a lesson anew: for a callback."""
    for place in [place for place in committed() if place[0] == lesson.name]:
        del committed()[place]
    choose(STEP, BEFORE)


def n_right(lessons: Mapping[str, Lesson], part: str) -> int:
    """How many lessons' questions were answered right before, or after."""
    return sum((name, part) in committed() and committed()[name, part].is_right for name in lessons)


def open_lesson(name: str) -> None:
    """Show a lesson from its beginning, "" for the list of all: for a callback."""
    choose("lesson", name)
    choose(STEP, BEFORE)
