"""The tab of the page Saliency on a concept of one's own, without a browser."""

from __future__ import annotations

import pytest

import explorer
from explorer.concepts import tcav
from explorer.concepts.sentences import score_sentence
from explorer.concepts.shown import crops, drawn_concept, random_pictures, sets_of
from explorer.pictures.samples import load_sample
from explorer.ui.concepts import own

from .apps import check, open_saliency, run_button, texts

VIEW = "A concept of yours"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, n in {"_N_DRAWN": 5, "_N_EXAMPLES": 4, "_N_SETS": 3}.items():
        monkeypatch.setattr(own, name, n)


def test_it_is_asked_when_somebody_wants_it_and_kept() -> None:
    app = open_saliency(saliency_view=VIEW, concept="dots", concept_layers="the chosen layer", layer="layer3")
    check(app)
    assert "Crops of one picture are no sample of a class" in texts(app)
    run_button(app, "Ask about “dots”, 32 passes")
    check(app)
    network, image = explorer.load_network("pocket_resnet"), load_sample("chelsea")
    found = tcav(
        network, drawn_concept("dots", 5), sets_of(random_pictures(15), 3), crops(image, 4),
        explorer.run(network, image, "top").target, ["layer3"],
    )  # fmt: skip
    assert score_sentence(network, found, 0, "dots") in texts(app)
    check(app.run())
    assert score_sentence(network, found, 0, "dots") in texts(app)


def test_own_pictures_are_waited_for() -> None:
    app = open_saliency(saliency_view=VIEW, concept="your own pictures")
    check(app)
    assert "Give 5 pictures or more that have one thing in common" in texts(app)


def test_a_network_of_digits_says_why_not() -> None:
    app = open_saliency("digit", network="lenet5", saliency_view=VIEW)
    check(app)
    assert "Concepts are laid over photographs here, and LeNet-5 reads none." in texts(app)
