"""A whole pass, run the plain way, in which some operations return something else."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import fx

from explorer.networks.network import Network


class Replacing(fx.Interpreter):
    """A whole pass, one operation after another, in which some operations return something else."""

    def __init__(self, network: Network, replaced: Mapping[str, torch.Tensor]) -> None:
        super().__init__(network.graph.recorder)
        self.replaced = {network.graph.nodes[name].name: value for name, value in replaced.items()}

    def run_node(self, n: fx.Node) -> object:
        value = super().run_node(n)
        return self.replaced.get(n.name, value)


def whole_pass(
    network: Network, x: torch.Tensor, replaced: Mapping[str, torch.Tensor]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    output, values = Replacing(network, replaced).run(x.clone())
    return output, dict(zip(network.graph.nodes, values, strict=True))
