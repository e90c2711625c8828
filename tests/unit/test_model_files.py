"""Files of whole networks, opened by their names: what is said of pictures and classes, and by whom."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.errors import BadCategories, BadCheckpoint, BadModelFile, BadModule, BadPreparation
from explorer.loading.model_files import network_in
from explorer.loading.sources.torchvision import imagenet_categories
from explorer.networks.bands import BandPreparation
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.samples import load_sample
from tests.onnx_files import computed, convolutional, node, onnx_file

LIMIT = 1 << 24


def pooled() -> bytes:
    """It needs four pixels a side."""
    return onnx_file(
        [node("MaxPool", "x", "a", kernel_shape=[4, 4]), node("GlobalMaxPool", "a", "b"), node("Flatten", "b")],
        shape=("N", 3, 24, 24),
        n_classes=3,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.onnx"
    path.write_bytes(convolutional())
    return path


def test_a_path_is_a_network_and_answers_as_another_runtime_does(file: Path) -> None:
    network = explorer.load_network(str(file))
    assert (network.name, network.made_by) == ("mine", "explorer.load_network('mine.onnx')")
    assert network.categories == ("class 0", "class 1", "class 2", "class 3")
    assert network.notes[-1].startswith("Its pictures are prepared as usual for networks of ImageNet, which is assumed")
    trace = explorer.run(network, load_sample("chelsea"), "top")
    (expected,) = computed(file.read_bytes(), trace.prepared.tensor.numpy())
    assert np.allclose(trace.logits, expected[0], rtol=1e-4, atol=1e-4)
    assert explorer.attribute(network, load_sample("chelsea")).values.max() > 0


def test_what_lies_beside_it_says_how_pictures_are_prepared_and_what_classes_are_called(file: Path) -> None:
    said = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "id2label": dict(enumerate("abcd"))}
    (file.parent / "config.json").write_text(json.dumps(said))
    network = explorer.load_network(str(file))
    how = network.preprocessing
    assert isinstance(how, PhotoPreparation)
    assert (how.mean, how.std, how.interpolation, how.crop) == ((0.5,) * 3, (0.5,) * 3, "bicubic", 24)
    assert network.categories == ("a", "b", "c", "d")
    assert network.prepared == "as config.json beside the file says"
    unit = explorer.load_network(str(file), preparation="unit", categories=["w", "x", "y", "z"])
    assert unit.prepared == "as you said, “unit”"
    assert isinstance(unit.preprocessing, PhotoPreparation)
    assert unit.preprocessing.std == (1.0, 1.0, 1.0)
    assert unit.categories == ("w", "x", "y", "z")
    assert network.key != unit.key


def test_a_file_may_be_called_anything(tmp_path: Path) -> None:
    path = tmp_path / "random_erasing.onnx"
    path.write_bytes(convolutional())
    assert not explorer.load_network(str(path)).is_random  # which would call its answers meaningless


def test_a_thousand_classes_are_called_as_those_of_imagenet(tmp_path: Path) -> None:
    network = network_in(convolutional(1000), "large.onnx", max_bytes=LIMIT)
    assert network.categories == imagenet_categories()
    assert "It has 1000 classes, so they are called as those of ImageNet are" in network.notes


def test_other_channels_are_said_in_words() -> None:
    four = convolutional(channels=4)
    assumed = network_in(four, "four.onnx", max_bytes=LIMIT).preprocessing
    assert isinstance(assumed, BandPreparation)
    assert assumed.sources == ("1", "2", "3", "4")
    words = "channels=red/green/blue/nothing,mean=0.5,std=0.1/0.2/0.3/0.4,resize=32,interpolation=nearest"
    how = network_in(four, "four.onnx", max_bytes=LIMIT, preparation=words).preprocessing
    assert isinstance(how, BandPreparation)
    assert (how.sources, how.mean, how.std) == (("red", "green", "blue", "nothing"), (0.5,) * 4, (0.1, 0.2, 0.3, 0.4))
    assert (how.cut.resize, how.cut.interpolation) == (32, "nearest")
    with pytest.raises(BadPreparation, match=r"^mean takes one number, or 4 with / between them, not '1/2'\."):
        network_in(four, "four.onnx", max_bytes=LIMIT, preparation="mean=1/2")
    with pytest.raises(BadPreparation, match=r"^The preparation makes|^'half' is no way"):
        network_in(four, "four.onnx", max_bytes=LIMIT, preparation="half")


def test_what_does_not_go_together_is_a_sentence(file: Path) -> None:
    with pytest.raises(BadCheckpoint, match=r"^'mine.onnx' holds its own weights\. Leave out others\."):
        explorer.load_network(str(file), "random")
    with pytest.raises(BadCategories, match=r"^There are 2 class names, but mine.onnx has 4 classes\."):
        explorer.load_network(str(file), categories=["a", "b"])
    with pytest.raises(BadModelFile, match=r"^'wide.onnx' reads pictures of 24 × 40\. Only networks of pictures as "):
        network_in(convolutional(size=(24, 40)), "wide.onnx", max_bytes=LIMIT)
    grey = BandPreparation(PhotoPreparation(24, 24), ("grey",), (0.0,), (1.0,))
    with pytest.raises(BadPreparation, match=r"^The preparation makes 1 channel of a picture, and 'mine.onnx' reads 3"):
        explorer.load_network(str(file), preparation=grey)
    with pytest.raises(BadModule, match=r"^mine.onnx cannot read a batch of pictures \(1, 3, 2, 2\)"):
        network_in(pooled(), "mine.onnx", max_bytes=LIMIT, preparation="resize=2,crop=2")
    with pytest.raises(BadPreparation, match=r"^The preparation of a file of a whole network is a PhotoPreparation or"):
        explorer.load_network(str(file), preparation=nn.Identity())
    for name in ("nowhere.onnx", "nowhere.keras", "nowhere.h5"):
        with pytest.raises(BadModelFile, match=f"'{name}'"):
            explorer.load_network(name)


def test_another_size_than_it_was_made_for(file: Path) -> None:
    network = explorer.load_network(str(file), preparation="resize=40,crop=30")
    assert network.layer("conv").shape == (5, 30, 30)
    trace = explorer.run(network, load_sample("coffee"))
    (expected,) = computed(convolutional(size=(30, 30)), trace.prepared.tensor.numpy())
    assert np.allclose(trace.logits, expected[0], rtol=1e-4, atol=1e-4)


def test_it_is_the_same_network_wherever_it_lay(file: Path, tmp_path: Path) -> None:
    one = explorer.load_network(str(file))
    again = network_in(file.read_bytes(), "mine.onnx", max_bytes=LIMIT)
    assert one.key == again.key
    with torch.no_grad():
        changed = network_in(convolutional(3), "mine.onnx", max_bytes=LIMIT)
    assert changed.key != one.key
