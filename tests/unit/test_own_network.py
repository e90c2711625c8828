"""A person's own trained weights: any number of classes, with names or without, and everything that can be wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

import explorer
from explorer.errors import BadCategories, BadCheckpoint
from explorer.loading.builtin import ARCHITECTURES, CATEGORIES
from explorer.loading.catalog import CATALOG
from explorer.loading.checkpoints import read_checkpoint
from explorer.loading.load import own_network
from explorer.loading.recognition import recognise
from explorer.loading.sources.torchvision import imagenet_categories
from explorer.networks.network import Network
from explorer.networks.vision import torchvision
from tests.tiny import noise_image

pytestmark = pytest.mark.slow  # almost all of them build ResNet-18

NAMES = ("hare", "fox", "owl")


def drawn(model: nn.Module) -> dict[str, torch.Tensor]:
    """The model's weights, drawn from a seed of this file's own so that values neither vanish nor explode."""
    generator = torch.Generator().manual_seed(7)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    for key, value in state.items():
        if value.ndim > 1:
            state[key] = torch.randn(value.shape, generator=generator) / value[0].numel() ** 0.5
        elif key.endswith("bias"):
            state[key] = torch.randn(value.shape, generator=generator) * 0.1
    return state


def saved(content: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    torch.save(dict(content), file)
    return file.getvalue()


@pytest.fixture(scope="module")
def three() -> dict[str, torch.Tensor]:
    """The weights of a ResNet-18 that tells three things apart."""
    return drawn(torchvision.models.resnet18(num_classes=3))


@pytest.fixture(scope="module")
def small() -> bytes:
    """A file of weights of a LeNet-5 that tells three things apart."""
    return saved(drawn(ARCHITECTURES["lenet5"](num_classes=3)))


@pytest.fixture(scope="module")
def plain(three: dict[str, torch.Tensor]) -> Network:
    return explorer.load_network("resnet18", saved(three))


def assumed(whose: str) -> str:
    """The note on pictures whose preparation nobody has said."""
    why = "the file does not say, and no first batch norm does"
    return f"Its pictures are prepared as for {whose}, which is assumed: {why}"


# Any number of classes


def test_three_classes_without_names_are_numbered(three: dict[str, torch.Tensor], plain: Network) -> None:
    assert plain.categories == ("class 0", "class 1", "class 2")
    assert (plain.name, plain.weights_name) == ("resnet18", "uploaded checkpoint")
    assert plain.notes == (assumed("IMAGENET1K_V1 of ResNet-18"),)
    assert not plain.is_random
    assert plain.preprocessing == explorer.load_network("resnet18", "random").preprocessing
    trace = explorer.run(plain, noise_image(), "top")
    reference = torchvision.models.resnet18(num_classes=3)
    reference.load_state_dict(three)
    with torch.inference_mode():
        expected = reference.eval()(trace.prepared.tensor)[0].numpy()
    np.testing.assert_allclose(trace.logits, expected, rtol=1e-4, atol=1e-4)
    assert trace.top(1)[0].category == f"class {expected.argmax()}"


@pytest.mark.parametrize("name", ["squeezenet1_1", "mobilenet_v3_small", "shufflenet_v2_x0_5", "mnasnet0_5"])
def test_every_kind_of_head_may_have_other_classes(name: str) -> None:
    network = explorer.load_network(name, saved(drawn(torchvision.models.get_model(name, num_classes=3))))
    assert len(network.categories) == 3
    trace = explorer.run(network, noise_image())
    assert trace.logits.shape == (3,)
    assert trace.probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["lenet5", "mlp", "pocket_resnet"])
def test_the_projects_own_networks_may_have_other_classes(name: str) -> None:
    network = explorer.load_network(name, saved(drawn(ARCHITECTURES[name](num_classes=5))), categories=list("abcde"))
    assert network.categories == tuple("abcde")
    assert explorer.run(network, noise_image()).logits.shape == (5,)


def test_the_auxiliary_classifiers_of_a_checkpoint_are_taken_or_done_without() -> None:
    for auxiliary in (False, True):
        model = torchvision.models.googlenet(num_classes=3, aux_logits=auxiliary, init_weights=False)
        network = explorer.load_network("googlenet", saved(drawn(model)))
        assert len(network.categories) == 3
        assert network.n_values == CATALOG["googlenet"].n_values - 1000 + 3


@pytest.mark.parametrize(
    ("name", "n"), [("resnet18", 1), ("lenet5", 1), ("lenet5", 2), ("basic_cnn", 1), ("basic_cnn", 2)]
)
def test_one_logit_tells_two_classes_apart_as_two_do(name: str, n: int) -> None:
    build = ARCHITECTURES.get(name) or getattr(torchvision.models, name)
    network = explorer.load_network(name, saved(drawn(build(num_classes=n))), categories=["no", "yes"])
    assert network.categories == ("no", "yes")
    for target in (0, 1, "top"):
        trace = explorer.run(network, noise_image(), target)
        assert trace.logits.shape == (n,)
        assert trace.probabilities.shape == (2,)
        assert trace.probabilities.sum() == pytest.approx(1)
        assert trace.top(2)[0].probability >= trace.top(2)[1].probability
        if n == 1:
            assert trace.probabilities[1] == pytest.approx(1 / (1 + np.exp(-float(trace.logits[0]))), rel=1e-5)
            assert trace.prediction(0).logit == -trace.prediction(1).logit == -trace.logits[0]
    with pytest.raises(explorer.ExplorerError, match=r"has no class 2; its classes are 0 to 1\."):
        explorer.run(network, noise_image(), 2)


def test_the_usual_number_of_classes_means_the_usual_names_and_says_so() -> None:
    network = explorer.load_network("squeezenet1_1", saved(drawn(torchvision.models.squeezenet1_1())))
    assert network.categories == imagenet_categories()
    assert network.notes == (
        "It has 1,000 classes, so they are called as those of SqueezeNet 1.1 usually are",
        assumed("IMAGENET1K_V1 of SqueezeNet 1.1"),
    )
    cats = explorer.load_network("basic_cnn", saved(drawn(ARCHITECTURES["basic_cnn"](num_classes=1))))
    assert cats.categories == CATEGORIES["basic_cnn"]
    assert cats.notes[0] == "It has 2 classes, so they are called as those of Basic CNN usually are"
    assert cats.notes[1].startswith("Its pictures are prepared as usual for Basic CNN, which is assumed")


def test_names_that_were_given_are_not_noted() -> None:
    content = saved(drawn(ARCHITECTURES["lenet5"]()))
    network = explorer.load_network("lenet5", content, categories=[f"sign {i}" for i in range(10)])
    assert network.categories[3] == "sign 3"
    assert network.notes == ()


# Names


def test_names_come_as_a_list_as_a_file_or_as_its_bytes(small: bytes, tmp_path: Path) -> None:
    text, as_list, as_dict = "hare\nfox\nowl\n", json.dumps(NAMES), json.dumps({"0": "hare", "2": "owl", "1": "fox"})
    path = tmp_path / "names.txt"
    path.write_text(text, encoding="utf-8")
    given = [NAMES, list(NAMES), text.encode(), as_list.encode(), as_dict.encode(), path]
    networks = [explorer.load_network("lenet5", small, categories=names) for names in given]
    for network in networks:
        assert network.categories == NAMES
        assert network.category_index("owl") == 2
        assert network.key == networks[0].key  # the same network, wherever the names came from
    assert explorer.run(networks[0], noise_image()).top(3)[0].category in NAMES


def test_a_network_with_other_names_is_another_network(small: bytes) -> None:
    keys = {
        explorer.load_network("lenet5", small, categories=names).key
        for names in (None, NAMES, ("hare", "fox", "cat"), NAMES[::-1], ("hare, fox", "", "owl"), ("hare", "fox, ", ""))
    }
    assert len(keys) == 6


def test_the_same_content_is_the_same_network_whatever_the_file_is_called(small: bytes, tmp_path: Path) -> None:
    uploaded = explorer.load_network("lenet5", small)
    for name in ("one.pth", "two.bin"):
        (tmp_path / name).write_bytes(small)
        network = explorer.load_network("lenet5", tmp_path / name)
        assert (network.key, network.weights_name) == (uploaded.key, name)
        assert explorer.load_network("lenet5", str(tmp_path / name)).key == uploaded.key
    other = drawn(ARCHITECTURES["lenet5"](num_classes=3))
    other["output.bias"] = other["output.bias"] + 1e-3
    assert explorer.load_network("lenet5", saved(other)).key != uploaded.key


@pytest.mark.parametrize("n", [0, 2, 4])
def test_a_wrong_number_of_names_is_refused(n: int, small: bytes, tmp_path: Path) -> None:
    names = [f"name {i}" for i in range(n)]
    path = tmp_path / "own.pth"
    path.write_bytes(small)
    for source, title in ((path, "own.pth"), (path.read_bytes(), "uploaded checkpoint")):
        with pytest.raises(BadCategories) as caught:
            explorer.load_network("lenet5", source, categories=names)
        assert str(caught.value) == (f"There are {n} class names, but {title} has 3 classes. Give one name for each.")
    (tmp_path / "names.json").write_text(json.dumps(names))
    for given, subject in (
        (tmp_path / "names.json", "'names.json'"), (json.dumps(names).encode(), "The file of class names"),
    ):  # fmt: skip
        with pytest.raises(BadCategories) as caught:
            explorer.load_network("lenet5", path, categories=given)
        assert str(caught.value).startswith(f"{subject} has {n} names; this network has 3 classes: one name for each ")


def test_names_for_the_single_logit_of_two_classes_are_two() -> None:
    content = saved(drawn(ARCHITECTURES["basic_cnn"](num_classes=1)))
    with pytest.raises(BadCategories, match=r"^There is 1 class name, but uploaded checkpoint has 2 classes\. Give"):
        explorer.load_network("basic_cnn", content, categories=["yes"])


def test_a_file_of_names_that_is_not_there_is_refused(small: bytes, tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.txt", tmp_path):
        with pytest.raises(BadCategories) as caught:
            explorer.load_network("lenet5", small, categories=path)
        assert str(caught.value) == f"The class names in '{path}' cannot be read. Check the path."


# What is in the file


def test_wrappers_and_prefixes_do_not_change_the_network(three: dict[str, torch.Tensor], plain: Network) -> None:
    prefixed = {f"module.{key}": value for key, value in three.items()}
    ways = (
        saved({"state_dict": prefixed, "epoch": 3, "arch": "resnet18"}), saved(prefixed), saved({"model": three}),
        safetensors.torch.save(three),
    )  # fmt: skip
    image = noise_image()
    expected = explorer.run(plain, image).logits
    for content in ways:
        network = explorer.load_network("resnet18", content, categories=NAMES)
        assert network.categories == NAMES
        np.testing.assert_array_equal(explorer.run(network, image).logits, expected)


def test_what_was_recognised_can_be_loaded(three: dict[str, torch.Tensor]) -> None:
    checkpoint = read_checkpoint(saved({"state_dict": {f"module.{key}": value for key, value in three.items()}}))
    found = recognise(checkpoint.state)
    assert (found.network, found.n_classes) == ("resnet18", 3)
    assert found.network is not None
    network = own_network(CATALOG[found.network], checkpoint, "forest.pth", NAMES)
    assert (network.weights_name, network.categories) == ("forest.pth", NAMES)


@pytest.mark.parametrize("name", ["resnet34", "resnet50", "vgg11", "lenet5", "googlenet"])
def test_weights_of_another_architecture_are_refused_by_name(name: str, three: dict[str, torch.Tensor]) -> None:
    with pytest.raises(BadCheckpoint) as caught:
        explorer.load_network(name, saved(three), categories=NAMES)
    text = str(caught.value)
    assert text.startswith(f"'uploaded checkpoint' does not fit {name}: ")
    assert f" Choose the network it was saved from, or a checkpoint of {name}. " in text
    assert text.endswith(" Its entries are those of resnet18.")


@pytest.mark.parametrize(
    ("shape", "fact"),
    [
        ((3,), "its 'fc.weight' is (3,) instead of (3, 512)"),
        ((), "its 'fc.weight' is () instead of (1000, 512)"),
        ((0, 512), "its 'fc.weight' is (0, 512) instead of (1000, 512)"),
        ((3, 0), "its 'fc.weight' is (3, 0) instead of (3, 512)"),
        ((3, 512, 1, 1), "its 'fc.weight' is (3, 512, 1, 1) instead of (3, 512)"),
        (None, "it has no 'fc.weight'"),
    ],
)
def test_a_head_that_is_none_is_refused(
    shape: tuple[int, ...] | None, fact: str, three: dict[str, torch.Tensor]
) -> None:
    state = dict(three)
    if shape is None:
        del state["fc.weight"]
    else:
        state["fc.weight"] = torch.zeros(shape)
    with pytest.raises(BadCheckpoint) as caught:
        explorer.load_network("resnet18", saved(state))
    assert fact in str(caught.value)


def test_broken_weights_are_noted_and_still_run(three: dict[str, torch.Tensor]) -> None:
    state = dict(three)
    state["conv1.weight"] = three["conv1.weight"].clone()
    state["conv1.weight"][0, 0, 0, :2] = torch.nan
    network = explorer.load_network("resnet18", saved(state), categories=NAMES)
    assert network.notes == ("2 of its values are NaN", assumed("IMAGENET1K_V1 of ResNet-18"))
    for target in (None, 1, "top"):
        trace = explorer.run(network, noise_image(), target)  # type: ignore[arg-type]
        assert not trace.is_finite
        assert trace.logits.shape == (3,)
        assert len(trace.top(3)) == 3
    whole = explorer.run(explorer.load_network("resnet18", saved(three)), noise_image())
    assert whole.is_finite


def test_the_file_is_left_as_it_was(small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "own.pth"
    path.write_bytes(small)
    explorer.run(explorer.load_network("lenet5", path, categories=NAMES), noise_image(), "top")
    assert path.read_bytes() == small
    assert list(tmp_path.iterdir()) == [path]
