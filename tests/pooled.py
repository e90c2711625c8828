"""Networks with another pooling in them, run the plain way: one whole pass, operation by operation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import fx

from explorer.networks.network import Network
from explorer.pooling.kinds import pool_batch
from explorer.pooling.layers import pooling_of
from explorer.trace import FloatArray


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
