"""The map of an atlas's pictures and what is read off it, worked out again by loops over drawn features."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import explorer
from explorer.atlas import Atlas, open_atlas, shipped, snippets
from explorer.atlas import map_sentences as say
from explorer.atlas.answered import answers_given, columns_of, confusion, known_classes, of_pair, outcomes
from explorer.atlas.map_figures import by_class, by_outcome, map_chart, picture_note, statistics_lines
from explorer.atlas.neighbours import (
    Suspect,
    duplicates,
    mislabelled,
    nearest,
    same_class_by_lot,
    same_class_share,
)
from explorer.atlas.projection import laid_onto, principal, shown_rows, through_depth, turned_onto
from explorer.atlas.shelf import VARIABLE, atlases_of, command_for, originals
from explorer.atlas.tsne import tsne
from explorer.drawing.charts import config, figure
from explorer.drawing.series import numbers
from explorer.networks.network import Network
from tests import atlases
from tests.atlases import CLASSES, drawn_atlas

LAYERS = ("tanh1", "tanh3")


@pytest.fixture(scope="module")
def network() -> Network:
    return explorer.load_network("lenet5")


@pytest.fixture
def atlas(tmp_path: Path, network: Network) -> Atlas:
    return open_atlas(drawn_atlas(tmp_path / "atlas", network, LAYERS))


@pytest.fixture
def digits(tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch) -> Atlas:
    """Folders of which the network has two as classes."""
    monkeypatch.setattr(atlases, "CLASSES", (network.categories[3], "llamas", network.categories[7]))
    return open_atlas(drawn_atlas(tmp_path / "digits", network, LAYERS))


def test_components_are_those_of_a_singular_value_decomposition() -> None:
    x = np.random.default_rng(0).normal(size=(50, 9)).astype(np.float32) * np.arange(1, 10, dtype=np.float32)
    found, share = principal(x)
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    for i in range(2):
        sign = np.sign(vt[i][np.abs(vt[i]).argmax()])
        assert np.allclose(found[:, i], sign * u[:, i] * s[i], atol=1e-4)
    assert principal(x, 5)[0].shape == (50, 5)
    assert share == pytest.approx((s[:2] ** 2).sum() / (s**2).sum())
    assert principal(x[:, :1])[0].shape == (50, 2)
    assert principal(np.ones((5, 3), np.float32))[1] == 0


def test_t_sne_puts_neighbours_side_by_side_every_time_alike() -> None:
    pytest.importorskip("openTSNE")
    x = np.random.default_rng(7).normal(size=(60, 30)).astype(np.float32)
    x[:, 0] += np.repeat([0, 12, 24], 20)
    told: list[tuple[int, int | None]] = []
    places = tsne(x, lambda done, total: told.append((done, total)))
    group = np.repeat([0, 1, 2], 20)
    beside = [np.argsort(((places - one) ** 2).sum(axis=1))[1:6] for one in places]
    assert np.mean([group[near] == own for near, own in zip(beside, group, strict=True)]) > 0.95
    assert np.array_equal(places, tsne(x))
    assert told[-1] == (750, 750)
    assert tsne(x[:5]).shape == (5, 2)
    start = turned_onto(principal(x)[0], np.random.default_rng(3).normal(size=(len(x), 2)))
    assert np.array_equal(tsne(x, start=start), tsne(x, start=start))
    assert np.array_equal(tsne(x[:5], start=start[:5]), start[:5])

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tsne(x, stop)


def test_a_layer_lies_as_near_as_it_can_on_the_one_before() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(size=(30, 2))
    turn = np.array([[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]]) @ np.diag([1, -1])
    assert np.allclose(turned_onto(before @ turn, before), before)
    other = rng.normal(size=(30, 2))
    best = ((turned_onto(other, before) - before) ** 2).sum()
    for angle in np.linspace(0, 2 * np.pi, 90):
        for mirror in (1, -1):
            c, s = np.cos(angle), np.sin(angle)
            tried = other @ np.array([[c, -s], [s, c]]) @ np.diag([1, mirror])
            assert ((tried - before) ** 2).sum() >= best - 1e-9


def test_a_layout_is_laid_onto_another_and_its_distances_stay() -> None:
    rng = np.random.default_rng(9)
    before, places = rng.normal(size=(40, 2)), 7 * rng.normal(size=(40, 2)) + 30

    def apart(of: np.ndarray) -> np.ndarray:
        return np.linalg.norm(of[:, None] - of[None], axis=2)

    laid = laid_onto(places, before)
    factor = apart(laid)[0, 1] / apart(places)[0, 1]
    assert np.allclose(apart(laid), factor * apart(places))
    assert (laid**2).sum() == pytest.approx((before**2).sum())
    assert ((laid - before) ** 2).sum() < ((factor * (places - places.mean(axis=0)) - before) ** 2).sum()
    mirrored = 3 * before @ np.array([[0.6, -0.8], [-0.8, -0.6]]) + 5
    middle = before - before.mean(axis=0)
    assert np.allclose(laid_onto(mirrored, middle), middle)
    assert np.array_equal(laid_onto(np.ones((3, 2)), before[:3]), np.zeros((3, 2)))


def test_successive_layouts_by_t_sne_lie_alike() -> None:
    """The same pictures in other channels: begun and laid where the components lie, no group jumps across the map."""
    pytest.importorskip("openTSNE")
    rng = np.random.default_rng(11)
    first = rng.normal(size=(60, 20)).astype(np.float32)
    first[:, :2] += np.repeat([[0, 0], [14, 2], [3, 12]], 20, axis=0)
    start = principal(first)[0] / 10

    def middles(places: np.ndarray) -> np.ndarray:
        return np.stack([(places / places.std())[20 * i : 20 * i + 20].mean(axis=0) for i in range(3)])

    alone, aligned = [], []
    for _ in range(4):
        turned = np.linalg.qr(rng.normal(size=(20, 20)))[0]
        second = (first @ turned + 0.3 * rng.normal(size=(60, 20))).astype(np.float32)
        after = turned_onto(principal(second)[0] / 10, start)
        alone.append(np.linalg.norm(middles(tsne(first)) - middles(tsne(second)), axis=1).max())
        both = tsne(first, start=start), tsne(second, start=after)
        aligned.append(np.linalg.norm(middles(both[0]) - middles(both[1]), axis=1).max())
    assert max(aligned) < 0.5 < max(alone)


def test_pictures_of_a_class_taken_for_another_are_those_of_its_cell(digits: Atlas) -> None:
    rows, pictures = shown_rows(digits.n_pictures), digits.pictures
    given = answers_given(digits, rows)
    assert given == sorted({*pictures.answer.tolist()}, key=lambda k: (-(pictures.answer == k).sum(), k))
    counts, known = confusion(digits), known_classes(digits)
    for i, label in enumerate(known):
        for j, other in enumerate(known):
            assert of_pair(digits, rows, label, digits.class_indices[other]).sum() == counts[i, j]
        assert of_pair(digits, rows, label, None).sum() == counts[i].sum()
    assert sum(of_pair(digits, rows, None, answer).sum() for answer in given) == len(rows)
    assert of_pair(digits, rows[:5], None, None).tolist() == [True] * 5


def test_the_map_has_every_layer_at_one_measure(atlas: Atlas) -> None:
    found = through_depth(atlas)
    assert found.layers == LAYERS
    assert all(np.sqrt((one**2).sum(axis=1).mean()) == pytest.approx(1) for one in found.places)
    assert np.array_equal(found.places[1], through_depth(atlas).places[1])
    rows = shown_rows(50_000)
    assert len(rows) == 20_000
    assert {*np.diff(rows).tolist()} == {2, 3}


def test_the_nearest_are_those_of_a_loop() -> None:
    x = np.random.default_rng(2).normal(size=(40, 6)).astype(np.float32)
    found = nearest(x, 4)
    z = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    for i in range(40):
        cosines = {j: z[i] @ z[j] / np.linalg.norm(z[i]) / np.linalg.norm(z[j]) for j in range(40) if j != i}
        best = sorted(cosines, key=cosines.__getitem__, reverse=True)[:4]
        assert found.rows[i].tolist() == best
        assert np.allclose(found.cosines[i], [cosines[j] for j in best], atol=1e-5)
    labels = np.random.default_rng(3).integers(-1, 3, 40)
    same = [labels[j] == labels[i] for i in range(40) if labels[i] >= 0 for j in found.rows[i]]
    assert same_class_share(found, labels) == pytest.approx(np.mean(same))
    pairs = [labels[i] == labels[j] for i in range(40) if labels[i] >= 0 for j in range(40) if i != j]
    assert same_class_by_lot(labels) == pytest.approx(np.mean(pairs))
    assert np.isnan(same_class_share(found, np.full(40, -1)))
    assert nearest(x[:1]).rows.shape == (1, 0)


def clusters() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    labels = np.repeat([0, 1], 20)
    x = rng.normal(size=(40, 8)).astype(np.float32) * 0.2
    x[:, 0] += np.where(labels, 2, -2)
    return x, labels


def test_a_wrong_label_is_found_and_a_right_one_is_not() -> None:
    x, labels = clusters()
    labels[5] = 1
    unsure = np.full(40, 0.01, np.float32)
    (one,) = mislabelled(nearest(x), labels, unsure)
    assert (one.row, one.label, one.likelier) == (5, 1, 0)
    assert (one.share, one.likelier_share) == (0, 1)
    unsure[5] = 0.4  # the network itself gives the label a chance
    assert mislabelled(nearest(x), labels, unsure) == []
    unsure[5] = np.nan  # it has no such class
    assert len(mislabelled(nearest(x), labels, unsure)) == 1


def test_twins_are_found_mirrored_or_not_and_others_are_not() -> None:
    x, _ = clusters()
    x[7], x[9] = x[3], x[3] * 1.01
    rng = np.random.default_rng(5)
    pixels = [rng.integers(0, 256, (16, 16, 3), np.uint8).repeat(4, axis=0).repeat(4, axis=1) for _ in range(40)]
    pixels[7] = np.ascontiguousarray(pixels[3][:, ::-1])

    def thumbnail(row: int) -> bytes:
        return bytes(cv2.imencode(".png", pixels[row])[1])

    assert duplicates(nearest(x), thumbnail) == [(3, 7, 0)]  # the ninth has other pixels, for all its features


def test_answers_are_counted_class_by_class(digits: Atlas, network: Network) -> None:
    pictures, names = digits.pictures, digits.classes
    assert known_classes(digits) == [0, 2]
    right = [
        -1 if names[label] == "llamas" else int(network.categories[answer] == names[label])
        for label, answer in zip(pictures.label, pictures.answer, strict=True)
    ]
    assert outcomes(digits).tolist() == right
    table = confusion(digits)
    for t, truth in enumerate((names[0], names[2])):
        answered = [
            network.categories[answer]
            for label, answer in zip(pictures.label, pictures.answer, strict=True)
            if names[label] == truth
        ]
        own = [sum(one == name for one in answered) for name in (names[0], names[2])]
        assert table[t].tolist() == [*own, len(answered) - sum(own)]
    assert {*columns_of(digits).tolist()} <= {0, 1, 2}


def test_the_chart_has_each_picture_once_and_can_be_drawn_around(atlas: Atlas, network: Network) -> None:
    depth = through_depth(atlas)
    groups = by_class(atlas, depth.rows, [0, 2])
    shown = map_chart(depth, 1, groups, np.arange(0, 30, 2), lambda row: picture_note(atlas, row, network.categories))
    rows = sorted(row for group in shown.groups for row in group.rows)
    assert rows == [*range(0, 30, 2)]
    for group in shown.groups:
        assert np.array_equal(group.places, depth.places[1][list(group.rows)])
    drawn = figure(shown)
    assert {one["type"] for one in drawn["data"]} == {"scattergl"}
    looks = [(one["marker"]["color"], one["marker"]["symbol"]) for one in drawn["data"]]
    assert len({*looks}) == len(looks) == 3
    assert "lasso2d" not in config(shown)["modeBarButtonsToRemove"]
    table = numbers(shown)
    assert [row[1] for row in table.rows] == [len(group.rows) for group in shown.groups]
    assert [name for name, _, _ in by_outcome(np.array([1, 0, -1]))] == ["no class of the network", "wrong", "right"]


def test_what_is_said_of_it(atlas: Atlas, digits: Atlas, network: Network) -> None:
    assert say.atlas_sentence(atlas) == (
        "30 pictures of 3 classes, 2 layers. 1 file could not be read and was left out."
    )
    assert "Of 3 of 3 there is none ('cats', 'dogs', 'fish')" in say.matched_sentence(atlas)
    assert "Of 1 of 3 there is none ('llamas')" in say.matched_sentence(digits)
    depth = through_depth(atlas)
    said = say.map_sentence(depth, 1, 0.25, 0.31)
    assert said.startswith(f"At tanh3 two components hold {100 * depth.explained[1]:.1f}\u00a0% of the variance")
    assert "25.0\u00a0% are of its class; by lot it would be 31.0\u00a0%" in said
    assert say.map_sentence(depth, 0, 0.2, 0.1, True).startswith("At tanh1 neighbours in fifty components lie beside")
    assert "by lot" not in say.map_sentence(depth, 1, float("nan"), 0.31)
    one = Suspect(4, 0, 2, 0.0, 0.7)
    assert say.suspect_phrase(atlas, one) == "labelled 'cats'; 70.0\u00a0% of its nearest are 'fish'"
    assert say.suspects_sentence([one], "tanh3", 30).startswith("1 picture of 30 is likely mislabelled: at tanh3, two")
    assert say.twins_sentence(2, "tanh3").startswith("2 pairs of pictures are the same but for a little: among each")
    row = 4
    answer, probability = int(atlas.pictures.answer[row]), float(atlas.pictures.probability[row])
    assert picture_note(atlas, row, network.categories).startswith(
        f"4.jpg of {CLASSES[row % 3]}: {network.categories[answer]}, {100 * probability:.1f}"
    )


def test_statistics_of_layers_are_means_over_their_channels(atlas: Atlas) -> None:
    bars = statistics_lines(atlas)
    for i, layer in enumerate(LAYERS):
        n = next(one.n_channels for one in atlas.manifest.layers if one.name == layer)
        rows = [atlas.channel(layer, channel) for channel in range(n)]
        for series, name in zip(bars.lines, ("selectivity", "sparsity"), strict=True):
            assert series.values[i] == pytest.approx(np.mean([getattr(row, name) for row in rows]), rel=1e-5)
    n_all = sum(one.n_channels for one in atlas.manifest.layers)
    assert say.statistics_sentence(atlas).startswith(f"Means over the {n_all} channels, layer by layer.")


def test_atlases_are_found_where_the_operator_said_and_nowhere_else(
    tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    before = len(atlases_of(network)[0])  # those that come along
    drawn_atlas(tmp_path / "one", network, LAYERS)
    drawn_atlas(tmp_path / "two", explorer.load_network("mlp"), ())
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    found, problems = atlases_of(network)
    assert [one.folder.name for one in found[:1]] == ["one"]
    assert len(found) == 1 + before
    assert problems == []
    (tmp_path / "one" / "pictures.parquet").unlink()
    found, problems = atlases_of(network)
    assert len(found) == 1 + before  # it is held open: what was read of it stays as it was
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "atlas.json").write_text("{", encoding="utf-8")
    assert "is no manifest of an atlas" in atlases_of(network)[1][0]
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    assert "cannot be looked into" in atlases_of(network)[1][0]
    assert command_for(network).startswith("python -m explorer atlas PICTURES --network lenet5 -o ")


def test_originals_are_found_by_folder_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("set/train/cats/1.png", "set/train/dogs/1.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.zeros((4, 4, 3), np.uint8))
    monkeypatch.setenv("EXPLORER_DATA_DIR", str(tmp_path))
    found = originals(["cats/1.png", "fish/1.png"])
    assert {name: file.path.parent.name for name, file in found.items()} == {"cats/1.png": "cats"}


def test_the_code_makes_what_the_page_shows(atlas: Atlas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(atlas.folder.parent)
    last = atlas.layers[-1]
    found = nearest(atlas.features(last))
    listed = mislabelled(found, atlas.pictures.label, atlas.pictures.of_label)
    for code, expected in (
        (snippets.pictures_map(atlas, 1), through_depth(atlas).places[1]),
        (snippets.matrix(atlas), confusion(atlas)),
        (snippets.statistics(atlas), statistics_lines(atlas).lines[0].values),
        (snippets.suspects(atlas, last), [one.row for one in listed]),
        (snippets.twins(atlas, last), [pair[:2] for pair in duplicates(found, atlas.pictures.thumbnail)]),
    ):
        names: dict[str, object] = {}
        exec(code, names)
        assert np.allclose(names["array"], expected)


def test_the_code_opens_an_atlas_that_comes_along() -> None:
    network = explorer.load_network("pocket_resnet")
    for atlas in shipped(network):
        names: dict[str, object] = {}
        exec(snippets.statistics(atlas), names)
        assert np.allclose(names["array"], statistics_lines(atlas).lines[0].values, atol=1e-5)
