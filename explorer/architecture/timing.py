"""How long each layer takes on this machine."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from types import MappingProxyType

import torch

from ..networks.network import Network
from ..pictures.image import ImageInput
from ..running.lock import work
from ..running.progress import Progress

N_PASSES = 3


def profile(network: Network, image: ImageInput, progress: Progress | None = None) -> Mapping[str, float]:
    """How many seconds each layer takes on this machine, now: the median of N_PASSES passes after one to warm up.

    The graph is executed operation by operation, and what no operation needs any more is let go, as in a pass that
    nobody records. Nothing else runs meanwhile. `progress` is told how many operations of how many are done; what it
    raises cancels.
    """
    x = network.prepare(image).tensor.to(network.device)
    told, passes = 0.0, list[dict[str, float]]()

    def further(done: int, total: int | None) -> None:
        nonlocal told
        assert total is not None  # a graph knows its steps
        done, total = len(passes) * total + done, (N_PASSES + 1) * total
        share = done / total
        if progress is not None and (share >= told + 0.02 or share == 1):  # seldom: telling takes time too
            told = share
            progress(done, total)

    for _ in range(N_PASSES + 1):
        with work(f"A pass of {network.title}"), torch.inference_mode():
            passes.append(network.graph.timed(x, further))
    return MappingProxyType({name: statistics.median(one[name] for one in passes[1:]) for name in network.layers})
