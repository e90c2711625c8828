"""How long each layer takes on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import fx

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
    plain, copies = fx.Graph(), dict[fx.Node, fx.Node]()
    result: Any = plain.graph_copy(network.graph.recorder.graph, copies)
    plain.output(result[0])  # without the list of all values
    names = {copies[node].name: name for name, node in network.graph.nodes.items()}
    x = network.prepare(image).tensor.to(network.device)
    clock = _Clock(fx.GraphModule(network.graph.recorder, plain), len(plain.nodes) * (N_PASSES + 1), progress)
    passes = []
    for _ in range(N_PASSES + 1):
        clock.seconds = {}
        with work(f"A pass of {network.info.title}"), torch.inference_mode():
            clock.run(x)
        passes.append(clock.seconds)
    taken = {name: statistics.median(one[node] for one in passes[1:]) for node, name in names.items()}
    return MappingProxyType({name: taken[name] for name in network.layers})


class _Clock(fx.Interpreter):
    """Steps through a graph and keeps the seconds of each node by its name."""

    def __init__(self, module: fx.GraphModule, n_steps: int, progress: Progress | None) -> None:
        super().__init__(module)
        self.seconds: dict[str, float] = {}
        self._n_steps, self._progress = n_steps, progress
        self._done, self._told = 0, 0.0

    def run_node(self, n: fx.Node) -> Any:
        started = time.perf_counter()
        value = super().run_node(n)
        if isinstance(value, torch.Tensor) and value.device.type != "cpu":
            torch.accelerator.synchronize(value.device)  # a GPU returns before it has finished
        self.seconds[n.name] = time.perf_counter() - started
        self._done += 1
        share = self._done / self._n_steps
        if self._progress is not None and (share >= self._told + 0.02 or share == 1):  # seldom: telling takes time too
            self._told = share
            self._progress(self._done, self._n_steps)
        return value
