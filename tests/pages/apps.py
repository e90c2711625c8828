"""The app without a browser: opened, walked through, and read."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.loading.catalog import CATALOG
from explorer.networks import cost
from explorer.ui.frame import session

ROOT = Path(__file__).parents[2]
PAGES = {path.stem: path for path in sorted((ROOT / "pages").glob("*.py"))}
OWN = [info.name for info in CATALOG.values() if info.source == "project"]


def open_app(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "explorer" / "ui" / "app.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app


def check(app: AppTest) -> None:
    assert not app.exception, app.exception
    assert not app.error, [error.value for error in app.error]


def texts(app: AppTest) -> str:
    """All that is written on the page, without the strokes that keep Markdown from reading it."""
    kinds = app.title, app.markdown, app.caption, app.info, app.warning, app.error
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def open_saliency(sample: str = "chelsea", **query: str) -> AppTest:
    app = open_app(network=query.pop("network", "pocket_resnet"), sample=sample)
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(str(PAGES["saliency"])).run()


def run_button(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label.startswith(label)).click()
    app.run()


def leave_to_a_button(monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs more than one pass, such as the report card, is not made before somebody asks for it. What other tests
    have asked for is forgotten."""
    session._caches.clear()
    monkeypatch.setattr(cost, "_AT_ONCE", 0)
