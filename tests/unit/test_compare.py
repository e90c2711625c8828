"""Passes beside each other: layers and classes found again, and maps compared, by brute force and by what must hold."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from torch import nn

import explorer
from explorer.attribution import class_activation_map
from explorer.challenges import similarity
from explorer.compare import cam_agreement, counterpart, matching_regions, moved, presets, rows, same_class, snippets
from explorer.compare.presets import MOST_PANES
from explorer.compare.table import numbers, table_csv
from explorer.drawing.picture import enlarge
from explorer.errors import UnknownLayer
from explorer.loading.catalog import CATALOG
from explorer.networks.network import Network
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.image import read_image
from explorer.pictures.samples import SAMPLES, load_sample
from explorer.snippets import Setting, sample_picture
from explorer.trace import FloatArray, Trace, as_maps
from tests.tiny import Overwriting, as_network, chain, noise_image, tiny_network


def classes(*names: str) -> Network:
    return tiny_network(Overwriting(n_outputs=len(names)), categories=names)


def test_a_layer_is_found_by_its_name_in_the_same_network_and_by_its_depth_in_another(
    pocket: Network, digit: Trace, dense: Trace
) -> None:
    untrained = explorer.load_network("pocket_resnet", "random")
    assert counterpart(pocket, "layer2.0.conv1", untrained) == "layer2.0.conv1"
    lenet, mlp = digit.network, dense.network
    assert counterpart(pocket, "relu", lenet) == "tanh1"  # the first that ends in maps
    assert counterpart(pocket, pocket.cam_layer, lenet) == "s4"  # the last
    assert counterpart(pocket, "fc", lenet) == "output"
    assert counterpart(lenet, "output", mlp) == "output"
    assert counterpart(lenet, "tanh1", mlp) is None  # it has no maps at all
    assert counterpart(lenet, "c3", pocket) == counterpart(lenet, "tanh3", pocket)  # within a stage: as deep as it
    with pytest.raises(UnknownLayer):
        counterpart(pocket, "layer9", lenet)


def test_what_is_found_is_of_the_same_kind_for_every_layer(pocket: Network, digit: Trace) -> None:
    for network, other in ((pocket, digit.network), (digit.network, pocket)):
        places = []
        for layer in network.layers:
            found = counterpart(network, layer, other)
            assert found is not None
            assert other.layer(found).is_spatial == network.layer(layer).is_spatial, layer
            if network.layer(layer).is_spatial:
                places.append(other.stages.index(found))
        assert places == sorted(places)  # deeper is never found further up


def test_classes_are_matched_by_name_where_one_class_can_be_meant() -> None:
    few = classes("cat", "dog", "gas pump")
    many = classes("tiger cat", "Egyptian cat", "Dog", "French horn", "pump")
    assert [same_class(few, i, many) for i in range(3)] == [None, 2, 4]  # two are cats
    assert [same_class(many, i, few) for i in range(5)] == [0, 0, 1, None, 2]
    assert same_class(many, 0, many) == 0  # its own name goes before a part of it


def test_a_map_agrees_with_itself_and_with_another_as_the_correlation_of_both_says(pocket_trace: Trace) -> None:
    assert cam_agreement(pocket_trace, pocket_trace) == pytest.approx(1, abs=1e-6)
    untrained = explorer.run(explorer.load_network("pocket_resnet", "random"), pocket_trace.image, pocket_trace.target)
    a, b = (enlarge(class_activation_map(trace), 64, 64).ravel().astype(float) for trace in (pocket_trace, untrained))
    assert cam_agreement(pocket_trace, untrained) == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-5)


def test_where_two_networks_see_different_parts_only_what_both_see_counts(pocket_trace: Trace) -> None:
    """A network that sees the middle half of what another does, with a map that lies in the same place: the same."""
    image = read_image(noise_image(64, 64).pixels)
    module = chain(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
    wide, narrow = tiny_network(module, 64), tiny_network(module, 64)
    narrow = narrow.with_preparation(PhotoPreparation(64, 32), "as you said")
    first, second = (explorer.run(network, image, 1) for network in (wide, narrow))
    part = class_activation_map(first)[16:48, 16:48]
    assert second.prepared.box == (16, 16, 48, 48)
    large, small = (enlarge(np.ascontiguousarray(one), 64, 64) for one in (part, class_activation_map(second)))
    expected = np.corrcoef(large.ravel(), small.ravel())[0, 1]
    assert cam_agreement(first, second) == pytest.approx(expected, abs=0.03)
    assert cam_agreement(second, first) == pytest.approx(expected, abs=0.03)


def test_without_maps_there_is_nothing_to_agree(digit: Trace, dense: Trace) -> None:
    assert cam_agreement(digit, dense) is None
    assert cam_agreement(dense, digit) is None
    assert cam_agreement(digit, explorer.run(digit.network, digit.image)) is None  # nothing is explained


def test_regions_of_a_mirrored_picture_are_found_on_the_other_side() -> None:
    """Through a network of single pixels, each is as it was, and lies mirrored."""
    network = as_network(chain(nn.Conv2d(3, 8, 1), nn.ReLU()), 8)
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    first, second = (
        explorer.run(network, read_image(np.ascontiguousarray(one)), 0) for one in (pixels, pixels[:, ::-1])
    )
    layer = next(name for name, one in network.layers.items() if one.kind == "ReLU" or "1" in name)
    found = matching_regions(first, second, layer)
    is_there = np.linalg.norm(first[layer], axis=0) > 0
    np.testing.assert_allclose(found.first[is_there], 1, atol=1e-5)
    np.testing.assert_allclose(found.second, found.first[:, ::-1], atol=1e-5)
    a, b = (one[layer].reshape(8, -1).T for one in (first, second))
    for (y, x), (v, u), cosine in found.pairs:
        one, other = a[8 * y + x], b[8 * v + u]
        assert cosine == pytest.approx(one @ other / np.linalg.norm(one) / np.linalg.norm(other), abs=1e-5)
    assert [pair[2] for pair in found.pairs] == sorted((pair[2] for pair in found.pairs), reverse=True)


@pytest.mark.parametrize("percent", [12, -25, 3])
def test_what_is_received_moves_and_nothing_else_changes(percent: int, digit: Trace, pocket: Network) -> None:
    for network, image in ((digit.network, digit.image), (pocket, load_sample("coffee"))):
        usual, found = network.prepare(image), moved(network, percent).prepare(image)
        side = network.preprocessing.size
        n = round(percent / 100 * side)
        if n > 0:
            assert np.array_equal(found.tensor[..., n:], usual.tensor[..., :-n])
            assert np.array_equal(found.pixels[:, n:], usual.pixels[:, :-n])
        else:
            assert np.array_equal(found.tensor[..., :n], usual.tensor[..., -n:])
        moved_in = found.tensor[..., :n] if n > 0 else found.tensor[..., n:]
        assert bool((moved_in.amax(dim=(2, 3)) == moved_in.amin(dim=(2, 3))).all())  # one colour
        cell = (usual.box[3] - usual.box[1]) / side
        assert found.box[1] == pytest.approx(usual.box[1] - n * cell)
        assert network.preprocessing is not moved(network, percent).preprocessing
        assert moved(network, percent).key != network.key
    assert moved(pocket, 0) is pocket


def test_a_row_for_each_pass(pocket_trace: Trace, digit: Trace, dense: Trace) -> None:
    found = rows([pocket_trace, digit, dense])
    assert found[0].agreement == pytest.approx(1, abs=1e-6)
    assert [row.is_answer_of_first for row in found] == [True, False, False]
    for row, trace in zip(found, (pocket_trace, digit, dense), strict=True):
        weights = sum(p.numel() for p in trace.network.graph.recorder.parameters())
        assert row.n_parameters == weights
        assert row.milliseconds == 1000 * trace.seconds
        assert row.top is not None
        assert row.top.index == trace.logits.argmax()
    assert numbers(found).shape == (3, 5)
    assert np.isnan(numbers(found)[2, 4])
    lines = list(csv.DictReader(io.StringIO(table_csv(found))))
    assert [line["network"] for line in lines] == ["Pocket ResNet", "LeNet-5", "MLP"]
    assert lines[2]["cam_correlation_with_first"] == ""
    assert int(lines[0]["parameters"]) == found[0].n_parameters


def everything(name: str) -> bool:
    return name in CATALOG


def test_presets_are_of_what_is_here() -> None:
    for is_here in (everything, lambda name: CATALOG[name].source == "project"):
        for preset in presets(is_here):
            assert 2 <= len(preset.panes) <= MOST_PANES
            for pane in preset.panes:
                assert pane.sample in SAMPLES
                assert pane.weights == "Untrained" or is_here(pane.network)
                assert CATALOG[pane.network].title in preset.title or preset.title == "Two pictures, one answer"
    assert len(presets(everything)) == len(presets(lambda name: name != "vgg16")) == 6
    assert presets(lambda name: False) == []


def test_the_two_pictures_that_are_said_to_have_one_answer_have_it() -> None:
    found = next(one for one in presets(everything) if one.title == "Two pictures, one answer")
    answers = {
        explorer.run(explorer.load_network(p.network), load_sample(p.sample)).top(1)[0].index for p in found.panes
    }
    assert len(answers) == 1
    assert len({pane.sample for pane in found.panes}) == 2


def test_a_digit_that_moves_is_read_by_the_network_with_windows_alone() -> None:
    found = next(one for one in presets(everything) if one.moved)
    lenet, mlp = (
        explorer.run(moved(explorer.load_network(pane.network), found.moved), load_sample(pane.sample)).top(1)[0]
        for pane in found.panes
    )
    assert lenet.category == "3"
    assert mlp.category != "3"


def result(code: str) -> FloatArray:
    """What the code leaves in `array`."""
    names: dict[str, object] = {}
    exec(code, names)
    return np.asarray(names["array"])


def test_the_code_makes_the_numbers_that_the_page_shows() -> None:
    first = Setting("pocket_resnet", "pretrained", sample_picture("raccoon"), "top")
    second = Setting("pocket_resnet", "random", sample_picture("photographer"), 1)
    network = explorer.load_network("pocket_resnet")
    for percent in (0.0, 12.0):
        a = explorer.run(moved(network, percent), load_sample("raccoon"), "top")
        b = explorer.run(
            moved(explorer.load_network("pocket_resnet", "random"), percent), load_sample("photographer"), 1
        )
        assert np.array_equal(result(snippets.evidence(first, percent)), class_activation_map(a))
        found = result(snippets.channel_map(second, percent, "layer2", 9))
        assert np.array_equal(found, as_maps(b["layer2"])[9])
        found = result(snippets.difference([first, second], percent, ("layer2", "layer2"), (3, 9)))
        np.testing.assert_allclose(found, as_maps(b["layer2"])[9] - as_maps(a["layer2"])[3], atol=1e-6)
        found = result(snippets.evidence_difference([first, second], percent))
        np.testing.assert_allclose(found, class_activation_map(b) - class_activation_map(a), atol=1e-6)
        table = result(snippets.table([first, second], percent))
        np.testing.assert_allclose(np.delete(table, 2, axis=1), np.delete(numbers(rows([a, b])), 2, axis=1), rtol=1e-5)
    other = Setting("pocket_resnet", "pretrained", sample_picture("photographer"), "top")
    a, b = (explorer.run(network, load_sample(name), "top") for name in ("raccoon", "photographer"))
    expected = np.array([(row.pooled, row.in_place) for row in similarity(a, b)], float)
    np.testing.assert_allclose(result(snippets.similar([first, other], 0.0)), expected, atol=1e-6)
    regions = matching_regions(a, b)
    for which, values in (("first", regions.first), ("second", regions.second)):
        np.testing.assert_allclose(result(snippets.regions([first, other], 0.0, which)), values, atol=1e-6)
