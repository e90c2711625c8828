"""Replaced heads of every family, first layers for other pictures, and class names that a file brings along."""

from __future__ import annotations

import argparse
import collections
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

import explorer
from explorer.errors import BadCheckpoint
from explorer.faithfulness.randomisation import cascade, randomised, sanity
from explorer.loading.builtin import BasicCNN, LeNet5
from explorer.loading.catalog import CATALOG
from explorer.loading.checkpoints import read_checkpoint
from explorer.loading.heads import find_head
from explorer.loading.recognition import recognise
from explorer.loading.skeleton import Unallocated, skeleton
from explorer.networks.vision import torchvision
from tests.tiny import noise_image
from tests.weight_files import saved


def built(name: str) -> Any:
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with Unallocated():
        return torchvision.models.get_model(name, weights=None, **options)


def replaced(name: str, place: str, head: Callable[[], nn.Module]) -> dict[str, torch.Tensor]:
    """The entries of a network without memory, with another head."""
    model = built(name)
    parent, _, own = place.rpartition(".")
    with Unallocated():
        setattr(model.get_submodule(parent), own, head())
    return model.state_dict()  # type: ignore[no-any-return]


def hidden(n_in: int) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(nn.Dropout(), nn.Linear(n_in, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 5))


def plain(n_in: int) -> Callable[[], nn.Module]:
    return lambda: nn.Linear(n_in, 5)


CASES: list[tuple[str, str, int]] = [  # where the head stands, and how many numbers come in
    ("resnet18", "fc", 512),
    ("resnext50_32x4d", "fc", 2048),
    ("googlenet", "fc", 1024),
    ("inception_v3", "fc", 2048),
    ("shufflenet_v2_x0_5", "fc", 1024),
    ("regnet_y_400mf", "fc", 440),
    ("densenet121", "classifier", 1024),
    ("mobilenet_v2", "classifier", 1280),
    ("mobilenet_v2", "classifier.1", 1280),
    ("mobilenet_v3_small", "classifier", 576),
    ("mobilenet_v3_small", "classifier.3", 1024),
    ("mnasnet0_5", "classifier", 1280),
    ("efficientnet_b0", "classifier", 1280),
    ("efficientnet_b0", "classifier.1", 1280),
    ("convnext_tiny", "classifier.2", 768),
    ("alexnet", "classifier", 9216),
    ("alexnet", "classifier.6", 4096),
    ("vgg11", "classifier", 25088),
    ("vgg11", "classifier.6", 4096),
    ("vgg16_bn", "classifier.6", 4096),
]


@pytest.mark.parametrize("head", [hidden, plain])
@pytest.mark.parametrize(("name", "place", "n_in"), CASES)
def test_another_head_is_found_in_every_family(
    name: str, place: str, n_in: int, head: Callable[[int], Callable[[], nn.Module]]
) -> None:
    state = {
        key: value for key, value in replaced(name, place, head(n_in)).items() if not key.lower().startswith("aux")
    }
    found = recognise(state)
    assert (found.network, found.n_logits) == (name, 5)
    with Unallocated():
        model = built(name)
        if found.head is None:  # the usual last layer, with five outputs
            assert head is plain
            return
        found.head.put_into(model)
    own = {key: value.shape for key, value in model.state_dict().items() if not key.lower().startswith("aux")}
    assert own == {key: value.shape for key, value in state.items()}
    layers = [type(layer) for layer in model.get_submodule(place).modules() if not isinstance(layer, nn.Sequential)]
    expected = [nn.Dropout, nn.Linear, nn.ReLU, nn.Dropout, nn.Linear] if head is hidden else [nn.Linear]
    assert layers == expected


def test_where_a_network_has_an_activation_of_its_own_there_that_one_is_assumed() -> None:
    """A head of the same list with another width: MobileNet v3 has hard swish between."""

    def head() -> nn.Module:
        return nn.Sequential(nn.Linear(576, 256), nn.Hardswish(), nn.Dropout(), nn.Linear(256, 5))

    found = recognise(replaced("mobilenet_v3_small", "classifier", head))
    assert found.head is not None
    kinds = [layer if isinstance(layer, type) else nn.Linear for _, layer in found.head.layers]
    assert kinds == [nn.Linear, nn.Hardswish, nn.Dropout, nn.Linear]
    assert found.head.notes[0].endswith(": Hardswish is assumed between its 2 dense layers")


def test_a_squeezenet_without_bias() -> None:
    torch.manual_seed(0)
    model = torchvision.models.squeezenet1_1(num_classes=4).eval()
    model.classifier[1] = nn.Conv2d(512, 4, 1, bias=False)
    network = explorer.load_network("squeezenet1_1", saved(model.state_dict()))
    trace = explorer.run(network, noise_image())
    with torch.inference_mode():
        np.testing.assert_allclose(trace.logits, model(trace.prepared.tensor)[0].numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("head", [nn.Sequential(nn.Dropout(), nn.Linear(84, 20), nn.ReLU(), nn.Linear(20, 5)),
                                  nn.Linear(84, 5, bias=False)])  # fmt: skip
def test_what_another_head_has_learned_can_be_forgotten(head: nn.Module) -> None:
    """The untrained twin has the usual head, so this one is drawn anew; the rest is the twin's."""
    model = LeNet5()
    model.output = head  # type: ignore[assignment]
    network = explorer.load_network("lenet5", saved(model.state_dict()))
    twin = explorer.load_network("lenet5", "random")
    changed = randomised(network, len(cascade(network)))
    for name in network.layers:
        for key, value in network.weights(name).items():
            now = changed.weights(name)[key]
            assert now.shape == value.shape
            assert not np.array_equal(now, value)
            if not name.startswith("output"):
                np.testing.assert_array_equal(now, twin.weights(name)[key])
    assert len(sanity(network, noise_image(), "input_x_gradient", signed=True).steps) == len(cascade(network))


def test_a_body_that_does_not_fit_has_no_head() -> None:
    state = replaced("resnet18", "fc", hidden(512))
    assert find_head(state, skeleton("resnet34"), "fc") is None
    state["layer3.0.conv1.weight"] = torch.empty(1, device="meta")
    assert find_head(state, skeleton("resnet18"), "fc") is None


# First layers


@pytest.mark.parametrize("channels", [1, 2, 4])
@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v3_small", "vgg11"])
@pytest.mark.parametrize("classes", [1000, 7])
def test_a_first_layer_for_other_channels(name: str, channels: int, classes: int) -> None:
    with Unallocated():
        model = torchvision.models.get_model(name, weights=None, num_classes=classes)
    state = model.state_dict()
    first = next(key for key, value in state.items() if value.ndim == 4)
    shape = state[first].shape
    state[first] = torch.empty((shape[0], channels, *shape[2:]), device="meta")
    read = f"reads {channels} channel{'' if channels == 1 else 's'} of a picture"
    told = f", but its first layer, '{first}', {read}, and that of {CATALOG[name].title} reads 3: "
    assert told in recognise(state).reason


def test_a_stem_for_small_pictures() -> None:
    model = torchvision.models.resnet18(num_classes=10)
    model.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    said = (
        "but the window of its first layer, 'conv1.weight', is 3×3 and not 7×7, as in variants of ResNet-18 for small "
        "pictures (CIFAR), whose steps a file of weights does not tell. "
    )
    assert said in recognise(model.state_dict()).reason
    with pytest.raises(BadCheckpoint, match=r"does not fit resnet18: its 'conv1\.weight' is \(64, 3, 3, 3\)") as caught:
        explorer.load_network("resnet18", saved(model.state_dict()))
    assert said in str(caught.value)


def test_wrong_entries_come_in_the_order_of_the_file() -> None:
    state = dict(torchvision.models.shufflenet_v2_x0_5().state_dict())
    odd = {key: torch.ones(3) for key in ("zeta.weight", "alpha.weight", "beta.weight", "gamma.weight")}
    for write in (saved, safetensors.torch.save):
        data = write(odd | state)
        kept = [key for key in read_checkpoint(data).state if key in odd]
        named = ", ".join(f"ShuffleNet v2 x0.5 has no '{key}'" for key in kept[:3])
        assert f"{named}, and 1 more entry does not fit. " in recognise(read_checkpoint(data).state).reason
    assert [*read_checkpoint(saved(odd | state)).state][:4] == list(odd)


# Class names in the file


def lenet(n: int = 3) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return LeNet5(num_classes=n).state_dict()


NAMES = ("cat", "dog", "fox")
SETTINGS = {"id2label": {0: "cat", 1: "dog", 2: "fox"}}


@pytest.mark.parametrize(
    ("where", "beside"),
    [
        ("class_to_idx", {"class_to_idx": {"fox": 2, "cat": 0, "dog": 1}}),
        ("idx_to_class", {"idx_to_class": {2: "fox", 0: "cat", 1: "dog"}}),
        ("classes", {"classes": ["cat", "dog", "fox"]}),
        ("class_names", {"class_names": ("cat", "dog", "fox")}),
        ("names", {"names": {0: "cat", 1: "dog", 2: "fox"}}),
        ("label_names", {"label_names": list(NAMES)}),
        ("id2label", {"id2label": {"0": "cat", "1": "dog", "2": "fox"}}),
        ("CLASSES", {"meta": {"CLASSES": NAMES, "epoch": 3}}),
        ("id2label", {"hyper_parameters": SETTINGS}),
        ("classes", {"classes": 3, "args": argparse.Namespace(classes=list(NAMES), lr=0.1)}),
        ("classes", {"class_to_idx": None, "names": [1, 2, 3], "config": collections.OrderedDict(classes=list(NAMES))}),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_names_in_a_file_become_the_categories(where: str, beside: Mapping[str, object], protocol: int) -> None:
    network = explorer.load_network("lenet5", saved({"model": lenet(), **beside}, protocol=protocol))
    assert network.categories == NAMES
    assert network.notes == (f"The names of its classes are those in the file under '{where}'",)


def test_names_among_the_weights_are_not_called_left_out() -> None:
    network = explorer.load_network("lenet5", saved({**lenet(), "classes": list(NAMES)}))
    assert network.categories == NAMES
    assert network.notes == ("The names of its classes are those in the file under 'classes'",)


def test_names_in_the_metadata_of_safetensors() -> None:
    for key, value in (
        ("classes", list(NAMES)),
        ("id2label", {"0": "cat", "1": "dog", "2": "fox"}),
        ("config", SETTINGS),
    ):
        data = safetensors.torch.save(lenet(), {"format": "pt", key: json.dumps(value)})
        assert explorer.load_network("lenet5", data).categories == NAMES
    for text in ("cat, dog, fox", "{", "[" * 10_000, "3", "null", '["a", 1, null]'):
        network = explorer.load_network("lenet5", safetensors.torch.save(lenet(), {"classes": text}))
        assert (network.categories, network.notes) == (("class 0", "class 1", "class 2"), ())


def test_names_that_were_given_go_before_those_in_the_file(tmp_path: Path) -> None:
    data = saved({"model": lenet(), "classes": list(NAMES)})
    own = explorer.load_network("lenet5", data, categories=("a", "b", "c"))
    assert (own.categories, own.notes) == (("a", "b", "c"), ())
    (tmp_path / "names.txt").write_text("a\nb\nc")
    assert explorer.load_network("lenet5", data, categories=tmp_path / "names.txt").key == own.key
    assert explorer.load_network("lenet5", data).key != own.key


@pytest.mark.parametrize("n", [10, 3])
def test_names_that_do_not_fit_are_said_and_not_taken(n: int) -> None:
    network = explorer.load_network("lenet5", saved({"model": lenet(n), "classes": ["cat", "dog"]}))
    assert network.categories[0] == {10: "0", 3: "class 0"}[n]
    assert network.notes[0].startswith(
        f"What stands in the file under 'classes' does not name its classes: it has 2 names; this network has {n} "
    )


def test_names_of_two_classes_for_one_logit() -> None:
    network = explorer.load_network("basic_cnn", saved({"model": BasicCNN().state_dict(), "classes": ["no", "yes"]}))
    assert network.categories == ("no", "yes")
