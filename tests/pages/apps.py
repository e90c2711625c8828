"""The app without a browser: opened, walked through, and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.loading.catalog import CATALOG
from explorer.networks import cost
from explorer.ui.frame import caches

ROOT = Path(__file__).parents[2]
PAGES = {path.stem: path for path in sorted((ROOT / "pages").glob("*.py"))}
OWN = [info.name for info in CATALOG.values() if info.source == "project"]


def open_app(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "explorer" / "ui" / "app.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app


def check(app: AppTest) -> None:
    assert not app.exception, app.exception
    assert not app.error, [error.value for error in app.error]


def texts(app: AppTest) -> str:
    """All that is written on the page and opens at its question marks, without the strokes that keep Markdown from
    reading it."""
    kinds = app.title, app.markdown, app.caption, app.info, app.warning, app.error
    helps = [element.help for element in app.markdown if element.help]
    return "\n".join([*(element.value for kind in kinds for element in kind), *helps, *headings(app)]).replace("\\", "")


def headings(app: AppTest) -> list[str]:
    """What stands over the maps that the browser draws, and under the ledgers that it lays out."""
    found = []
    for element in app.get("bidi_component"):
        (data,) = json.loads(element.proto.json)
        if "which" in data:
            index = data["pair"][data["which"]]
            found += [target["heading"] for target in data["targets"] if target["index"] == index]
        found += [one["check"] for one in data.get("classes", []) if isinstance(one, dict) and "check" in one]
    return found


def open_saliency(sample: str = "chelsea", **query: str) -> AppTest:
    app = open_app(network=query.pop("network", "pocket_resnet"), sample=sample)
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    for key in {"channel", "colors", "map_scale"} & query.keys():  # no widgets of Streamlit's
        app.session_state[key] = int(query[key]) if key == "channel" else query[key]
    return app.switch_page(str(PAGES["saliency"])).run()


def run_button(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label.startswith(label)).click()
    app.run()


def leave_to_a_button(monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs more than one pass, such as the report card, is not made before somebody asks for it. What other tests
    have asked for is forgotten."""
    caches.caches.clear()
    monkeypatch.setattr(cost, "_AT_ONCE", 0)
