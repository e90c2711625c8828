"""Whose visit may do more than look: the token, where it comes from, and where it may not go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from explorer.errors import CannotServe
from explorer.ui.frame import teacher

TOKEN = "0123456789abcdefghijklmnopqrstuv"


@pytest.fixture(autouse=True)
def _of_another_process() -> Iterator[None]:
    teacher.token.cache_clear()
    yield
    teacher.token.cache_clear()


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What Streamlit keeps of a visit."""
    found = SimpleNamespace(query_params={}, session_state={})
    monkeypatch.setattr(teacher, "st", found)
    return found


def test_it_is_made_of_256_bits_and_stays() -> None:
    made = teacher.token()
    assert teacher.token() == made
    assert len(made) == 43
    teacher.token.cache_clear()
    assert teacher.token() != made


def test_it_is_taken_from_the_environment_and_out_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(teacher.VARIABLE, TOKEN)
    assert teacher.token() == TOKEN
    assert teacher.VARIABLE not in os.environ
    assert teacher.token() == TOKEN


@pytest.mark.parametrize("given", ["guessed", TOKEN[:-1], f"{TOKEN} ", f"{TOKEN}/", f"{TOKEN}é", f"{TOKEN}\n"])
def test_one_that_could_be_guessed_or_stands_in_no_link_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(teacher.VARIABLE, given)
    with pytest.raises(CannotServe) as refused:
        teacher.token()
    assert str(refused.value).startswith(
        f"{teacher.VARIABLE} holds {len(given)} characters; a token is 32 or more of A-Z"
    )
    assert given not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("lab.example", "lab.example"),
    ],
)
def test_the_link_can_be_opened(host: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(teacher.VARIABLE, TOKEN)
    assert teacher.link(host, 8501) == f"http://{shown}:8501/server?teacher={TOKEN}"


def test_a_visit_with_the_token_is_the_teacher_s_and_its_address_forgets_it(
    visit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(teacher.VARIABLE, TOKEN)
    assert not teacher.is_teacher()
    visit.query_params.update(teacher=TOKEN, network="lenet5")
    teacher.admit()
    assert visit.query_params == {"network": "lenet5"}
    assert teacher.is_teacher()
    teacher.admit()
    assert teacher.is_teacher()


@pytest.mark.parametrize("given", ["", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "é" * 32, "\ud800"])
def test_any_other_visit_is_not(given: str, visit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(teacher.VARIABLE, TOKEN)
    visit.query_params["teacher"] = given
    teacher.admit()
    assert visit.query_params == {}
    assert visit.session_state == {}
    assert not teacher.is_teacher()


def test_what_a_browser_may_put_into_a_visit_makes_no_teacher(visit: SimpleNamespace) -> None:
    """A message of Streamlit's may hold a state of any name; without the token it is worth nothing."""
    for key in ("teacher", "is_teacher", "teacher's token"):
        visit.session_state[key] = "true"
    assert not teacher.is_teacher()
