"""The report card of a map and the check with networks that forget, on the page on saliency: without a browser."""

from __future__ import annotations

from typing import NoReturn

import pytest
from streamlit.testing.v1 import AppTest

from explorer.faithfulness.cards import SCORE_CARDS

from .apps import PAGES, check, leave_to_a_button, open_app, open_saliency, run_button, texts

BOXED = ("energy", "hit", "iou")
ELSEWHERE = {"sanity", "road"}  # another tab


def scores(app: AppTest) -> set[str]:
    """The scores whose value and whose two sentences are on the page."""
    shown = texts(app)
    return {
        key
        for key, card in SCORE_CARDS.items()
        if (f"**{card.title}: " in shown or key == "sanity") and card.proves in shown and card.proves_not in shown
    }


def open_card(sample: str = "chelsea", **query: str) -> AppTest:
    return open_saliency(sample, saliency_view="Report card", **query)


def open_sanity(**query: str) -> AppTest:
    return open_saliency(saliency_view="Sanity check", **query)


def refuse(*_: object, **__: object) -> NoReturn:
    raise AssertionError("worked out again")


def test_every_score_is_there_with_what_it_proves_and_what_not() -> None:
    app = open_card()
    check(app)
    assert scores(app) == set(SCORE_CARDS) - set(BOXED) - ELSEWHERE
    assert "its scores took 75 more" in texts(app)
    key = next(box.key for box in app.text_input if box.label.startswith("Your box"))
    check(app.text_input(key=key).set_value("20, 30, 140, 130").run())
    assert scores(app) == set(SCORE_CARDS) - ELSEWHERE
    assert "The box is 46.9\u00a0% of what the network received" in texts(app)


def test_what_is_no_box_gets_a_sentence_and_the_page_goes_on() -> None:
    app = open_card()
    key = next(box.key for box in app.text_input if box.label.startswith("Your box"))
    for typed in ("20, 30", "somewhere", "0, 0, 999, 999", "50, 50, 20, 20"):
        app.text_input(key=key).set_value(typed).run()
        assert [error.value.replace("\\", "") for error in app.error] == [
            f"'{typed}' is no box in a picture of 160 × 160 pixels. Type its top, left, bottom and right edge, such as "
            "0, 0, 160, 160, or drag one."
        ]
        assert scores(app) == set(SCORE_CARDS) - set(BOXED) - ELSEWHERE
    check(app.text_input(key=key).set_value("").run())


def test_sliders_pick_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    app, forgetting, guessing = open_card(), open_sanity(), open_card(report_view="Guessed")
    assert "road" in scores(guessing)
    monkeypatch.setattr("explorer.ui.attribution.report_card.report_card", refuse)
    monkeypatch.setattr("explorer.ui.attribution.sanity.sanity", refuse)
    for share, n in ((0.0, 0), (50.0, 12_800), (100.0, 25_600)):
        check(app.slider(key="report-step").set_value(share).run())
        assert f"Left: {n:,} of 25,600 pixels deleted" in texts(app)
    shown = [
        line for line in texts(guessing).splitlines() if "of the pixels, those that the map ranks highest, are" in line
    ]
    for guessed in ("0\u00a0%", "90\u00a0%"):
        check(guessing.select_slider(key="report-guessed").set_value(guessed).run())
        assert f"{guessed} of the pixels, those that the map ranks highest, are the mean" in texts(guessing)
    assert len(shown) == 1
    assert shown[0] not in texts(guessing)
    for step, sentence in ((0, "Nothing has forgotten yet."), (1, "After 1 block: "), (6, "After 6 blocks: ")):
        check(forgetting.slider(key="sanity-step-6").set_value(step).run())
        assert sentence in texts(forgetting)


def test_another_seed_is_another_way_to_forget() -> None:
    app = open_sanity()
    check(app.slider(key="sanity-step-6").set_value(6).run())
    before = [line for line in texts(app).splitlines() if "After 6 blocks" in line]
    check(app.number_input(key="sanity-seed").set_value(1).run())
    after = [line for line in texts(app).splitlines() if "After 6 blocks" in line]
    assert len(before) == len(after) == 2
    assert before != after
    check(app.multiselect(key="beside-maps").set_value([]).run())
    assert [line for line in texts(app).splitlines() if "After 6 blocks" in line] == after[:1]


def test_what_takes_long_is_made_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_card()
    leave_to_a_button(monkeypatch)
    check(app.selectbox(key="class").set_value("dog").run())
    assert not {"deletion", "drop", "agreement"} & scores(app)
    run_button(app, "Make the report card: 75 passes")
    check(app)
    assert {"deletion", "insertion", "drop", "agreement"} <= scores(app)
    assert not [button for button in app.button if button.label.startswith(("Make", "Cancel"))]
    check(app.run())
    assert {"deletion", "agreement"} <= scores(app)


def test_forgetting_that_takes_long_is_made_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    app = open_sanity()
    check(app)
    assert "sanity" not in scores(app)
    run_button(app, "Let it forget, block by block")
    check(app)
    assert "sanity" in scores(app)
    assert not [button for button in app.button if button.label.startswith(("Let it forget", "Cancel"))]
    check(app.run())
    assert "sanity" in scores(app)


def test_a_channel_has_no_probability() -> None:
    app = open_card(explain="a channel", layer="layer2", channel="3", signed="true")
    check(app)
    assert "The mean of channel 3 of layer2 has no probability, so nothing can be deleted" in texts(app)
    assert {"entropy", "gini", "agreement"} <= scores(app)
    assert "deletion" not in scores(app)


def test_a_map_that_ranks_nothing_has_no_scores() -> None:
    app = open_card(network="lenet5")  # a photograph has no digit: nothing but paper
    check(app)
    assert "it ranks no pixel before another" in texts(app)
    assert not scores(app) & {"deletion", "entropy", "agreement"}


@pytest.mark.parametrize("network", ["lenet5", "mlp", "basic_cnn"])
def test_networks_of_every_kind(network: str) -> None:
    app = open_card("chelsea" if network == "basic_cnn" else "digit", network=network)
    check(app)
    assert {"deletion", "insertion", "entropy", "agreement"} <= scores(app)
    if network == "lenet5":  # its units are tanh
        assert "Left out: Guided backpropagation" in texts(app)


def test_integrated_gradients_print_their_gap() -> None:
    app = open_card(method="Integrated gradients", integrated_gradients_steps="4")
    check(app)
    assert "**Completeness gap: " in texts(app)


def test_what_has_learned_nothing_cannot_forget() -> None:
    app = open_app(network="pocket_resnet", weights="Untrained", saliency_view="Sanity check")
    check(app.run().switch_page(str(PAGES["saliency"])).run())
    assert "there is nothing to forget" in texts(app)
