"""The lessons as somebody takes them: every one is played through, right and wrong, and every link of theirs opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.lessons import FOLDER_VARIABLE, Lesson, Look, shelf
from explorer.lessons.questions import question_of
from explorer.questions import Question
from explorer.ui.lessons.passes import trace_of

from .apps import PAGES, check, open_app, texts

LESSONS = shelf().lessons
LOOKS = {look.address("overview"): look for lesson in LESSONS.values() for look in lesson.looks}


def open_lessons(**query: str) -> AppTest:
    app = open_app(**query)
    return app.switch_page(str(PAGES["lessons"])).run()


def said(app: AppTest, key: str) -> str:
    """What the address says: AppTest gives texts of some, lists of others."""
    found = app.query_params[key]
    return found if isinstance(found, str) else found[-1]


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label.replace("\\", "") == label).click()
    app.run()
    check(app)


def commit(app: AppTest, question: Question, is_right: bool) -> None:
    """Choose the right answer or the next one, and commit to it."""
    (radio,) = (radio for radio in app.radio if radio.label.replace("\\", "") == question.text)
    radio.set_value(question.answers[(question.right + (not is_right)) % len(question.answers)])
    press(app, "Commit")
    assert not [button for button in app.button if button.label == "Commit"], "an answer is committed to once"


def play(app: AppTest, lesson: Lesson, is_right: bool) -> None:
    def asked(i: int) -> Question:
        return trace_of(lesson.asks[i].setting).view(question_of, lesson.asks[i])

    def told() -> str:
        return "\n".join(one.value for one in (*app.success, *app.warning)).replace("\\", "")

    commit(app, asked(0), is_right)
    assert "Kept: " in texts(app)
    assert not told(), "nothing is revealed before the lesson"
    press(app, "Next")
    n_asked = 0
    for step in lesson.steps:
        if step.check is not None:
            n_asked += 1
            commit(app, asked(n_asked), is_right)
            assert told().startswith("Yes: " if is_right else "You said ")
            assert asked(n_asked).why in told()
        press(app, "Next")
    commit(app, asked(0), is_right)
    assert told().startswith("Yes: " if is_right else "You said ")
    assert "Before the lesson you said: " in texts(app)
    press(app, "Next")
    n = len(lesson.asks) + 1  # the question twice
    assert f"Of your {n} predictions in this lesson, {n if is_right else 0} were right." in texts(app)
    assert lesson.further in texts(app)
    assert lesson.notes in texts(app)


def test_every_lesson_is_played_through_wrong_and_right() -> None:
    app = open_lessons()
    check(app)
    for at, (name, lesson) in enumerate(LESSONS.items(), start=1):
        press(app, f"{at}  {lesson.title}")
        assert said(app, "lesson") == name
        press(app, "Commit")
        assert "Choose an answer first" in texts(app)
        play(app, lesson, is_right=False)
        press(app, "This lesson again, from the beginning")
        play(app, lesson, is_right=True)
        press(app, "All lessons")
        assert f"Before {at} of 11 → after {at} of 11" in texts(app)
    assert "before right, after right" in texts(app)


@pytest.mark.parametrize("address", LOOKS, ids=[f"{look.page}-{i}" for i, look in enumerate(LOOKS.values())])
def test_what_a_link_asks_for_is_there(address: str) -> None:
    look: Look = LOOKS[address]
    app = open_app(**look.query)
    app.switch_page(str(PAGES[look.page])).run()
    check(app)
    assert "The link asks for" not in texts(app)
    for key, value in look.query.items():
        if key in app.session_state:  # some belong to the browser's own elements
            assert str(app.session_state[key]).lower().removesuffix(".0") == value.lower(), key
    assert {key for key in look.query if key not in app.session_state} <= {"channel"}


def test_a_lesson_that_is_not_there_and_a_broken_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "mine.toml").write_text('title = "<b>*Mine*</b>"', encoding="utf-8")
    app = open_lessons(lesson="04_sizes")
    check(app)
    assert "The link asks for lesson=04_sizes, which is not to be had here. Nearest: '04_size'." in texts(app)
    assert "mine.toml, line 1: 'minutes' is missing at the top of the file." in texts(app)
    good = (Path(__file__).parents[2] / "explorer/lessons/files/04_size.toml").read_text(encoding="utf-8")
    broken = good.replace('layer = "conv1"', 'layer = "conv9"')
    (tmp_path / "mine.toml").write_text(broken.replace('"Padding, ', '"<b>*Padding*</b> '), encoding="utf-8")
    app = open_lessons(lesson="mine")
    assert not app.exception
    assert "mine.toml, [question]: pocket_resnet has no layer 'conv9'. Nearest: 'conv1'." in texts(app)
    assert "<b>*Padding*</b> stride" in texts(app)


def test_games_are_played(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_lessons(lessons_view="Games", round="3")
    check(app)
    for game in ("The picture, from its maps", "The kernel, from its map"):
        app.selectbox(key="game").set_value(game)
        app.run()
        (radio,) = (one for one in app.radio if "Which" in one.label or "Of which" in one.label)
        radio.set_value(radio.options[0])
        press(app, "Commit")
        assert "of 1 round." in texts(app)
    app.selectbox(key="game").set_value("Where would you look?")
    app.run()
    app.text_input(key="mark-3").set_value("50, 50, 150, 150")
    app.run()
    assert "what chance holds" not in texts(app)
    press(app, "Commit")
    assert "what chance holds" in texts(app)
    assert "Won with more than chance: " in texts(app)
    press(app, "Next round")
    assert said(app, "round") == "4"
