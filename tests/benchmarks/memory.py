"""Peak memory of this process after one pass, in MB: `python -m tests.benchmarks.memory bare|recorded NETWORK`."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path

import torch

import explorer
from explorer.pictures.samples import load_sample

VARIANTS = ("bare", "recorded")


def main(variant: str, name: str) -> None:
    """Both variants load the same network the same way; they differ in the pass alone."""
    image = load_sample("chelsea")
    network = explorer.load_network(name, "random")
    if variant == "recorded":
        trace = explorer.run(network, image, 0)
        assert trace.target == 0
    else:
        x = network.prepare(image).tensor.requires_grad_()
        output = torch.fx.GraphModule(network.graph.recorder, _without_recording(network))(x)
        output[0, 0].backward()
    print(peak_mb())


def peak_mb() -> float:
    """The most memory that this process has held. Where there is /proc it is read there: the other figure begins with
    the peak of the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _without_recording(network: explorer.Network) -> torch.fx.Graph:
    """The same graph, returning its output alone, so that nothing outlives its use."""
    graph = torch.fx.Graph()
    output = graph.graph_copy(network.graph.recorder.graph, {})
    graph.output(output[0])
    return graph


if __name__ == "__main__":
    main(*sys.argv[1:])
