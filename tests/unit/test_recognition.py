"""Which network a file of weights is of: every one in the catalogue, with any number of classes; and what is not."""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from explorer.loading.catalog import CATALOG
from explorer.loading.checkpoints import read_checkpoint
from explorer.loading.recognition import Recognition, head, recognise
from explorer.loading.sources import source_of
from explorer.networks.vision import torchvision

WITH_AUXILIARY = {"googlenet": {"init_weights": False}, "inception_v3": {"init_weights": False}}
OWN_LOGITS = {"lenet5": 10, "mlp": 10, "basic_cnn": 1, "pocket_resnet": 11, "sound_cnn": 9}


class Unallocated(TorchFunctionMode):
    """Parameters without memory, while RegNet can still work out its widths with real tensors."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.empty and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


@functools.cache
def shapes(name: str, **options: Any) -> Mapping[str, torch.Tensor]:
    """The entries of a network, without memory; the auxiliary classifiers are among them."""
    with Unallocated():
        info = CATALOG.get(name)  # none of a transformer, a detector
        if info is not None and (source := source_of(info)).name != "torchvision":
            return source.build(info, source.n_logits(info), False, False).state_dict()
        options |= WITH_AUXILIARY.get(name, {})
        model: nn.Module = torchvision.models.get_model(name, weights=None, **options)
        return model.state_dict()


def with_logits(state: Mapping[str, torch.Tensor], name: str, n: int) -> dict[str, torch.Tensor]:
    key = head(name)
    bias = key.replace("weight", "bias")
    shape = torch.Size([n, *state[key].shape[1:]])
    return {**state, key: torch.empty(shape, device="meta"), bias: torch.empty(n, device="meta")}


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOG)
def test_every_network_is_recognised(name: str) -> None:
    state = shapes(name)
    usual = OWN_LOGITS.get(name, 1000)
    assert len(state[head(name)]) == usual
    assert recognise(state) == Recognition(name, usual)
    for n in (1000, 7, 1):
        other = with_logits(state, name, n)
        bare = {key: value for key, value in other.items() if not key.lower().startswith("aux")}
        without_counters = {key: value for key, value in bare.items() if not key.endswith("num_batches_tracked")}
        for variant in (other, bare, without_counters, dict(sorted(other.items())), dict(reversed(other.items()))):
            assert recognise(variant) == Recognition(name, n)


def test_the_auxiliary_classifiers_were_there() -> None:
    assert any(key.startswith("aux1.") for key in shapes("googlenet"))
    assert any(key.startswith("AuxLogits.") for key in shapes("inception_v3"))


def test_a_number_of_classes() -> None:
    assert Recognition("x", 1).n_classes == Recognition("x", 2).n_classes == 2
    assert Recognition("x", 7).n_classes == 7


@pytest.mark.parametrize("name", ["densenet121", "squeezenet1_1"])
def test_from_a_real_file(name: str) -> None:
    model = torchvision.models.get_model(name, weights=None, num_classes=3)
    state = {f"module.{key}": value for key, value in model.state_dict().items()}
    if name == "densenet121":  # as its published file has them
        state = {key.replace("norm1", "norm.1").replace("conv2", "conv.2"): value for key, value in state.items()}
    stream = io.BytesIO()
    torch.save({"state_dict": state, "epoch": 3}, stream)
    assert recognise(read_checkpoint(stream.getvalue()).state) == Recognition(name, 3)


@pytest.mark.parametrize(
    ("weight", "bias"),
    [((7, 512), (8,)), ((7,), (7,)), ((), ()), ((0, 512), (0,)), ((10**12, 0), (10**12,)), ((7, 512), (7, 1))],
)
def test_a_last_layer_that_is_none(weight: tuple[int, ...], bias: tuple[int, ...]) -> None:
    odd = {"fc.weight": torch.empty(weight, device="meta"), "fc.bias": torch.empty(bias, device="meta")}
    found = recognise({**shapes("resnet18"), **odd})
    assert found.network is None
    assert found.reason.startswith("The entries of this file are named like those of ResNet, but 'fc.")
    assert found.reason.endswith(
        " in its head is no dense layer. Replace no more than its last layers, by dense ones in a row, and save again."
    )


def test_a_network_of_a_family_that_is_not_in_the_catalogue() -> None:
    state = dict(with_logits(shapes("resnet50"), "resnet50", 7))
    state["layer4.2.conv4.weight"] = torch.empty(3456, device="meta")
    assert recognise(state).reason == (
        "The entries of this file are named like those of ResNet, but it has 3,456 weights more than the nearest "
        "one, ResNet-50 with 7 outputs: ResNet-50 has no 'layer4.2.conv4.weight'. Choose a checkpoint of one of the "
        "networks in the catalogue."
    )
    del state["layer4.2.conv4.weight"], state["bn1.bias"]
    assert (
        "64 weights fewer than the nearest one, ResNet-50 with 7 outputs: it has no 'bn1.bias'. Choose"
        in recognise(state).reason
    )
    one = dict(with_logits(shapes("vgg11"), "vgg11", 1))
    del one["features.0.bias"]
    assert recognise(one).reason.startswith(
        "The entries of this file are named like those of VGG, but it has 64 weights fewer than the nearest one, "
        "VGG-11 with 1 output: it has no 'features.0.bias'. Choose"
    )


@pytest.mark.parametrize("name", ["vit_b_16", "swin_t", "swin_v2_t", "maxvit_t"])
def test_transformers_are_named(name: str) -> None:
    options = {"input_size": (224, 224)} if name == "maxvit_t" else {}
    found = recognise(shapes(name, **options))
    assert found.network is None
    assert ", is of a transformer, which has no feature maps in the sense shown here. Choose a " in found.reason


OUTLINES = " is of a network that finds or outlines things, and only those that name a whole picture can be shown."


@pytest.mark.parametrize("name", ["fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn", "ssd300_vgg16"])
def test_detectors_are_named(name: str) -> None:
    with Unallocated():
        model = torchvision.models.get_model(name, weights=None, weights_backbone=None)
    assert OUTLINES in recognise(model.state_dict()).reason


@pytest.mark.parametrize("auxiliary", [False, True])
@pytest.mark.parametrize("name", ["fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large"])
def test_networks_that_outline_are_named(name: str, auxiliary: bool) -> None:
    options = {} if name.startswith("lraspp") else {"aux_loss": auxiliary}
    with Unallocated():
        model = torchvision.models.get_model(name, weights=None, weights_backbone=None, **options)
    assert OUTLINES in recognise(model.state_dict()).reason


def test_a_module_called_backbone_is_no_detector() -> None:
    found = recognise({"backbone.conv1.weight": torch.ones(1), "backbone.gate.attention.0.weight": torch.ones(1)})
    assert found.reason.startswith("The entries of this file, among them 'backbone.conv1.weight', 'backbone.gate.att")


def test_something_else() -> None:
    found = recognise({"a\nb" * 100: torch.ones(3), "fc.weight": torch.ones(2, 3), "fc.bias": torch.ones(2)})
    assert found.network is None
    assert found.reason.startswith("The entries of this file, among them 'a?ba?b")
    assert found.reason.endswith(
        "MobileNet v3, ConvNeXt, AlexNet or VGG, as torchvision or this project names their layers."
    )
    assert "\n" not in found.reason
    assert len(found.reason) < 500
    assert recognise({}).network is None
