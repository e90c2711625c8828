"""The code under the figures, executed: it must make the very numbers that the page draws."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

import explorer
from explorer import snippets
from explorer.architecture import totals
from explorer.attribution import class_activation_map
from explorer.feature_maps import as_maps, correlations
from explorer.figures.film import film_array
from explorer.filters import chosen_kernels
from explorer.samples import load_sample
from explorer.sensitivity import effective_field
from explorer.snippets import Setting, own_picture, sample_picture
from explorer.trace import FloatArray, Trace
from explorer.tuning import tuning

SETTING = Setting("pocket_resnet", "pretrained", sample_picture("chelsea"), "top")
FACTORS = {3: 0.0, 7: 2.5}


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
    assert np.array_equal(result(snippets.layer_maps(SETTING, layer, channels)), maps[channels])
    assert np.array_equal(result(snippets.channel_map(SETTING, layer, 5)), maps[5])
    assert np.array_equal(result(snippets.layer_values(SETTING, layer)), pocket_trace[layer])


@pytest.mark.parametrize("layer", ["layer2", "layer4"])
def test_class_activation_maps(pocket_trace: Trace, layer: str) -> None:
    found = result(snippets.class_activation(SETTING, "grad_cam", layer))
    assert np.array_equal(found, class_activation_map(pocket_trace, "grad_cam", layer))


def test_what_a_unit_listens_to(pocket: explorer.Network) -> None:
    found = result(snippets.unit_field(SETTING, "layer2", (3, 4, 5)))
    assert np.array_equal(found, effective_field(pocket, load_sample("chelsea"), "layer2", 3, 4, 5))


@pytest.mark.parametrize("is_folded", [False, True])
def test_kernels(pocket: explorer.Network, is_folded: bool) -> None:
    found = result(snippets.filter_weights(SETTING, "conv1", [7, 2], is_folded))
    assert np.array_equal(found, chosen_kernels(pocket, "conv1", [7, 2], is_folded))
    assert np.array_equal(found, pocket.weights("conv1")["weight"][[7, 2]]) == (not is_folded)


def test_correlations(pocket_trace: Trace) -> None:
    found = result(snippets.correlation(SETTING, "layer2.0.relu"))
    assert np.array_equal(found, correlations(pocket_trace, "layer2.0.relu").matrix, equal_nan=True)


def test_several_pictures(pocket: explorer.Network, pocket_trace: Trace) -> None:
    expected = [pocket_trace["layer3"], *(explorer.run(pocket, load_sample(n))["layer3"] for n in ("coffee", "rocket"))]
    assert np.allclose(result(snippets.several(SETTING, ["coffee", "rocket"], "layer3")), expected, atol=1e-6)
    assert np.allclose(result(snippets.several(SETTING, [], "layer3")), expected[:1], atol=1e-6)


def test_a_film(pocket_trace: Trace) -> None:
    layers, channels = ("relu", "layer2", "layer4"), range(24, 40)
    found = result(snippets.film(SETTING, layers, channels))
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
        found = result(snippets.switched_probabilities(SETTING, "layer4", factors))
        assert np.allclose(found, [pocket_trace.probabilities, after.probabilities], atol=1e-6)
        found = result(snippets.switched_evidence(SETTING, "layer4", factors))
        assert np.allclose(found, [class_activation_map(pocket_trace), class_activation_map(after)], atol=1e-6)
    assert np.allclose(result(snippets.channel_sweep(SETTING, "fc")), sweep(pocket_trace, "fc"), atol=1e-5)


def test_an_uploaded_picture_is_named_for_its_owner_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting("pocket_resnet", "pretrained", own_picture(), "top")
    code = snippets.channel_map(setting, "layer1", 2)
    assert 'explorer.read_image("your-picture.jpg")' in code
    assert "load_sample" not in code
    monkeypatch.setattr(explorer, "read_image", lambda path: load_sample("coffee"))
    expected = explorer.run(explorer.load_network("pocket_resnet"), load_sample("coffee"), "top")["layer1"][2]
    assert np.allclose(result(code), expected, atol=1e-6)
    assert "from explorer.samples import load_sample" in snippets.several(setting, ["coffee"], "layer1")
    assert len(result(snippets.several(setting, ["rocket"], "layer1"))) == 2


@pytest.mark.parametrize("name", ["layer1'] + [", 'a"b', "a\nb", "\\"])
def test_names_are_data_in_code_too(name: str) -> None:
    for code in (snippets.channel_map(SETTING, name, 0), snippets.several(SETTING, [name], name)):
        last = ast.parse(code).body[-1]
        assert name in {node.value for node in ast.walk(last) if isinstance(node, ast.Constant)}


def test_who_reads_whom(pocket: explorer.Network) -> None:
    found = result(snippets.layer_links(SETTING))
    names = list(pocket.layers)
    assert [(names[a], names[b]) for a, b in found] == [
        (a, layer.name) for layer in pocket.layers.values() for a in layer.inputs
    ]


def test_costs_by_stage(pocket: explorer.Network) -> None:
    found = result(snippets.costs_of_stages(SETTING))
    assert found.sum(axis=0).tolist() == [totals(pocket).n_parameters, totals(pocket).n_multiply_adds]


def test_answers_to_stripes(pocket: explorer.Network) -> None:
    assert np.array_equal(result(snippets.answers_to_stripes(SETTING, "conv1", 4)), tuning(pocket, "conv1").gratings[4])
