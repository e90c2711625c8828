"""Networks with every kind of pooling, and with another one put in its place: run the plain way, one whole pass,
operation by operation."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import fx, nn

from explorer.networks.network import Network
from explorer.pooling.kinds import pool_batch
from explorer.pooling.layers import pooling_of
from explorer.trace import FloatArray, Trace


class Exchanging(fx.Interpreter):
    """A whole pass, one operation after another, in which one value is made in another way."""

    def __init__(self, network: Network, replaced: dict[str, Callable[[torch.Tensor], torch.Tensor]]) -> None:
        super().__init__(network.graph.recorder)
        self.replaced = {network.graph.nodes[name].name: make for name, make in replaced.items()}

    def run_node(self, n: fx.Node) -> object:
        if n.name not in self.replaced:
            return super().run_node(n)
        return self.replaced[n.name](self.env[n.all_input_nodes[0]])  # type: ignore[arg-type]


def whole_pass(network: Network, x: torch.Tensor, layers: tuple[str, ...], kind: str) -> tuple[FloatArray, FloatArray]:
    def make(layer: str) -> Callable[[torch.Tensor], torch.Tensor]:
        pooling = pooling_of(network, layer)
        assert pooling.regular is not None
        window, shape = pooling.regular, network.layers[layer].shape
        return lambda value: pool_batch(value, kind, window, pooling.is_ceil).reshape(len(value), *shape)

    with torch.inference_mode():
        output, values = Exchanging(network, {layer: make(layer) for layer in layers}).run(x.clone())
    return output[0].numpy(), dict(zip(network.graph.nodes, values, strict=True))[layers[0]][0].numpy()


POOLINGS: dict[str, Callable[[], nn.Module]] = {
    "max": lambda: nn.MaxPool2d(3, 2, 1),
    "max, not square": lambda: nn.MaxPool2d((2, 3), (3, 1), (0, 1)),
    "max, rounded up": lambda: nn.MaxPool2d(3, 2, ceil_mode=True),
    "max, rounded up and padded": lambda: nn.MaxPool2d(4, 3, 2, ceil_mode=True),
    "max with gaps": lambda: nn.MaxPool2d(3, 2, 1, dilation=2),
    "average": lambda: nn.AvgPool2d(2),
    "average, padded": lambda: nn.AvgPool2d(3, 2, 1),
    "average, padding does not count": lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    "average, rounded up": lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True),
    "average, rounded up, far over the edge": lambda: nn.AvgPool2d(5, 4, 2, ceil_mode=True),
    "average, divided by seven": lambda: nn.AvgPool2d(3, 2, divisor_override=7),
    "adaptive": lambda: nn.AdaptiveAvgPool2d(7),
    "adaptive, not square": lambda: nn.AdaptiveAvgPool2d((3, 8)),
    "global": lambda: nn.AdaptiveAvgPool2d(1),
}


def units(trace: Trace, layer: str) -> list[tuple[int, int, int]]:
    pooling = pooling_of(trace.network, layer)
    return list(itertools.product(range(pooling.n_channels), range(pooling.after[0]), range(pooling.after[1])))
