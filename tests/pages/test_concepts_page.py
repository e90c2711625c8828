"""The tab Concepts of the page Saliency, without a browser."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

import explorer
from explorer.attribution import concepts
from explorer.attribution.sentences import concept_name, concept_sentence
from explorer.pictures.samples import load_sample
from explorer.ui.attribution import concepts as page

from .apps import check, open_saliency, run_button, texts


def open_concepts(sample: str = "chelsea", **query: str) -> AppTest:
    app = open_saliency(sample, saliency_view="Concepts", **query)
    check(app)
    return app


def captions(app: AppTest) -> list[str]:
    """What stands over the concepts that are drawn."""
    data = (json.loads(element.proto.json)[0] for element in app.get("bidi_component"))
    return next((one["captions"] for one in data if one.get("alt", "").startswith("Concepts of ")), [])


def test_as_many_as_one_asks_for_each_with_its_class() -> None:
    app, trace = open_concepts(), explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"))
    for n in (4, 2, 8):
        check(app.slider(key="concepts").set_value(n).run())
        found = concepts(trace, n=n)
        assert captions(app) == [concept_name(trace.network, found, k) for k in range(n)]
        assert f"{n} concepts add up to the maps of {found.layer} but for" in texts(app)


def test_choosing_one_takes_its_strongest_channel_and_says_what_it_is() -> None:
    trace = explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"))
    found = concepts(trace, "layer3")
    strongest = int(found.channels[1].argmax())
    app = open_concepts(layer="layer3", channel=str(strongest))
    at = found.channels.argmax(axis=1).tolist().index(strongest)
    assert concept_sentence(trace.network, found, at) in texts(app)


def test_what_was_found_is_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_concepts(layer="layer2")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("worked out again")

    monkeypatch.setattr(page, "concepts", refuse)
    check(app.run())
    assert len(captions(app)) == 4


@pytest.mark.parametrize(
    ("network", "layer", "sentence"),
    [
        ("pocket_resnet", "fc", "numbers without height and width"),
        ("pocket_resnet", "layer4.1.bn2", "layer4.1.bn2 has values below 0. The nearest layer that has them is"),
        ("lenet5", "c1", "c1 has values below 0."),
        ("mlp", "", "numbers without height and width"),
    ],
)
def test_where_there_are_none_a_sentence_says_so(network: str, layer: str, sentence: str) -> None:
    sample = "digit" if network in ("lenet5", "mlp") else "chelsea"
    app = open_concepts(sample, network=network, **({"layer": layer} if layer else {}))
    assert sentence in texts(app)
    assert captions(app) == []


def test_what_takes_long_is_looked_for_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_AT_ONCE", 0)
    app = open_concepts(layer="layer1")
    assert captions(app) == []
    run_button(app, "Find 4 concepts in layer1")
    check(app)
    assert len(captions(app)) == 4
    check(app.run())
    assert len(captions(app)) == 4
