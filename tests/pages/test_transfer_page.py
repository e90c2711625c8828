"""The page on transfer learning without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explorer.transfer.drawn import drawn_set
from explorer.ui.frame import caches

from .apps import PAGES, check, leave_to_a_button, open_app, run_button, texts

VIEWS = ("What is taken for what", "How it learned", "A planted shortcut", "The pictures")


@pytest.fixture(autouse=True)
def _forget() -> None:
    caches.caches.clear()


def open_transfer(**query: str) -> AppTest:
    app = open_app(network=query.pop("network", "pocket_resnet"), weights=query.pop("weights", "Trained"))
    app.run()
    for key, value in {"transfer_set": PARTS, "transfer_each": "8", **query}.items():
        app.query_params[key] = value
    return app.switch_page(str(PAGES["transfer"])).run()


PARTS = "Parts: metal rings, good or scratched"


def train(app: AppTest) -> None:
    run_button(app, "Train a new head on what Pocket ResNet sees")
    check(app)


def test_a_head_is_trained_when_asked_for_and_kept() -> None:
    app = open_transfer()
    check(app)
    assert "16 pictures of 2 classes; 4 of them are held out" in texts(app)
    train(app)
    assert "of 4 held-out pictures right" in texts(app)
    for view in VIEWS:
        app.query_params["transfer_view"] = view
        check(app.run())
    check(app.slider(key="transfer_each").set_value(9).run())  # other pictures, another head
    assert [button for button in app.button if button.label.startswith("Train a new head")]
    check(app.slider(key="transfer_each").set_value(8).run())
    assert "of 4 held-out pictures right" in texts(app)


def test_the_trained_network_is_shown_on_all_pages_and_the_page_keeps_what_it_came_from() -> None:
    app = open_transfer()
    train(app)
    run_button(app, "Look inside it on all pages")
    check(app)
    assert "All pages show this network now." in texts(app)
    assert app.selectbox(key="network").value == "pocket_resnet"
    check(app.switch_page(str(PAGES["classifier"])).run())
    assert {"good", "scratched"} <= {*app.selectbox(key="class").options}
    check(app.switch_page(str(PAGES["feature_maps"])).run())


def test_a_folder_of_the_server_is_offered_class_by_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for category, part in drawn_set("parts", 9).items():
        (tmp_path / "rings" / category).mkdir(parents=True)
        for one in part:
            Image.fromarray(one.drawn()).save(tmp_path / "rings" / category / f"{one.number}.png")
    monkeypatch.setenv("EXPLORER_DATA_DIR", str(tmp_path))
    app = open_transfer(transfer_set="Folder rings")
    check(app)
    assert "16 pictures of 2 classes; 4 of them are held out" in texts(app)
    assert {"good", "scratched"} < {*app.selectbox(key="transfer_mark").options}
    check(app.selectbox(key="transfer_mark").set_value("good").run())
    train(app)
    assert "of 4 held-out pictures right" in texts(app)
    monkeypatch.setenv("EXPLORER_DATA_DIR", str(tmp_path / "gone"))
    check(app.run())
    assert "which cannot be looked into" in texts(app)
    assert "Folder rings" not in app.selectbox(key="transfer_set").options


@pytest.mark.parametrize("is_quick", [True, False])
def test_a_planted_mark_is_looked_for(is_quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not is_quick:
        leave_to_a_button(monkeypatch)
    app = open_transfer(transfer_view="A planted shortcut")
    train(app)
    assert "No class bears a mark." in texts(app)
    check(app.selectbox(key="transfer_mark").set_value("good").run())
    train(app)
    if not is_quick:
        run_button(app, "Move the mark to the others")
    check(app)
    assert "With the mark on every picture of 'good'" in texts(app)
    assert "at least half of the positive evidence lies in the cells of the mark" in texts(app)


def test_networks_and_pictures_that_cannot_be_trained_on_are_said() -> None:
    app = open_transfer(network="squeezenet1_1", weights="Untrained")
    assert [error.value.replace("\\", "") for error in app.error] == [
        "SqueezeNet 1.1 does not end in a dense layer, whose place a new one could take. Choose another network, such "
        "as efficientnet_lite0."
    ]
    app = open_transfer(transfer_set="your own pictures")
    (error,) = app.error
    assert error.value.startswith("Of the class 'class 1' 0 pictures can be used; 2 are needed")
    check(app.selectbox(key="transfer_set").set_value(PARTS).run())
