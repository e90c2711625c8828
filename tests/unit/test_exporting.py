"""Modules whose code tracing cannot follow."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.networks.exporting import exported
from explorer.networks.graph import trace_module
from explorer.networks.tracing import Tracing
from tests.tiny import noise_image

SIZE = (3, 32, 32)


class Block(nn.Module):
    """A residual block that overwrites, by a module and by a function."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn(self.conv(x)))
        y += x
        return F.relu_(y)


class Winding(nn.Module):
    """Everything that a tracer of symbols stumbles over: it counts axes, asks for kinds, keeps what it made in a dict,
    and turns by the size of its maps."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 8, 3, 2)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.pool, self.drop, self.fc = nn.AdaptiveAvgPool2d(1), nn.Dropout(), nn.Linear(8, 4)
        self.scale = nn.Parameter(torch.rand(8, 1, 1))
        self.register_buffer("shift", torch.rand(1))
        for block in self.blocks:
            assert isinstance(block, Block)
            nn.init.uniform_(block.bn.running_mean)
            nn.init.uniform_(block.bn.running_var, 0.5, 2)

    def forward(self, x: torch.Tensor) -> Any:
        for _ in range(len(x.shape) - 3):
            x = x * 2
        kept = {"stem": self.stem(x)}
        x = kept["stem"] if x.is_floating_point() else x
        for block in self.blocks:
            if x.shape[-1] > 4:
                x = block(x)
        pooled = F.avg_pool2d(F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 1), 3, 1, 1)
        left, right = torch.cat([x * self.scale + self.shift, pooled], 1).chunk(2, 1)
        return self.fc(self.drop(torch.flatten(self.pool(F.gelu(left) + F.silu(right)), 1)))


@pytest.mark.slow
def test_what_is_recorded_is_what_its_own_code_computes() -> None:
    module = Winding().eval()
    network = explorer.network_of(module, input_size=SIZE)
    assert network.notes[-1] == (
        "Winding is recorded as it went for noise: where its code decides by values, the other way is left out"
    )
    trace = explorer.run(network, noise_image(), "top")
    with torch.no_grad():
        assert np.allclose(trace.logits, module(trace.prepared.tensor)[0], atol=1e-5)
        x = module.stem(trace.prepared.tensor * 2)
        block = copy.deepcopy(module.blocks[0])
        y = F.relu(block.bn(block.conv(x)))
    assert np.allclose(trace["blocks.0.relu"], y[0], atol=1e-5)  # before anything was added to it
    assert np.allclose(trace["blocks.0.add"], (y + x)[0], atol=1e-5)  # and before it was clipped
    kinds = {name: layer.kind for name, layer in network.layers.items()}
    assert [kinds[f"blocks.1.{name}"] for name in ("conv", "bn", "relu", "add")] == [
        "convolution", "batch norm", "ReLU", "addition",
    ]  # fmt: skip
    assert {"max pooling", "average pooling", "padding", "concatenation", "GELU", "SiLU", "dense"} <= {*kinds.values()}
    assert network.layer("blocks.1.conv").window is not None
    assert explorer.attribute(network, noise_image(), "occlusion", 0).values.shape == (32, 32)  # many at once


@pytest.mark.slow
def test_any_number_of_pictures_may_follow() -> None:
    module = Winding().eval()
    graph = trace_module(module, Tracing(input_size=SIZE, exports=True))
    for n in (1, 2, 5):
        x = torch.randn(n, *SIZE)
        with torch.no_grad():
            assert torch.allclose(graph.run(x)[0], module(x), atol=1e-5)


@pytest.mark.slow
def test_each_operation_has_a_name_of_its_own() -> None:
    graph, names = exported(Winding().eval(), SIZE)
    calls = [node for node in graph.nodes if node.op.startswith("call_")]
    assert {*names} == {*calls}
    assert len({*names.values()}) == len(calls)


def test_a_function_that_overwrites_is_followed_by_one_that_does_not() -> None:
    class Clipped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> Any:
            y = self.conv(x)
            z = F.relu_(y)
            return self.fc((y + z).mean((2, 3)))  # what was overwritten is read again

    module = Clipped().eval()
    trace = explorer.run(explorer.network_of(module, input_size=SIZE), noise_image())
    assert trace["conv"].min() < 0
    assert trace["relu_"].min() == 0
    with torch.no_grad():
        assert np.allclose(trace.logits, module(trace.prepared.tensor)[0], atol=1e-5)
