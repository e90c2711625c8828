"""The page Atlas without a browser: which atlas it opens, and what each of its views says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import explorer
from explorer.atlas import NetworkSource, Settings, make_atlas, open_atlas
from explorer.atlas.answered import confusion
from explorer.atlas.map_sentences import suspect_phrase, suspects_sentence, twins_sentence
from explorer.atlas.neighbours import duplicates, mislabelled, nearest, same_class_share
from explorer.atlas.shelf import VARIABLE
from tests import atlases
from tests.atlases import drawn_atlas

from .apps import PAGES, check, open_app, texts

LAYERS = ("layer1", "layer4")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    network = explorer.load_network("pocket_resnet")
    monkeypatch.setattr(atlases, "CLASSES", ("cat", "llama", "dog"))
    drawn_atlas(tmp_path / "one", network, tuple(network.resolve(name) for name in LAYERS))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.delenv("EXPLORER_DATA_DIR", raising=False)
    return tmp_path / "one"


def open_page(network: str = "pocket_resnet", **query: str) -> AppTest:
    app = open_app(network=network, sample="digit" if network == "lenet5" else "chelsea")
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(str(PAGES["atlas"])).run()


def galleries(app: AppTest) -> list[list[str]]:
    """What the pictures in grids are called."""
    data = (json.loads(element.proto.json)[0] for element in app.get("bidi_component"))
    return [one["labels"] for one in data if re.search(r": \d+ of \d+$", str(one.get("alt")))]


def test_without_an_atlas_it_says_what_makes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    app = open_page("lenet5")
    check(app)
    assert "There is no atlas of LeNet-5 here." in texts(app)
    assert any("python -m explorer atlas PICTURES --network lenet5" in one.value for one in app.code)


def test_the_map_says_how_far_the_classes_are_apart_at_each_layer(folder: Path) -> None:
    atlas = open_atlas(folder)
    for layer in (atlas.layers[-1], atlas.layers[0]):
        app = open_page(atlas_layer=layer)
        check(app)
        share = same_class_share(nearest(atlas.features(layer)), atlas.pictures.label)
        assert f"{100 * share:.1f}\u00a0% are of its class" in texts(app)
        assert "Of 1 of 3 there is none ('llama')" in texts(app)
        (names,) = galleries(app)
        assert len(names) == 30


def test_only_the_wrong_ones_are_shown_to_who_asks(folder: Path) -> None:
    atlas = open_atlas(folder)
    app = open_page(atlas_show="wrong ones", atlas_colour="right or wrong")
    check(app)
    counts = confusion(atlas)
    (names,) = galleries(app)
    assert len(names) == counts.sum() - counts[0, 0] - counts[1, 1]


def test_the_map_shows_a_pair_of_classes_alone(folder: Path) -> None:
    atlas = open_atlas(folder)
    answers, categories = atlas.pictures.answer, explorer.load_network("pocket_resnet").categories
    answer = int(answers[atlas.pictures.label == 0][0])
    app = open_page(atlas_of="cat")
    check(app)
    (names,) = galleries(app)
    assert len(names) == 10
    check(app.selectbox(key="atlas_for").set_value(categories[answer]).run())
    (names,) = galleries(app)
    assert len(names) == ((atlas.pictures.label == 0) & (answers == answer)).sum()
    other = next(k for k in answers.tolist() if k not in answers[atlas.pictures.label == 0])
    check(app.selectbox(key="atlas_for").set_value(categories[other]).run())
    assert "There is no such picture." in texts(app)


def test_a_cell_of_the_matrix_opens_its_pictures(folder: Path) -> None:
    atlas = open_atlas(folder)
    app = open_page(atlas_view="What is taken for what")
    check(app)
    counts = confusion(atlas)
    shown = [[app.button(key=f"atlas-cell-{t}-{a}").label for a in range(3)] for t in range(2)]
    assert shown == [[str(n) for n in row] for row in counts.tolist()]
    t, a = np.argwhere(counts[:, :2])[-1].tolist()
    check(app.button(key=f"atlas-cell-{t}-{a}").click().run())
    (names,) = galleries(app)
    assert len(names) == counts[t, a]
    assert "An atlas keeps thumbnails" in texts(app)


def test_where_the_pictures_lie_on_the_server_their_evidence_is_shown(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = explorer.load_network("pocket_resnet")
    data = tmp_path / "data" / "set"
    for name in ("cat", "dog"):
        (data / name).mkdir(parents=True)
        for i in range(2):
            pixels = np.random.default_rng([len(name), i, ord(name[0])]).integers(0, 256, (40, 40, 3), np.uint8)
            cv2.imwrite(str(data / name / f"{i}.png"), pixels)
    made = tmp_path / "two"
    make_atlas(NetworkSource(network.name), [data], made, ["layer4"], Settings("Noise"), 1)
    monkeypatch.setenv(VARIABLE, str(made))
    monkeypatch.setenv("EXPLORER_DATA_DIR", str(tmp_path / "data"))
    app = open_page(atlas_view="What is taken for what")
    check(app)
    assert "An atlas keeps thumbnails" not in texts(app)
    data_of = [json.loads(element.proto.json)[0] for element in app.get("bidi_component")]
    (strip,) = [one for one in data_of if "with the evidence for each answer" in one.get("alt", "")]
    assert len(strip["sheets"]) == 2


def test_doubts_are_listed(folder: Path) -> None:
    atlas = open_atlas(folder)
    pictures, found = atlas.pictures, nearest(atlas.features(atlas.layers[-1]))
    listed = mislabelled(found, pictures.label, pictures.of_label)
    app = open_page(atlas_view="Likely mislabelled")
    check(app)
    assert suspects_sentence(listed, atlas.layers[-1], 30) in texts(app)
    assert all(suspect_phrase(atlas, one) in texts(app) for one in listed)
    app = open_page(atlas_view="There twice")
    check(app)
    n_pairs = len(duplicates(found, pictures.thumbnail))
    assert twins_sentence(n_pairs, atlas.layers[-1]) in texts(app)


def test_statistics_alone_have_no_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = explorer.load_network("pocket_resnet")
    drawn_atlas(tmp_path / "one", network, (network.resolve("layer4"),), with_pictures=False)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    app = open_page()
    check(app)
    (shown,) = app.get("plotly_chart")
    assert "class selectivity" in shown.proto.spec
    assert "This atlas holds statistics alone" in texts(app)


def test_an_atlas_of_one_layer_has_its_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No slider for one layer; and a layer that the link asks for and the atlas has not is passed over."""
    network = explorer.load_network("lenet5")
    drawn_atlas(tmp_path / "one", network, ("tanh3",))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    app = open_page("lenet5", atlas_layer="layer4")
    check(app)
    assert "At tanh3 two components hold" in texts(app)
    assert not app.select_slider
