"""One lesson: a question, its steps, the question again, and what comes after it."""

from __future__ import annotations

import streamlit as st

from ...lessons.history import CHARTS, errors_sentence, sources
from ...lessons.lesson import Ask, Lesson, Look, Step
from ...lessons.questions import check_lesson, picture_of, question_of
from ...lessons.sentences import caption_sentence, checks_sentence, look_sentence, steps_sentence
from ...lessons.snippets import error_numbers
from ..elements.chart import chart
from ..elements.pickers import picture
from ..frame.boundary import plain
from ..frame.link import say_unmet, standing
from ..frame.pages import FIRST, titles
from ..frame.session import KEPT_IN_LINK, choose
from .kept import AFTER, BEFORE, FURTHER, STEP, committed, forget, open_lesson
from .passes import trace_of
from .predicting import predict

_PICTURE = 320  # CSS pixels


def one_lesson(lesson: Lesson, at: int, n: int, following: str) -> None:
    """The part of a lesson that is chosen, the `at`-th of `n`; `following` is the name of the next one, or ""."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(plain(lesson.title), width="content")
        st.button("All lessons", on_click=open_lesson, args=("",))
    st.caption(plain(steps_sentence(lesson, at, n)))
    check_lesson(lesson, trace_of)
    parts = [BEFORE, *(str(i + 1) for i in range(len(lesson.steps))), AFTER, FURTHER]
    st.session_state.setdefault(STEP, standing(STEP, parts) or BEFORE)  # a default would be a second opinion
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = st.segmented_control(
            "Part of the lesson", parts, required=True, key=STEP, **KEPT_IN_LINK,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
        part = chosen or BEFORE
        if part != FURTHER:
            st.button("Next", on_click=choose, args=(STEP, parts[parts.index(part) + 1]))
    say_unmet(STEP, parts)
    if part in (BEFORE, AFTER):
        _question(lesson, part)
    elif part == FURTHER:
        _further(lesson, following)
    else:
        _step(lesson, lesson.steps[int(part) - 1], part)


def _question(lesson: Lesson, part: str) -> None:
    """The question of the whole lesson: before it without an answer, after it with both."""
    ask = lesson.question
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader("What do you think now?" if part == BEFORE else "And now?")
        question = trace_of(ask.setting).view(question_of, ask)
        is_told = (lesson.name, AFTER) in committed()
        if predict(question, (lesson.name, part), is_held=part == BEFORE and not is_told) and part == AFTER:
            first = committed().get((lesson.name, BEFORE))
            if first is not None:
                st.markdown(plain(f"Before the lesson you said: {question.answers[first.answer]}."))
    with right:
        _subject(ask)


def _step(lesson: Lesson, step: Step, part: str) -> None:
    """What a step says, where it leads, and what it asks."""
    if step.chart:
        st.subheader(plain(step.title))
        st.markdown(plain(step.text))
        chart(
            CHARTS[step.chart](), f"{step.title}. {errors_sentence()}", f"lesson-{step.chart}",
            f"{errors_sentence()} Sources: {'; '.join(sources())}.", CHARTS[step.chart]().series[0].values.copy,
            error_numbers(),
        )  # fmt: skip
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader(plain(step.title))
        st.markdown(plain(step.text))
        if step.look is not None:
            _link(step.look)
        if step.check is not None:
            predict(trace_of(step.check.setting).view(question_of, step.check), (lesson.name, part))
    with right:
        if step.check is not None:
            _subject(step.check)


def _link(look: Look) -> None:
    """Opens the page in a tab of its own: the lesson stays where it is, and so does what was chosen on other pages."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.link_button(plain(f"Open {titles()[look.page]}"), look.address(FIRST), icon=":material/open_in_new:")
        st.caption(plain(look_sentence(look)), width="content")


def _subject(ask: Ask) -> None:
    """What a question is about, in small."""
    if ask.kind == "choice":
        return
    trace = trace_of(ask.setting)
    said = caption_sentence(ask)
    picture(trace.view(picture_of, ask), alt=said, width=_PICTURE)
    st.caption(plain(said))


def _further(lesson: Lesson, following: str) -> None:
    """How it went, what to try next, and what a teacher might want to know."""
    given = [one for place, one in committed().items() if place[0] == lesson.name]
    if given:
        st.markdown(plain(checks_sentence(sum(one.is_right for one in given), len(given))))
    st.subheader("What to try next")
    st.markdown(plain(lesson.further))
    with st.container(horizontal=True):
        if following:
            st.button("The next lesson", type="primary", on_click=open_lesson, args=(following,))
        st.button("This lesson again, from the beginning", on_click=forget, args=(lesson,))
    with st.expander("Notes for teachers"):
        st.markdown(plain(lesson.notes))
