"""The page on training from scratch without a browser."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from explorer.errors import WorkLost
from explorer.scratch.experiments import EXPERIMENTS
from explorer.scratch.messages import Happened
from explorer.scratch.settings import Settings
from explorer.ui.frame import caches
from explorer.ui.scratch import choices
from tests.scratch import FakeRun

from .apps import PAGES, check, open_app, run_button, texts

VIEWS = ("The curves", "What was changed", "The code", "As your own network")


class FakeRuns:
    """A server with one training at most."""

    def __init__(self, run: FakeRun | None = None) -> None:
        self.run = run

    def find(self, key: str) -> FakeRun | None:
        return self.run if key == "a-key" else None


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> FakeRuns:
    caches.caches.clear()
    found = FakeRuns()
    monkeypatch.setattr(choices, "runs", lambda: found)
    return found


def open_scratch(**query: str) -> AppTest:
    app = open_app(network="lenet5", sample="digit").run()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(str(PAGES["scratch"])).run()


def drawn(app: AppTest) -> dict[str, object]:
    """What the film is drawn of."""
    elements = [json.loads(element.proto.json)[0] for element in app.get("bidi_component")]
    (found,) = (data for data in elements if "panes" in data)
    return found


def trained(key: str, server: FakeRuns, *settings: Settings) -> FakeRun:
    plans = EXPERIMENTS[key].plans
    server.run = FakeRun(*(EXPERIMENTS[key].with_settings(*settings) if settings else plans))
    for pane in range(len(plans)):
        for step in range(3):
            server.run.frame(pane, step, loss=3 - step, held_out_loss=3 - step, held_out=step / 4)
        server.run.take(Happened(pane, 1, "From here on: batch 4 instead of 32."))
    return server.run


@pytest.mark.parametrize("key", EXPERIMENTS)
def test_every_experiment_is_seen_before_anything_is_trained(key: str) -> None:
    app = open_scratch(experiment=EXPERIMENTS[key].title)
    check(app)
    data = drawn(app)
    assert (data["address"], data["status"]) == ("", "none")
    assert [pane["title"] for pane in data["panes"]] == [plan.title for plan in EXPERIMENTS[key].plans]  # type: ignore[attr-defined]
    for view in VIEWS:
        app.query_params["scratch_view"] = view
        check(app.run())


@pytest.mark.parametrize("key", ["digits", "augmented", "own"])
def test_a_link_to_a_training_shows_it_with_its_settings(key: str, server: FakeRuns) -> None:
    run = trained(key, server, replace(EXPERIMENTS[key].settings, learning_rate=0.2, batch=8))
    app = open_scratch(run="a-key")
    check(app)
    assert app.selectbox(key="experiment").value == EXPERIMENTS[key].title
    assert (drawn(app)["address"], drawn(app)["status"]) == ("/film/a-key", "playing")
    assert app.select_slider(key=f"{key}_learning_rate").value == 0.2
    assert app.select_slider(key=f"{key}_batch").value == 8
    for view in VIEWS:
        app.query_params["scratch_view"] = view
        check(app.run())
    assert not run.asked


def test_what_a_slider_says_is_told_the_training_at_once(server: FakeRuns) -> None:
    run = trained("digits", server)
    app = open_scratch(run="a-key")
    check(app.select_slider(key="digits_momentum").set_value(0.5).run())
    assert run.asked == [Settings(momentum=0.5)]
    check(app.toggle(key="digits_augment").set_value(True).run())
    assert run.asked[1:] == [Settings(momentum=0.5, augment=True)]


def test_another_experiment_leaves_the_training_alone_and_says_so(server: FakeRuns) -> None:
    run = trained("digits", server)
    app = open_scratch(run="a-key")
    check(app.selectbox(key="experiment").set_value(EXPERIMENTS["shifted"].title).run())
    assert "Your training of 'LeNet-5' is still there" in texts(app)
    assert drawn(app)["address"] == ""
    check(app.select_slider(key="shifted_momentum").set_value(0.5).run())
    assert not run.asked
    check(app.selectbox(key="experiment").set_value(EXPERIMENTS["digits"].title).run())
    assert drawn(app)["address"] == "/film/a-key"


def test_a_training_that_is_gone_is_said_to_be() -> None:
    app = open_scratch(run="another")
    assert "The training of this link is not on this server any more" in texts(app)
    assert drawn(app)["status"] == "none"


def test_of_blocks_that_do_not_work_the_part_before_is_shown() -> None:
    app = open_scratch(experiment=EXPERIMENTS["own"].title, blocks="conv 4 5, relu, dense 3, flatten, dense")
    check(app)
    (row,) = [json.loads(one.proto.json)[0]["steps"] for one in app.get("bidi_component") if "steps" in one.proto.json]
    assert [(step["name"], step["size"]) for step in row] == [
        ("picture", "1 × 32 × 32"), ("conv 4 5", "4 × 28 × 28"), ("relu", "4 × 28 × 28"),
        ("dense 3", "does not work here"),
    ]  # fmt: skip
    assert "Block 3, 'dense 3', reads numbers, and before it are 4 maps of 28 × 28." in texts(app)
    assert not [data for data in app.get("bidi_component") if "panes" in data.proto.json]
    check(app.text_input(key="blocks").set_value("conv 4 5, nonsense, dense").run())
    assert "Block 2, 'nonsense', is no kind of block." in texts(app)
    check(app.text_input(key="blocks").set_value("flatten, dense 12, relu, dense").run())
    assert drawn(app)["panes"][0]["kernels"].startswith("No kernels: the weights of its 12 units in dense1")  # type: ignore[index]


def test_the_network_as_it_is_is_shown_on_all_pages(server: FakeRuns) -> None:
    run = trained("digits", server)
    app = open_scratch(run="a-key", scratch_view=VIEWS[3])
    run_button(app, "Look inside it on all pages")
    check(app)
    assert run.asked == ["weights"]
    assert "All pages show LeNet-5 as it was after step 2." in texts(app)
    assert app.selectbox(key="network").value == "lenet5"
    check(app.switch_page(str(PAGES["classifier"])).run())
    check(app.switch_page(str(PAGES["feature_maps"])).run())


def test_a_training_that_cannot_hand_over_its_weights_says_why(server: FakeRuns) -> None:
    run = trained("digits", server)

    def refuse(pane: int = 0, step: int | None = None) -> bytes:
        raise WorkLost("It is over.")

    run.weights = refuse  # type: ignore[method-assign]
    app = open_scratch(run="a-key", scratch_view=VIEWS[3])
    run_button(app, "Look inside it on all pages")
    assert [error.value for error in app.error] == ["It is over."]
