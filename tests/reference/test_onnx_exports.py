"""Networks of torchvision, exported by torch in its two ways: onnxruntime's logits, under the module's own names."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.convolution.opened import open_value, strongest
from explorer.loading.module import network_of
from explorer.loading.onnx import read_onnx
from explorer.networks.graph import trace_module
from explorer.networks.vision import torchvision
from explorer.pictures.samples import load_sample
from tests.onnx_files import computed

pytestmark = pytest.mark.slow

SIDE = 96
# what torch's exporters say of themselves, and of each other
OF_TORCH = (
    ("You are using the legacy TorchScript-based ONNX export", DeprecationWarning),
    ("The feature will be removed", DeprecationWarning),
    ("`isinstance.treespec, LeafSpec.` is deprecated", FutureWarning),
)
OLDER: dict[str, Any] = {"dynamo": False}
NEWER: dict[str, Any] = {"dynamo": True, "external_data": False}
ANY_BATCH: dict[str, Any] = {"input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}}


def exported(module: nn.Module, path: Path, **settings: Any) -> Path:
    x = torch.zeros(2 if "dynamic_axes" in settings else 1, 3, SIDE, SIDE)
    with warnings.catch_warnings():
        for text, kind in OF_TORCH:
            warnings.filterwarnings("ignore", text, kind)
        torch.onnx.export(module, (x,), path, verbose=False, **settings)
    return path


def built(name: str) -> nn.Module:
    """With random weights, and batch norms that have seen something."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = torchvision.models.get_model(name, weights=None, num_classes=10)
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.normal_(0, 0.1)
                part.running_var.uniform_(0.5, 1.5)
    return module.eval()


@pytest.mark.parametrize(
    ("name", "settings", "n_own"),
    [
        ("resnet18", NEWER, 49),
        ("squeezenet1_1", NEWER, 65),
        ("shufflenet_v2_x0_5", OLDER | ANY_BATCH, 138),
        ("densenet121", OLDER | {"opset_version": 9}, 368),
        ("mobilenet_v3_small", OLDER | ANY_BATCH | {"opset_version": 13}, 122),
        ("convnext_tiny", OLDER | {"opset_version": 11}, 147),
    ],
)
def test_exports(name: str, settings: dict[str, Any], n_own: int, tmp_path: Path) -> None:
    module = built(name)
    path = exported(module, tmp_path / "net.onnx", **settings)
    found = read_onnx(path, path.name)
    x = torch.randn(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        logits = found.module(x).numpy()
        one = found.module(x[:1]).numpy()
        own = module(x).numpy()
    data = path.read_bytes()
    several = "dynamic_axes" in settings
    expected = np.concatenate([computed(data, part)[0] for part in ([x.numpy()] if several else x[:, None].numpy())])
    for result in (expected, own):
        assert np.abs(logits - result).max() <= 1e-4 * np.abs(result).max()
        assert np.abs(one - result[:1]).max() <= 1e-4 * np.abs(result).max()
    names = {*trace_module(module).nodes}
    assert sum(node in names for node in trace_module(found.module).nodes) == n_own


def test_an_exported_network_is_opened_like_any_other(tmp_path: Path) -> None:
    module = built("resnet18")
    path = exported(module, tmp_path / "net.onnx", **OLDER)
    found = read_onnx(path, path.name)
    (note,) = found.notes
    assert note.startswith("The weights of 20 of its layers are not those of the module that was exported")
    network = network_of(found.module, input_size=found.input_size, name="net")
    assert network.stages == network_of(module, input_size=found.input_size).stages
    trace = explorer.run(network, load_sample("chelsea"), "top")
    for layer in network.layers.values():
        if layer.kind in ("convolution", "dense"):
            opened = open_value(trace, layer.name, strongest(trace, layer.name))
            assert opened.agrees
            assert all(step.agrees for step in opened.steps)
    assert explorer.attribute(network, load_sample("chelsea")).values.shape == network.layer("layer4").size
