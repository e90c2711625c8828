"""What a visitor has committed to, as long as the visit lasts: it is sent nowhere and written nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import streamlit as st

from ...errors import WeightsUnavailable
from ...lessons.lesson import Lesson, Setting
from ...loading.catalog import find
from ...loading.load import pretrained_is_here
from ...loading.published import find_set
from ...pictures.samples import load_sample
from ...trace import Trace
from ..frame.session import Selection, choose, network

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


def trace_of(setting: Setting) -> Trace:
    """The recorded pass that answers, made once for all visitors. Raises WeightsUnavailable, and as `load_network`."""
    info, weights = find(setting.network), "random"
    if setting.weights == "Trained":
        weights = find_set(info, "pretrained").name
        if not pretrained_is_here(info.name, weights):
            raise WeightsUnavailable(
                f"This lesson asks {info.title}, whose trained weights are not on this machine. Fetch them with: "
                f"python -m explorer fetch {info.name}"
            )
    return Selection(load_sample(setting.sample), network(info.name, weights), None).trace
