"""Take it with you: what is offered of which network, and that each file is what it says."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import explorer
from explorer.exporting import kinds, writing
from explorer.exporting.sizes import default_layers
from explorer.pictures.samples import load_sample
from explorer.ui.frame import session
from explorer.wording import megabytes

from .apps import check, open_app, texts


def opened(**query: str) -> AppTest:
    """With the popover open, as its button leaves it."""
    app = open_app(**query)
    app.run()
    app.session_state["along"] = True
    check(app.run())
    return app


def choice(app: AppTest) -> Any:
    return next(one for one in app.get("button_group") if str(one.key).startswith("along-kind"))


def made(app: AppTest, kind: str) -> Any:
    """The button to download a file of that kind."""
    check(choice(app).set_value(kind).run() if kind != "Page" else app)
    app.button(key="along-make").click()
    check(app.run())
    end = time.monotonic() + 60
    while not (found := app.get("download_button")) and time.monotonic() < end:
        time.sleep(0.1)
        check(app.run())
    return next(one for one in found if one.proto.label.startswith("Download it"))


def test_closed_it_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise AssertionError("Nobody asked for it")

    monkeypatch.setattr(kinds, "kinds_of", nobody)
    check(open_app(network="lenet5", sample="digit").run())


@pytest.mark.parametrize(
    ("network", "titles"),
    [
        ("lenet5", ["Page", "Live page", "ZIP", "Notebook"]),
        ("pocket_resnet", ["Page", "Live page", "ZIP", "Notebook"]),
        ("resnet18", ["Page", "ZIP", "Notebook"]),
    ],
)
def test_a_small_network_can_come_along(network: str, titles: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise AssertionError("Nobody asked for it")

    monkeypatch.setattr(writing, "_parts", nobody)
    app = opened(network=network, weights="Untrained")
    assert list(choice(app).options) == titles
    assert "5 layers with all maps, and all else: up to" in texts(app)
    assert not app.get("download_button")


def test_each_kind_is_the_file_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, bytes] = {}
    shelf: Any = vars(session.Selection)["pages"].fget

    class Noting:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def get(self, key: Any, make: Any) -> bytes:
            files[key[0]] = self.inner.get(key, make)
            return files[key[0]]

    monkeypatch.setattr(session.Selection, "pages", property(lambda chosen: Noting(shelf(chosen))))
    app = opened(network="lenet5", sample="digit")
    for title, sentence in (
        ("Page", "and all else: up to"),
        ("Live page", "the network (up to 305 kB), and all else: up to"),
        ("ZIP", "before they are packed, and pictures."),
        ("Notebook", "little more than the picture."),
    ):
        button = made(app, title)
        assert sentence in texts(app)
        assert button.proto.label == f"Download it ({megabytes(len(files[title]))})"
    trace = explorer.run(explorer.load_network("lenet5"), load_sample("digit"), "top")
    for kind in kinds.kinds_of(trace.network, trace.image):
        assert files[kind.title] == kind.make(trace, default_layers(trace.network), False, None)
    assert b'id="live-1"' in files["Live page"]
    assert b'id="live-1"' not in files["Page"]
    with zipfile.ZipFile(io.BytesIO(files["ZIP"])) as file:
        assert file.namelist()[-1] == "manifest.json"
    assert json.loads(files["Notebook"])["nbformat"] == 4
