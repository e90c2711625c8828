"""The page for whoever started the server, and what others see of it: without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from explorer.ui.frame import teacher

from .apps import PAGES, check, open_app, texts

TOKEN = "0123456789abcdefghijklmnopqrstuv"


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    teacher.token.cache_clear()
    monkeypatch.setenv(teacher.VARIABLE, TOKEN)
    teacher.token()
    yield
    teacher.token.cache_clear()


def opened(page: str, **query: str) -> AppTest:
    app = open_app(network="lenet5", **query)
    app.run()
    return app.switch_page(str(PAGES[page])).run()


@pytest.mark.parametrize("query", [{}, {"teacher": "wrong"}])
def test_others_see_a_sentence_and_no_numbers(query: dict[str, str]) -> None:
    app = opened("server", **query)
    check(app)
    assert "This page is for whoever started the server: open the link that was printed when" in texts(app)
    assert not app.code
    assert "MB" not in texts(app)
    assert "teacher" not in app.query_params
    assert TOKEN not in texts(app)


def test_the_teacher_sees_how_it_is_and_a_link_without_the_token() -> None:
    app = opened("server", teacher=TOKEN, sample="digit")
    check(app)
    assert "teacher" not in app.query_params
    assert "Nothing is being worked on." in texts(app)
    assert "| traces |" in texts(app)
    (link,) = [code.value for code in app.code]
    assert "network=lenet5" in link
    assert "sample=digit" in link
    assert TOKEN not in link
    assert TOKEN not in texts(app)


def test_weights_are_deleted_by_the_teacher_alone() -> None:
    app = opened("weights")
    check(app)
    assert "can be deleted by whoever started the server, after opening the link that was printed" in texts(app)
    assert not [button for button in app.button if button.key == "delete"]
    app = opened("weights", teacher=TOKEN)
    check(app)
    assert "can be deleted by whoever" not in texts(app)
    assert [button for button in app.button if button.key == "delete"]
