"""A head over a network of no catalogue: a file that holds what was trained, and says what it stands on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from torch import nn

import explorer
from explorer.cli import main
from explorer.errors import BadCheckpoint
from explorer.loading.over import digest_of
from explorer.predictions import probabilities_of
from explorer.transfer import Learned, Tuning, fine_tune, gathered, learn
from explorer.transfer.drawn import drawn_set
from explorer.transfer.features import place_of
from explorer.transfer.head import logits_of
from tests.onnx_files import onnx_file, small_network


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    nodes, tensors = small_network()
    path = tmp_path_factory.mktemp("base") / "net.onnx"
    path.write_bytes(onnx_file(nodes, tensors, ("N", 3, 16, 16), n_classes=4))
    return path


@pytest.fixture(scope="module")
def found(base: Path) -> Learned:
    return learn(explorer.load_network(str(base)), gathered(drawn_set("shapes", 5)))


@pytest.fixture(scope="module")
def head(found: Learned, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("head") / "shapes.safetensors"
    path.write_bytes(found.file())
    return path


def other_base(path: Path) -> Path:
    nodes, tensors = small_network()
    first = next(iter(tensors))
    path.write_bytes(onnx_file(nodes, {**tensors, first: tensors[first] + 1}, ("N", 3, 16, 16), n_classes=4))
    return path


def test_over_a_file_of_onnx_the_answers_are_those_of_the_head(found: Learned) -> None:
    assert found.network.categories == ("triangle", "square", "disc")
    for i, one in enumerate(found.examples.examples[:4]):
        trace = explorer.run(found.network, one.source.read(), "top")
        assert trace.logits.shape == (3,)
        np.testing.assert_allclose(probabilities_of(trace.logits), found.probabilities[i], atol=1e-4)
    assert found.base.layers[[*found.base.layers][-1]].shape == (4,)  # which stays as it is


def test_the_file_holds_the_head_alone_and_opens_over_its_base(found: Learned, base: Path, head: Path) -> None:
    assert len(safetensors.torch.load_file(head)) == 2
    again = explorer.load_network(str(base), head)
    assert again.key == found.network.key
    assert again.categories == found.network.categories
    image = found.examples.examples[0].source.read()
    assert np.array_equal(explorer.run(again, image).logits, explorer.run(found.network, image).logits)
    assert f"the sha256 `{digest_of(found.base)}`" in found.card()
    assert again.made_by == "explorer.load_network('net.onnx', 'shapes.safetensors')"


def test_its_base_may_be_called_otherwise_and_its_pictures_are_prepared_as_they_were(
    base: Path, head: Path, tmp_path: Path
) -> None:
    (tmp_path / "moved.onnx").write_bytes(base.read_bytes())
    again = explorer.load_network(str(tmp_path / "moved.onnx"), head)
    assert again.preprocessing == explorer.load_network(str(base)).preprocessing


def test_what_is_missing_is_said(head: Path, base: Path, tmp_path: Path) -> None:
    with pytest.raises(BadCheckpoint, match=r"trained over 'net.onnx' \(sha256 .*and that one is missing"):
        explorer.load_network("pocket_resnet", head)
    with pytest.raises(BadCheckpoint, match=r"was trained over 'net.onnx' .* and other has other numbers"):
        explorer.load_network(str(other_base(tmp_path / "other.onnx")), head)
    plain = tmp_path / "plain.safetensors"
    safetensors.torch.save_file({"a": torch.zeros(2)}, plain)
    with pytest.raises(BadCheckpoint, match=r"'plain\.safetensors' none that were trained over it"):
        explorer.load_network(str(base), plain)
    with pytest.raises(BadCheckpoint, match="holds its own weights"):
        explorer.load_network(str(base), "random")


def test_a_file_that_was_changed_is_refused(head: Path, base: Path, tmp_path: Path) -> None:
    state = safetensors.torch.load_file(head)
    with safetensors.safe_open(head, "pt") as read:
        metadata = read.metadata()
    for name, changed in {
        "more": {**state, "nowhere": torch.zeros(3, 2)},
        "shape": {key: value[:, :1] if value.ndim > 1 else value for key, value in state.items()},
        "classes": {key: value[:2] for key, value in state.items()},
    }.items():
        path = tmp_path / f"{name}.safetensors"
        safetensors.torch.save_file({key: value.contiguous() for key, value in changed.items()}, path, metadata)
        with pytest.raises(BadCheckpoint, match="It was changed after it was saved"):
            explorer.load_network(str(base), path)


def test_more_than_the_head_is_trained_over_it_and_opens_again(found: Learned, base: Path, tmp_path: Path) -> None:
    tuned = fine_tune(found, Tuning("all", n_epochs=1))
    path = tmp_path / "tuned.safetensors"
    path.write_bytes(tuned.file())
    assert len(safetensors.torch.load_file(path)) > 2
    again = explorer.load_network(str(base), path)
    image = found.examples.examples[0].source.read()
    assert np.array_equal(explorer.run(again, image).logits, explorer.run(tuned.network, image).logits)
    assert not np.array_equal(explorer.run(again, image).logits, explorer.run(found.network, image).logits)


def test_over_a_module_of_one_s_own() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(3, 6, 3, 2), nn.ReLU(), nn.Conv2d(6, 8, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(8, 5),
    )  # fmt: skip
    own = explorer.network_of(module, input_size=(3, 32, 32), name="mine")
    found = learn(own, gathered(drawn_set("parts", 4)))
    trace = explorer.run(found.network, found.examples.examples[0].source.read())
    np.testing.assert_allclose(probabilities_of(trace.logits), found.probabilities[0], atol=1e-4)
    assert module[6].out_features == 5


@pytest.mark.parametrize("is_rectified", [True, False])
def test_a_convolution_whose_maps_are_averaged_is_a_head(is_rectified: bool) -> None:
    torch.manual_seed(0)
    parts: list[nn.Module] = [nn.Conv2d(3, 6, 3, 2), nn.ReLU(), nn.Conv2d(6, 4, 1)]
    parts += [nn.ReLU()] if is_rectified else []
    module = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    own = explorer.network_of(module, input_size=(3, 32, 32), name="mine")
    place = place_of(own)
    assert (place.layer, place.is_of_maps, place.is_rectified) == ("1", True, is_rectified)
    found = learn(own, gathered(drawn_set("shapes", 6)))
    for i, one in enumerate(found.examples.examples):  # below zero nothing is cut off, so softmax says the same
        trace = explorer.run(found.network, one.source.read())
        np.testing.assert_allclose(probabilities_of(trace.logits), found.probabilities[i], atol=1e-4)
    without = dataclasses.replace(found.head, bias=found.head.bias - found.head.bias.mean())
    assert logits_of(without, np.zeros((1, 6), np.float32)).shape == (1, 3)


@pytest.mark.slow
def test_a_head_for_squeezenet_is_a_file_of_squeezenet(random_network: object, tmp_path: Path) -> None:
    assert callable(random_network)
    found = learn(random_network("squeezenet1_1"), gathered(drawn_set("parts", 3)))
    path = tmp_path / "parts.safetensors"
    path.write_bytes(found.file())
    again = explorer.load_network("squeezenet1_1", path)
    assert again.key == found.network.key
    trace = explorer.run(again, found.examples.examples[0].source.read())
    np.testing.assert_allclose(probabilities_of(trace.logits), found.probabilities[0], atol=1e-3)


def test_the_command_takes_it_as_weights(
    found: Learned, base: Path, head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["explain", "assets/samples/chelsea.jpg", "--network", str(base), "--weights", str(head)]
    assert main([*arguments, "--target", "disc", "-o", str(tmp_path / "map.png")]) == 0
    assert main([*arguments[:3], "pocket_resnet", *arguments[4:], "-o", str(tmp_path / "map.png")]) == 1
    assert "and that one is missing" in capsys.readouterr().err
