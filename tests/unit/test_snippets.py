"""The code under the figures, executed: it must make the very numbers that the page draws."""

from __future__ import annotations

import ast
import functools
from typing import Any

import numpy as np
import pytest

import explorer
from explorer.architecture.field import effective_field
from explorer.architecture.hierarchy import totals
from explorer.architecture.snippets import costs_of_stages, layer_links, unit_field
from explorer.attribution import class_activation_map, fuse, snippets
from explorer.attribution.snippets import Asked
from explorer.classifier.snippets import (
    channel_evidence,
    class_evidence,
    logit_terms,
    neuron_products,
    tempered_probabilities,
)
from explorer.convolution.opened import open_value
from explorer.convolution.snippets import filter_result, kernel_result, opened_value
from explorer.drawing.picture import enlarge
from explorer.faithfulness.snippets import (
    bright_region,
    forgotten,
    forgotten_correlations,
    guessed_pixels,
    kept_picture,
    map_agreement,
    score_curves,
)
from explorer.feature_maps.channels import correlations
from explorer.feature_maps.film import film_array
from explorer.feature_maps.painting import Paint, Shift, Stroke, painted, repainted
from explorer.feature_maps.snippets import (
    channel_map,
    channel_sweep,
    correlation,
    film,
    layer_maps,
    layer_values,
    painted_evidence,
    painted_map,
    painted_probabilities,
    several,
    switched_evidence,
    switched_probabilities,
)
from explorer.filters.gratings import tuning
from explorer.filters.snippets import answers_to_colours, answers_to_stripes, filter_weights
from explorer.filters.weights import chosen_kernels
from explorer.pictures.samples import load_sample
from explorer.pooling.snippets import exchanged_pooling, moving_picture, pooled_ways, pooling_rest, pooling_window
from explorer.snippets import Setting, own_picture, sample_picture
from explorer.targets import Target
from explorer.trace import FloatArray, Trace, as_maps

SETTING = Setting("pocket_resnet", "pretrained", sample_picture("chelsea"), "top")
FACTORS = {3: 0.0, 7: 2.5}
loaded = functools.cache(explorer.load_network)


@pytest.fixture(autouse=True)
def _networks_are_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All code begins with loading a network: what is asked for in the same words is loaded once."""
    monkeypatch.setattr(explorer, "load_network", loaded)


def result(code: str) -> FloatArray:
    """What the code leaves in `array`, which its last line must assign."""
    last = ast.parse(code).body[-1]
    assert isinstance(last, ast.Assign)
    assert ast.unparse(last.targets[0]) == "array"
    names: dict[str, Any] = {}
    exec(code, names)
    return np.asarray(names["array"])


@pytest.mark.parametrize("layer", ["conv1", "layer2.0.bn1", "layer4", "avgpool", "fc"])
def test_maps_of_a_layer(pocket_trace: Trace, layer: str) -> None:
    maps = as_maps(pocket_trace[layer])
    channels = [len(maps) - 1, 0, 3]
    assert np.array_equal(result(layer_maps(SETTING, layer, channels)), maps[channels])
    assert np.array_equal(result(channel_map(SETTING, layer, 5)), maps[5])
    assert np.array_equal(result(layer_values(SETTING, layer)), pocket_trace[layer])


@pytest.mark.parametrize("layer", ["layer2", "layer4"])
def test_class_activation_maps(pocket_trace: Trace, layer: str) -> None:
    found = result(snippets.class_activation(SETTING, "grad_cam", layer))
    assert np.array_equal(found, class_activation_map(pocket_trace, "grad_cam", layer))


TARGETS = [Target(4), Target(4, against=2), Target(7, layer="layer4"), Target(7, layer="layer4", place=(3, 2))]


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("signed", [False, True])
def test_maps_of_evidence(pocket: explorer.Network, target: Target, signed: bool) -> None:
    image, size = load_sample("chelsea"), (160, 160)
    written = snippets.target_expression(target.index, target.against, target.layer, target.place)
    trace = explorer.run(pocket, image, target)

    methods: dict[str, dict[str, object]] = {"hires_cam": {}, "smooth_grad": {"n_samples": 2, "noise": 0.1}}
    expected = []
    for method, options in methods.items():
        layer = "layer3" if method == "hires_cam" else None
        made = explorer.attribute(pocket, image, method, target, layer, signed=signed, **options).values  # type: ignore[arg-type]
        found = result(snippets.evidence(SETTING, Asked(method, written, layer, signed, options)))
        assert np.allclose(found, made, atol=1e-6)
        expected.append(enlarge(made, *size))
    code = snippets.evidence_of_methods(SETTING, methods, written, "layer3", signed)
    assert np.allclose(result(code), expected, atol=1e-6)

    layers = ["layer1", "layer3"]
    maps = [class_activation_map(trace, "layer_cam", layer, signed) for layer in layers]
    code = snippets.evidence_through_depth(SETTING, "layer_cam", written, layers, signed)
    assert np.allclose(result(code), [enlarge(values, *size) for values in maps], atol=1e-6)
    positive = [class_activation_map(trace, "layer_cam", layer) for layer in layers]
    code = snippets.fused_evidence(SETTING, "layer_cam", written, layers, "mean")
    assert np.allclose(result(code), fuse(positive, size, "mean"), atol=1e-5)


def test_maps_with_each_cell_where_it_looks(digit: Trace) -> None:
    setting, size, layers = Setting("lenet5", "pretrained", sample_picture("digit"), "top"), (32, 32), ["tanh1", "s2"]
    index = digit.class_of(None)
    trace, places = explorer.run(digit.network, digit.image, index), [digit.network.places(layer) for layer in layers]
    maps = [class_activation_map(trace, "layer_cam", layer) for layer in layers]
    code = snippets.evidence_through_depth(setting, "layer_cam", str(index), layers, False, in_place=True)
    expected = [enlarge(values, *size, at) for values, at in zip(maps, places, strict=True)]
    assert np.allclose(result(code), expected, atol=1e-6)
    code = snippets.fused_evidence(setting, "layer_cam", str(index), layers, "mean", in_place=True)
    assert np.allclose(result(code), fuse(maps, size, "mean", places), atol=1e-5)
    code = snippets.evidence_of_methods(setting, {"grad_cam": {}, "gradient": {}}, str(index), "s2", False, True)
    one, other = (explorer.attribute(digit.network, digit.image, m, index, "s2") for m in ("grad_cam", "gradient"))
    assert np.allclose(result(code), [enlarge(one.values, *size, places[1]), enlarge(other.values, *size)], atol=1e-6)


def test_maps_of_several_classes(pocket: explorer.Network) -> None:
    traces = [explorer.run(pocket, load_sample("chelsea"), index) for index in (4, 0)]
    for signed in (False, True):
        found = result(snippets.evidence_of_classes(SETTING, "grad_cam", [4, 0], "layer3", signed))
        expected = [class_activation_map(trace, "grad_cam", "layer3", signed) for trace in traces]
        assert np.allclose(found, expected, atol=1e-6)


def test_what_a_unit_listens_to(pocket: explorer.Network) -> None:
    found = result(unit_field(SETTING, "layer2", (3, 4, 5)))
    assert np.array_equal(found, effective_field(pocket, load_sample("chelsea"), "layer2", 3, 4, 5))


@pytest.mark.parametrize(("layer", "unit"), [("layer2.0.conv1", (3, 0, 5)), ("fc", (7,))])
@pytest.mark.parametrize("what", ["inputs", "weights", "products"])
def test_what_a_value_is_made_of(pocket_trace: Trace, layer: str, unit: tuple[int, ...], what: str) -> None:
    found = result(opened_value(SETTING, layer, unit, what))
    assert np.array_equal(found, getattr(open_value(pocket_trace, layer, unit), what))


@pytest.mark.parametrize("is_folded", [False, True])
def test_kernels(pocket: explorer.Network, is_folded: bool) -> None:
    found = result(filter_weights(SETTING, "conv1", [7, 2], is_folded))
    assert np.array_equal(found, chosen_kernels(pocket, "conv1", [7, 2], is_folded))
    assert np.array_equal(found, pocket.weights("conv1")["weight"][[7, 2]]) == (not is_folded)


def test_correlations(pocket_trace: Trace) -> None:
    found = result(correlation(SETTING, "layer2.0.relu"))
    assert np.array_equal(found, correlations(pocket_trace, "layer2.0.relu").matrix, equal_nan=True)


def test_several_pictures(pocket: explorer.Network, pocket_trace: Trace) -> None:
    expected = [pocket_trace["layer3"], *(explorer.run(pocket, load_sample(n))["layer3"] for n in ("coffee", "rocket"))]
    assert np.allclose(result(several(SETTING, ["coffee", "rocket"], "layer3")), expected, atol=1e-6)
    assert np.allclose(result(several(SETTING, [], "layer3")), expected[:1], atol=1e-6)


def test_a_film(pocket_trace: Trace) -> None:
    layers, channels = ("relu", "layer2", "layer4"), range(24, 40)
    found = result(film(SETTING, layers, channels))
    assert np.array_equal(found, film_array(pocket_trace, layers, channels), equal_nan=True)


def test_the_target_and_the_weights_are_those_of_the_setting() -> None:
    setting = Setting("lenet5", "random", sample_picture("digit"), 4)
    names: dict[str, Any] = {}
    exec(setting.begin(), names)
    trace = names["trace"]
    assert trace.target == 4
    assert trace.network.name == "lenet5"
    assert trace.network.is_random
    assert trace.image == load_sample("digit")


def test_what_is_switched(pocket_trace: Trace) -> None:
    from explorer.interventions import sweep, switch

    for factors in (FACTORS, {c: 0.0 for c in range(256) if c not in (1, 200)}):
        after = switch(pocket_trace, "layer4", factors)
        assert not np.array_equal(after.probabilities, pocket_trace.probabilities)
        found = result(switched_probabilities(SETTING, "layer4", factors))
        assert np.allclose(found, [pocket_trace.probabilities, after.probabilities], atol=1e-6)
        found = result(switched_evidence(SETTING, "layer4", factors))
        assert np.allclose(found, [class_activation_map(pocket_trace), class_activation_map(after)], atol=1e-6)
    assert np.allclose(result(channel_sweep(SETTING, "fc")), sweep(pocket_trace, "fc"), atol=1e-5)


def test_where_nothing_is_switched_the_evidence_stays_whatever_the_layer(pocket_trace: Trace) -> None:
    cam = class_activation_map(pocket_trace)
    assert np.allclose(result(switched_evidence(SETTING, "fc", {})), [cam, cam], atol=1e-6)


@pytest.mark.parametrize("until", ["layer4", None])
def test_what_is_painted(pocket_trace: Trace, until: str | None) -> None:
    steps = (Stroke(2.5, ((21, 6), (41, 6))), Shift((0, 0, 4, 7), (9, -0)))
    paint: Paint = {3: steps, 40: [Stroke(0.0, ((0, 200),))]}
    after = repainted(pocket_trace, "layer2", paint, until)
    assert not np.array_equal(after.probabilities, pocket_trace.probabilities)
    found = result(painted_probabilities(SETTING, "layer2", paint, until))
    assert np.allclose(found, [pocket_trace.probabilities, after.probabilities], atol=1e-6)
    found = result(painted_evidence(SETTING, "layer2", paint, until))
    assert np.allclose(found, [class_activation_map(pocket_trace), class_activation_map(after)], atol=1e-6)
    expected = painted(as_maps(pocket_trace["layer2"])[3], steps)
    assert np.array_equal(result(painted_map(SETTING, "layer2", 3, steps)), expected)
    assert np.array_equal(result(painted_map(SETTING, "layer2", 3, ())), pocket_trace["layer2"][3])
    found = result(painted_probabilities(SETTING, "layer2", {}, until))
    assert np.array_equal(found[0], found[1])


@pytest.mark.parametrize("other", [None, 6])
def test_what_a_logit_is_made_of(pocket: explorer.Network, pocket_trace: Trace, other: int | None) -> None:
    from explorer.classifier.decomposition import channel_map, class_map
    from explorer.classifier.logits import ledger, readings

    assert pocket_trace.target is not None
    classes = pocket_trace.target, other
    for reading in readings(pocket):
        found = result(logit_terms(SETTING, reading, other))
        assert np.array_equal(found, ledger(pocket_trace, reading, *classes).terms)
    assert np.array_equal(result(class_evidence(SETTING, other)), class_map(pocket_trace, *classes))
    found = result(channel_evidence(SETTING, 31, other))
    assert np.array_equal(found, channel_map(pocket_trace, 31, *classes))


def test_neurons_and_temperatures(pocket_trace: Trace) -> None:
    from explorer.classifier.decomposition import neuron
    from explorer.classifier.softmax import tempered

    setting = Setting("lenet5", "pretrained", sample_picture("digit"), "top")
    trace = explorer.run(explorer.load_network("lenet5"), load_sample("digit"))
    assert np.array_equal(result(neuron_products(setting, 11)), neuron(trace, 11).products)
    found = result(tempered_probabilities(SETTING, 2.5))
    assert np.array_equal(found, tempered(pocket_trace, 2.5))


def test_kernels_laid_over_the_picture(pocket_trace: Trace) -> None:
    from explorer.convolution.kernels import named_kernel, typed_kernel
    from explorer.convolution.lab import convolve, own_experiment, source

    steps = (2, 2), (3, 3), (1, 1)
    plane = source(pocket_trace.network, pocket_trace.prepared, "green")
    for call, kernel in (
        ("named_kernel('Gabor', 7, 30, 5)", named_kernel("Gabor", 7, 30, 5)),
        ("typed_kernel('1 2;\\n3 4')", typed_kernel("1 2; 3 4")),
    ):
        found = result(kernel_result(SETTING, "green", call, *steps))
        assert np.array_equal(found, convolve(plane, kernel.weights, *steps).values)
    window = pocket_trace.network.layers["conv1"].window
    assert window is not None
    assert (window.stride, window.padding, window.dilation) == steps
    found = result(filter_result(SETTING, "conv1", 3, *steps))
    assert np.allclose(found, own_experiment(pocket_trace, "conv1", 3).values, atol=1e-5)
    assert np.allclose(found, pocket_trace["conv1"][3], atol=1e-4)


@pytest.mark.slow
def test_pooling(pocket_trace: Trace) -> None:
    from explorer.geometry import Window
    from explorer.pooling.exchange import shift_test, swap
    from explorer.pooling.figures import left_over
    from explorer.pooling.kinds import KINDS, PICTURE, maps_of, pool
    from explorer.pooling.opened import open_pooling

    unit = (3, 7, 9)
    found = result(pooling_window(SETTING, "maxpool", unit))
    assert np.array_equal(found, open_pooling(pocket_trace, "maxpool", unit).values)
    for layer, i in (("maxpool", 0), ("maxpool", 1), ("avgpool", 0)):
        expected = left_over(pocket_trace, layer, 4)[i].values
        assert np.allclose(result(pooling_rest(SETTING, layer, 4, i)), expected, atol=1e-6, equal_nan=True)
    for source, channel in ((PICTURE, 2), ("layer2", 17)):
        maps = maps_of(pocket_trace, source)[[channel]]
        expected = np.stack([pool(maps, kind, Window((3, 3), (2, 2), (1, 1)), True, 5)[0] for kind in KINDS])
        code = pooled_ways(SETTING, source, channel, ((3, 3), (2, 2), (1, 1)), True, 5)
        assert np.allclose(result(code), expected, atol=1e-6)
    found = result(exchanged_pooling(SETTING, "maxpool", 1))
    assert np.allclose(found, swap(pocket_trace, "maxpool", seed=1).probabilities, atol=1e-5)
    moved = shift_test(pocket_trace, ["maxpool"], ["average"])
    for what in ("probabilities", "changes"):
        code = moving_picture(SETTING, ["maxpool"], ["average"], what)
        assert np.allclose(result(code), getattr(moved, what), atol=1e-5)


def test_concepts(pocket: explorer.Network, pocket_trace: Trace) -> None:
    from explorer.attribution import concepts

    found = concepts(pocket_trace, "layer3", 3)
    assert np.allclose(result(snippets.concept_maps(SETTING, "layer3", 3)), found.maps, atol=1e-4)


@pytest.mark.slow
def test_the_report_card(pocket: explorer.Network, pocket_trace: Trace) -> None:
    from explorer.faithfulness.report import report_card
    from explorer.faithfulness.scores import agreement, as_positive, bright_box, resized

    image, signed = load_sample("chelsea"), True
    for method, layer, options in (("grad_cam", "layer3", {}), ("occlusion", None, {"patch": 80, "stride": 80})):
        found = explorer.attribute(pocket, image, method, 4, layer, signed=signed, **options)
        asked = Asked(method, "4", layer, signed, options)
        card = report_card(pocket_trace, found, 4)
        curves = np.stack([card.deletion.probabilities, card.insertion.probabilities])
        assert np.allclose(result(score_curves(SETTING, asked, 4)), curves, atol=1e-5)
        guessed = np.stack([card.road.highest_first, card.road.lowest_first])
        assert np.allclose(result(guessed_pixels(SETTING, asked, 4)), guessed, atol=1e-5)
        assert card.confidence is not None
        assert np.array_equal(result(kept_picture(SETTING, asked, 4)), card.confidence.pixels)
        box = bright_box(resized(as_positive(found), *pocket_trace.prepared.size), 0.35)
        assert tuple(result(bright_region(SETTING, asked, 0.35))) == box
    several = [("grad_cam", "layer4", {}), ("gradient", None, {}), ("occlusion", None, {"patch": 80, "stride": 80})]
    target, written = Target(4, against=0), snippets.target_expression(4, 0, None, None)
    maps = [explorer.attribute(pocket, image, m, target, layer, **given) for m, layer, given in several]
    code = map_agreement(SETTING, [Asked(m, written, layer, False, given) for m, layer, given in several])
    assert np.allclose(result(code), agreement(maps), atol=1e-6)


@pytest.mark.slow
def test_what_a_network_forgets(pocket: explorer.Network) -> None:
    from explorer.faithfulness.figures import correlations, forgotten_maps
    from explorer.faithfulness.randomisation import sanity

    image, layer = load_sample("chelsea"), "layer3"
    found = sanity(pocket, image, "grad_cam", 4, layer, twin_seed=7, signed=True)
    code = forgotten(SETTING, Asked("grad_cam", "4", layer, True), 7)
    assert np.allclose(result(code), forgotten_maps(found), atol=1e-5)
    for kind in ("signed", "absolute"):
        code = forgotten_correlations(SETTING, [Asked("grad_cam", "4", layer, True)], 7, kind)
        assert np.allclose(result(code), [correlations(found, kind)], atol=1e-4)
    found = sanity(pocket, image, "smooth_grad", 4, twin_seed=7, signed=True, n_samples=2, seed=1)
    code = forgotten(SETTING, Asked("smooth_grad", "4", None, True, {"n_samples": 2, "seed": 1}), 7)
    assert np.allclose(result(code), forgotten_maps(found), atol=1e-5), "a method's own seed is not that of the twin"


def test_an_uploaded_picture_is_named_for_its_owner_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting("pocket_resnet", "pretrained", own_picture(), "top")
    code = channel_map(setting, "layer1", 2)
    assert 'explorer.read_image("your-picture.jpg")' in code
    assert "load_sample" not in code
    monkeypatch.setattr(explorer, "read_image", lambda path: load_sample("coffee"))
    expected = explorer.run(explorer.load_network("pocket_resnet"), load_sample("coffee"), "top")["layer1"][2]
    assert np.allclose(result(code), expected, atol=1e-6)
    assert "from explorer.pictures import load_sample" in several(setting, ["coffee"], "layer1")
    assert len(result(several(setting, ["rocket"], "layer1"))) == 2


@pytest.mark.parametrize("name", ["layer1'] + [", 'a"b', "a\nb", "\\"])
def test_names_are_data_in_code_too(name: str) -> None:
    for code in (channel_map(SETTING, name, 0), several(SETTING, [name], name)):
        last = ast.parse(code).body[-1]
        assert name in {node.value for node in ast.walk(last) if isinstance(node, ast.Constant)}


def test_who_reads_whom(pocket: explorer.Network) -> None:
    found = result(layer_links(SETTING))
    names = list(pocket.layers)
    assert [(names[a], names[b]) for a, b in found] == [
        (a, layer.name) for layer in pocket.layers.values() for a in layer.inputs
    ]


def test_costs_by_stage(pocket: explorer.Network) -> None:
    sums = [int(result(costs_of_stages(SETTING, column)).sum()) for column in (0, 1)]
    assert sums == [totals(pocket).n_parameters, totals(pocket).n_multiply_adds]


def test_answers_to_stripes(pocket: explorer.Network) -> None:
    assert np.array_equal(result(answers_to_stripes(SETTING, "conv1", 4)), tuning(pocket, "conv1").gratings[4])
    hues = tuning(pocket, "conv1").hues
    assert hues is not None
    assert np.array_equal(result(answers_to_colours(SETTING, "conv1", 4)), hues[4])
