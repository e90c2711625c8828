"""Uploads that are remembered, as far as pages tell without a browser."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explorer.running.tokens import TokenStore
from explorer.ui.loading import remembering
from explorer.ui.loading.remembering import Files, KeptFile, What

from .apps import PAGES, check, open_app, texts
from .test_pages import checkpoint


def png(value: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((40, 40, 3), value, np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> dict[What, TokenStore[Files]]:
    def size(files: Files) -> int:
        return sum(len(file.content) for file in files)

    made: dict[What, TokenStore[Files]] = {
        "pictures": TokenStore(4, 10**8, 10**8, 60, size), "network": TokenStore(4, 10**8, 10**8, 60, size)
    }  # fmt: skip
    monkeypatch.setattr(remembering, "_stores", lambda: made)
    return made


def brought(app: AppTest, what: What, *files: KeptFile) -> None:
    """As if its browser had brought these."""
    app.session_state[f"memory-{what}"] = remembering._Memory(brought=files, is_answered=True)


def test_no_answer_on_a_sample_is_shown_while_the_browser_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app(network="pocket_resnet", picture="Upload")
    check(app.run())
    assert [info.value for info in app.main.info] == ["Looking for your picture in this browser …"]
    assert not app.title
    monkeypatch.setattr(remembering, "_PATIENCE", 0)
    check(app.run())
    (info,) = app.main.info
    assert info.value.startswith("An uploaded picture is not part of the link")
    assert app.title  # of a sample
    check(app.switch_page(str(PAGES["filters"])).run())
    assert [other.value for other in app.main.info][:1] == [info.value]  # on every page


def test_pictures_are_kept_when_somebody_wants_it_and_no_longer(stores: dict[What, TokenStore[Files]]) -> None:
    app = open_app(network="pocket_resnet")
    check(app.run())
    app.file_uploader(key="file").set_value([("a.png", png(10), "image/png"), ("b.png", png(200), "image/png")])
    check(app.run())
    assert stores["pictures"].n_bytes == 0
    assert "in memory for a day at most" in texts(app)
    check(app.toggle(key="remember-pictures").set_value(True).run())
    assert stores["pictures"].n_bytes == len(png(10)) + len(png(200))
    assert "remember" not in "".join(app.query_params)
    check(app.switch_page(str(PAGES["filters"])).run())
    assert app.toggle(key="remember-pictures").value
    check(app.selectbox(key="mine").set_value(0).run())
    assert len(stores["pictures"]) == 1
    check(app.toggle(key="remember-pictures").set_value(False).run())
    assert len(stores["pictures"]) == 0


def test_what_the_browser_brings_stands_beside_what_comes_now_and_can_be_removed() -> None:
    app = open_app(network="pocket_resnet", picture="Upload")
    brought(app, "pictures", KeptFile("a", "early.png", png(10)), KeptFile("b", "torn.png", b"no picture"))
    check(app.run())
    assert app.selectbox(key="mine").options == ["early.png", "torn.png"]
    assert "'torn.png' is not a picture that can be read" in "".join(one.value for one in app.main.caption)
    app.file_uploader(key="file").set_value([("now.png", png(99), "image/png")])
    check(app.run())
    assert app.selectbox(key="mine").options == ["early.png", "torn.png", "now.png"]
    assert app.selectbox(key="mine").value == 2
    check(app.selectbox(key="mine").set_value(0).run())
    next(button for button in app.button if button.label.replace("\\", "") == "Remove early.png").click()
    check(app.run())
    assert app.selectbox(key="mine").options == ["torn.png", "now.png"]


def test_a_network_that_the_browser_brings_is_used_until_another_comes(stores: dict[What, TokenStore[Files]]) -> None:
    name, content, kind = checkpoint("pocket_resnet")
    names = "\n".join(f"kind {i}" for i in range(11)).encode()
    app = open_app(network="pocket_resnet", weights="Own")
    brought(app, "network", KeptFile("c", name, content), KeptFile("n", "names.txt", names))
    check(app.run())
    assert "kind " in app.title[0].value
    check(app.file_uploader(key="checkpoint").set_value(("other.pth", content, kind)).run())
    assert "kind " not in app.title[0].value
    assert not [button for button in app.button if button.label.startswith("Remove")]
    check(app.toggle(key="remember-network").set_value(True).run())
    assert stores["network"].n_bytes == len(content)


def test_a_network_is_looked_for_before_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app(weights="Own")
    check(app.run())
    assert "Looking for your network in this browser" in texts(app)
    monkeypatch.setattr(remembering, "_PATIENCE", 0)
    check(app.run())
    assert "Choose a file in the sidebar" in texts(app)
