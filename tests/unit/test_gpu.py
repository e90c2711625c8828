"""On a GPU of NVIDIA's, where there is one: the CPU's own numbers, and a sentence where there is no room."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import explorer
from explorer.errors import TooLarge
from explorer.pictures.samples import load_sample
from explorer.running.memory import VARIABLE
from explorer.trace import Trace

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU of NVIDIA's on this machine")


def recorded(name: str, where: str, monkeypatch: pytest.MonkeyPatch) -> Trace:
    monkeypatch.setenv(VARIABLE, where)
    weights = "pretrained" if name == "pocket_resnet" else "random"
    return explorer.run(explorer.load_network(name, weights), load_sample("chelsea"), "top")


@pytest.mark.parametrize("name", ["pocket_resnet", "resnet50", "densenet121", "mobilenet_v3_large"])
def test_every_layer_is_the_cpu_s(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = recorded(name, "cpu", monkeypatch), recorded(name, "cuda", monkeypatch)
    assert there.network.device.type == "cuda"
    assert not torch.backends.cudnn.allow_tf32
    for layer in here.network.layers:
        largest = max(1.0, float(np.abs(here[layer]).max()))
        assert np.abs(here[layer] - there[layer]).max() <= 1e-3 * largest, layer


def test_a_full_gpu_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "cuda")
    network = explorer.load_network("vgg16", "random")
    torch.cuda.empty_cache()
    held = torch.cuda.memory_allocated()
    total = torch.cuda.get_device_properties(network.device).total_memory
    torch.cuda.set_per_process_memory_fraction((held + (8 << 20)) / total)
    try:
        with pytest.raises(TooLarge, match="too little is free"):
            explorer.run(network, load_sample("chelsea"), "top")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
