"""Every page with networks that nobody would draw a page for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import explorer
from explorer.ui.frame import session
from tests.unusual import MAKERS, made

from .apps import PAGES, check, open_app, texts


@pytest.fixture
def offered(request: pytest.FixtureRequest) -> Iterator[explorer.Network]:
    network = made(request.param)
    session.offer(network)
    yield network
    session._offered.clear()


@pytest.mark.parametrize("offered", MAKERS, indirect=True)
def test_every_page_opens(offered: explorer.Network) -> None:
    app = open_app()
    check(app.run())
    assert app.selectbox(key="network").value == offered.name
    for page in set(PAGES) - {"overview"}:
        check(app.switch_page(str(PAGES[page])).run())
        assert "✗" not in texts(app), page
