"""A path whose normalisations are worked into its convolutions: the same numbers and gradients, to rounding."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.networks.folding import folded
from explorer.networks.network import Network
from tests.tiny import ARCHITECTURES, tiny_network


class Normalised(nn.Module):
    """Convolutions with a normalisation behind them that may be folded, and three that may not."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = nn.Conv2d(3, 6, 3, padding=1)
        self.twice = nn.Conv2d(6, 6, 1, bias=False)
        self.seen = nn.Conv2d(6, 6, 3, padding="same", groups=2)
        self.norms = nn.ModuleList(nn.BatchNorm2d(6) for _ in range(5))
        self.of_the_batch = nn.BatchNorm2d(6, track_running_stats=False)
        self.fc = nn.Linear(6, 4)
        random = torch.Generator().manual_seed(3)
        for norm in self.norms:
            norm.running_mean.copy_(torch.randn(6, generator=random))
            norm.running_var.copy_(torch.rand(6, generator=random) + 0.1)
            norm.weight.data = torch.randn(6, generator=random)
            norm.bias.data = torch.randn(6, generator=random)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norms[0](self.plain(x)))
        x = F.relu(self.norms[1](self.twice(x)))
        x = F.relu(self.norms[2](self.twice(x)))
        seen = self.seen(x)
        x = self.norms[3](seen) + seen
        x = self.of_the_batch(self.norms[4](x))
        return self.fc(x.mean(dim=(2, 3)))


def gradients(network: Network, name: str, x: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The value of an operation, and the gradient of all of it at the picture, as it is and folded."""
    found = []
    for run in (lambda x: network.graph.up_to(name, x), folded(network.graph, name)):
        given = x.clone().requires_grad_()
        value = run(given)
        weights = torch.linspace(-1, 1, value.numel()).reshape(value.shape)
        (gradient,) = torch.autograd.grad((value * weights).sum(), given)
        found.append((value.detach(), gradient))
    return found


def alike(network: Network, name: str, x: torch.Tensor) -> None:
    (value, gradient), (other, its_gradient) = gradients(network, name, x)
    torch.testing.assert_close(other, value, rtol=0, atol=2e-5 * float(value.abs().max()))
    torch.testing.assert_close(its_gradient, gradient, rtol=0, atol=2e-4 * float(gradient.abs().max()))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_kind_of_network_gives_the_same_folded(name: str) -> None:
    network = tiny_network(ARCHITECTURES[name]())
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for layer in (next(iter(network.layers)), list(network.layers)[-1]):
        alike(network, layer, x)


def test_what_may_not_be_folded_stays() -> None:
    network = tiny_network(Normalised())
    x = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    for name in network.graph.nodes:
        alike(network, name, x)


def test_each_normalisation_of_a_shipped_network_is_gone_and_its_weights_are_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = explorer.load_network("pocket_resnet")
    before = {key: value.clone() for key, value in network.graph.recorder.state_dict().items()}
    x = network.preprocessing.scaled(torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0)))
    last = list(network.layers)[-1]
    alike(network, last, x)
    run, calls, usual = folded(network.graph, last), list[object](), torch.batch_norm

    def counted(*given: object) -> object:
        calls.append(given)
        return usual(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(torch, "batch_norm", counted)
    network.graph.up_to(last, x)
    assert len(calls) > 10
    calls.clear()
    run(x)
    assert not calls
    for key, value in network.graph.recorder.state_dict().items():
        assert torch.equal(value, before[key])
