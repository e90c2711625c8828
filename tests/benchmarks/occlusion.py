"""Occlusion against captum's, which runs a whole pass for each patch: `python -m tests.benchmarks.occlusion [NETWORK]`.

Both cover 13 x 13 patches of 32 x 32 pixels. Captum has the model that suits it best, and the better of two sizes of
batches; all take turns.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from time import perf_counter

import torch

import explorer
from explorer.pictures.samples import load_sample
from tests.reference.plain import plain_model

PATCH, STRIDE, N_PATCHES = 32, 16, 169
N_ROUNDS = 2
LIMITS = {
    "vgg16": "0.25", "resnet50": "0.48", "mobilenet_v2": "0.48", "mobilenet_v3_large": "0.53", "densenet121": "-",
    "efficientnet_lite0": "-",
}  # fmt: skip


def main(networks: Sequence[str] = ()) -> None:
    """A row for each network."""
    print("\n| network | ours s | captum s, 1 at once | 8 at once | ours / the better | limit |")
    print("|---|---:|---:|---:|---:|---|")
    for name in networks or LIMITS:
        print(_row(name), flush=True)


def _row(name: str) -> str:
    from captum.attr import Occlusion

    image = load_sample("chelsea")
    network = explorer.load_network(name, "random")
    model = plain_model(network).requires_grad_(False).to(memory_format=torch.channels_last)
    x = network.prepare(image).tensor

    def ours() -> None:
        found = explorer.attribute(network, image, "occlusion", 0, patch=PATCH, stride=STRIDE)
        assert found.evaluations == 1 + N_PATCHES

    def theirs(n_at_once: int) -> Callable[[], object]:
        shapes = {"sliding_window_shapes": (3, PATCH, PATCH), "strides": (3, STRIDE, STRIDE)}
        return lambda: Occlusion(model).attribute(x, target=0, perturbations_per_eval=n_at_once, **shapes)

    ways = [ours, theirs(1), theirs(8)]
    with torch.no_grad():
        for _ in range(3):
            model(x)
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(N_ROUNDS):
        for way, found in zip(ways, seconds, strict=True):
            started = perf_counter()
            way()
            found.append(perf_counter() - started)
    own, *peers = [statistics.median(found) for found in seconds]
    columns = [f"{value:.2f}" for value in (own, *peers, own / min(peers))]
    return f"| {name} | {' | '.join(columns)} | {LIMITS[name]} |"


if __name__ == "__main__":
    main(sys.argv[1:])
