"""Layer-wise relevance propagation by zennit, whose rules are hooks: `python -m tests.benchmarks.relevance`.

The weights, picture, class and start (the logit) are the same on both sides. zennit 0.5.1 merges a batch norm into the
convolution before it and leaves the norm's own epsilon, so that what it calls the identity divides by sqrt(1 + 1e-5) at
each: its network is not quite the one that it was given. The column "as it is" says what that comes to; for the other
one the epsilon is put into the running variance beforehand.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from time import perf_counter

import numpy as np
import torch

import explorer
from explorer.attribution import explain
from explorer.networks.preparation import Preparation
from explorer.pictures.samples import load_sample
from explorer.trace import FloatArray
from tests.reference.plain import plain_model, without_overwriting

NETWORKS = ("vgg11", "resnet18")
COMPOSITES = ("epsilon-gamma-box", "epsilon-plus", "epsilon-alpha2-beta1")
TARGET = 281
LIMIT = 1e-4  # of the largest relevance


def relevance(networks: Sequence[str] = NETWORKS) -> None:
    """By how much our relevance differs from zennit's, in its largest; and the seconds of both."""
    print("\n| network | composite | difference | limit | zennit as it is | ours s | zennit s |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for name in networks:
        network, image = explorer.load_network(name, "random"), load_sample("chelsea")
        trace = explorer.run(network, image, TARGET)
        for composite in COMPOSITES:
            started = perf_counter()
            found = explain(trace, "lrp", composite=composite)
            seconds = perf_counter() - started
            assert found.pixels is not None
            theirs = functools.partial(_zennit, network.preprocessing, composite, trace.prepared.tensor)
            started = perf_counter()
            as_it_is = theirs(plain_model(network))
            their_seconds = perf_counter() - started
            exact = theirs(_without_epsilon(plain_model(network)))
            differences = [np.abs(found.pixels - other).max() / np.abs(other).max() for other in (exact, as_it_is)]
            print(
                f"| {name} | {composite} | {differences[0]:.1e} | {LIMIT:.0e} | {differences[1]:.1e} | {seconds:.1f} "
                f"| {their_seconds:.1f} |", flush=True,
            )  # fmt: skip


def _without_epsilon(model: torch.nn.Module) -> torch.nn.Module:
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d) and module.running_var is not None:
            module.running_var = module.running_var + module.eps
            module.eps = 0.0
    return model


def _zennit(preparation: Preparation, composite: str, x: torch.Tensor, model: torch.nn.Module) -> FloatArray:
    from zennit import composites, torchvision
    from zennit.attribution import Gradient

    is_vgg = "VGG" in type(model).__name__
    canonizers = [torchvision.VGGCanonizer() if is_vgg else torchvision.ResNetCanonizer()]
    low, high = (preparation.scaled(torch.full((1, x.shape[1], 1, 1), end)) for end in (0.0, 1.0))
    rules = {
        "epsilon-gamma-box": lambda: composites.EpsilonGammaBox(low=low, high=high, canonizers=canonizers),
        "epsilon-plus": lambda: composites.EpsilonPlus(canonizers=canonizers),
        "epsilon-alpha2-beta1": lambda: composites.EpsilonAlpha2Beta1(canonizers=canonizers),
    }[composite]()

    def start(output: torch.Tensor) -> torch.Tensor:
        return output * torch.eye(output.shape[1])[[TARGET]]

    with Gradient(model=without_overwriting(model), composite=rules) as attributor:
        _, found = attributor(x.clone().requires_grad_(), start)
    return found[0].detach().numpy()


if __name__ == "__main__":
    relevance()
