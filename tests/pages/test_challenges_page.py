"""The page on challenges without a browser."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from explorer.challenges import CHANGES

from .apps import PAGES, check, leave_to_a_button, open_app, texts


def open_challenges(sample: str = "chelsea", **query: str) -> AppTest:
    app = open_app(network=query.pop("network", "pocket_resnet"), sample=sample)
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(str(PAGES["challenges"])).run()


@pytest.mark.parametrize("network", ["pocket_resnet", "lenet5", "mlp", "basic_cnn"])
def test_every_view_of_every_kind_of_network(network: str) -> None:
    sample = "digit" if network in ("lenet5", "mlp") else "chelsea"
    for view in ("All strengths", "Does the evidence follow?", "Which layers do not care?", "Adversarial"):
        app = open_challenges(sample, network=network, challenge_view=view)
        check(app)
        assert "is still the likeliest class." in texts(app)


def test_every_change_moves_by_its_own_slider() -> None:
    app = open_challenges()
    check(app)
    titles = app.selectbox(key="change").options
    assert len(titles) == len(CHANGES)
    for title, change in zip(titles, CHANGES.values(), strict=True):
        check(app.selectbox(key="change").set_value(title).run())
        slider = app.slider(key=f"strength-{change.name}")
        assert (slider.value, slider.min, slider.max) == (change.still, change.low, change.high)
        check(slider.set_value(change.high).run())
        assert f"{change.title}: {change.words(change.high)}, {change.says}." in texts(app)


def test_a_change_that_moves_nothing_says_so() -> None:
    app = open_challenges(change="Quality: noise", challenge_view="Does the evidence follow?")
    assert "Noise moves nothing. Choose a change of viewpoint, scale or position." in texts(app)


def test_a_thing_is_laid_on_bricks_in_the_box_of_the_evidence_or_in_ones_own() -> None:
    app = open_challenges(change="Clutter: bricks behind")
    check(app.slider(key="strength-bricks").set_value(100).run())
    assert "Until you drag a box, the dashed one counts." in texts(app)
    assert "Bricks behind: 100 %, of the background replaced by a brick wall." in texts(app)
    before = texts(app)
    (box,) = [field for field in app.text_input if str(field.key).startswith("cut-")]
    check(app.text_input(key=box.key).set_value("120, 120, 260, 300").run())
    assert "Until you drag a box" not in texts(app)
    answers = [next(line for line in text.split("\n") if "before the change" in line) for text in (before, texts(app))]
    assert answers[0] != answers[1]
    for typed, sentence in (
        ("0, 0, 300, 451", "The box holds all of the picture"),
        ("10, 10, 10, 50", "is no box in a picture of 300 × 451 pixels"),
        ("nonsense", "is no box in a picture of 300 × 451 pixels"),
    ):
        app.text_input(key=box.key).set_value(typed).run()
        assert not app.exception
        assert any(sentence in error.value.replace("\\", "") for error in app.error), typed


def test_a_card_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_challenges(challenge_view="A card of all changes")
    check(app)
    next(button for button in app.button if button.label.startswith(f"Try all {len(CHANGES)} changes")).click()
    check(app.run())
    assert "| Viewpoint | Rotation |" in texts(app)
    check(app.run())
    assert not [button for button in app.button if button.label.startswith("Try all")]


def test_long_work_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    app = open_challenges()
    check(app)
    next(button for button in app.button if button.label.startswith("Sweep it with Pocket ResNet: 21 passes")).click()
    check(app.run())
    assert "“cat” stays the likeliest class from" in texts(app)
    app = open_challenges(challenge_view="Adversarial")
    next(button for button in app.button if button.label.startswith("Work it out:")).click()
    check(app.run())
    assert "No value was changed by more than 2 levels of 255, in one step" in texts(app)


def test_other_networks_are_swept_for_their_own_answer() -> None:
    app = open_challenges()
    check(app.multiselect(key="challenge_networks").set_value(["LeNet-5", "Basic CNN"]).run())
    (chart,) = app.get("plotly_chart")
    names = [line["name"] for line in json.loads(chart.proto.spec)["data"]]
    assert names[0] == "Pocket ResNet: “cat”"
    assert [name.split(":")[0] for name in names[1:]] == ["LeNet-5", "Basic CNN"]
