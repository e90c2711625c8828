"""The page on transfer learning without a browser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explorer.transfer.drawn import drawn_set
from explorer.ui.frame import caches
from explorer.ui.transfer import pictures

from .apps import PAGES, check, leave_to_a_button, open_app, run_button, texts

VIEWS = (
    "What is taken for what", "By confidence", "How it learned", "Frozen against fine-tuned", "A planted shortcut",
    "The pictures",
)  # fmt: skip


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
    assert "A small mark in a corner" in texts(app)
    check(app.selectbox(key="transfer_mark").set_value("good").run())
    train(app)
    if not is_quick:
        run_button(app, "Move the mark to the others")
    check(app)
    assert "With the mark on every picture of 'good'" in texts(app)
    assert "at least half of the positive evidence lies in the cells of the mark" in texts(app)


def test_networks_and_pictures_that_cannot_be_trained_on_are_said() -> None:
    app = open_transfer(network="sound_cnn", transfer_set="your own pictures")
    (error,) = app.error
    assert error.value.startswith("Of the class 'class 1' 0 pictures can be used; 2 are needed")
    check(app.selectbox(key="transfer_set").set_value(PARTS).run())


def test_the_last_block_is_trained_on_beside_the_page_and_then_seen_on_all_views() -> None:
    app = open_transfer(transfer_layers="the last block", transfer_epochs="1")
    train(app)
    assert "All other layers are as they were." in texts(app)
    assert "The last block and the head, " in texts(app)
    run_button(app, "Train the last block on")
    check(app)
    for _ in range(240):
        if "the last block with the head" in texts(app):
            break
        time.sleep(0.5)
        check(app.run())
    assert "the last block with the head, after the head alone" in texts(app)
    for view in VIEWS:
        app.query_params["transfer_view"] = view
        check(app.run())
    check(app.selectbox(key="transfer_layers").set_value("the head alone").run())
    assert "All other layers are as they were." in texts(app)
    check(app.selectbox(key="transfer_layers").set_value("the last block").run())  # it is kept
    assert "the last block with the head" in texts(app)


def test_a_training_is_cancelled_and_may_begin_again() -> None:
    app = open_transfer(transfer_layers="all layers", transfer_epochs="50")
    train(app)
    run_button(app, "Train all layers on")
    check(app)
    run_button(app, "Cancel")
    check(app.run())
    assert [button for button in app.button if button.label == "Train all layers on"]
    assert "All other layers are as they were." in texts(app)


def test_a_mark_is_planted_and_trained_at_once_and_swept() -> None:
    app = open_transfer(transfer_view="A planted shortcut")
    train(app)
    run_button(app, "Plant it on scratched")
    check(app)
    assert app.selectbox(key="transfer_mark").value == "scratched"
    assert "With the mark on every picture of 'scratched'" in texts(app)
    assert "Above each picture stands its answer." in texts(app)
    run_button(app, "Sweep the mark")
    check(app)
    assert "Accuracy lies between" in texts(app)


def test_many_pictures_are_read_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_SOON", 10)
    app = open_transfer()
    check(app)
    assert "16 pictures: 8 of 'good', 8 of 'scratched'." in texts(app)
    run_button(app, "Read 16 pictures")
    check(app)
    assert "16 pictures of 2 classes; 4 of them are held out" in texts(app)
    check(app.slider(key="transfer_each").set_value(20).run())
    check(app.number_input(key="transfer-pictures-page").set_value(3).run())


def test_answers_are_sorted_by_how_sure_they_are() -> None:
    app = open_transfer(transfer_view="By confidence")
    train(app)
    for answered in ("wrongly answered", "rightly answered"):
        for order in ("the surest first", "the least sure first"):
            app.selectbox(key="transfer_answered").set_value(answered)
            check(app.selectbox(key="transfer_order").set_value(order).run())
            assert f"of 4 held-out answers {'are' if 'held-out answers are' in texts(app) else 'is'}" in texts(app)
