"""Many visitors at once: nobody gets another's numbers, while networks come and go."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

import explorer
from explorer.networks.network import Network
from explorer.trace import Trace
from tests.tiny import noise_image

N_THREADS = 8
PICTURES = [noise_image(seed=seed) for seed in range(N_THREADS)]


def everything(trace: Trace) -> list[np.ndarray]:
    arrays = [trace.logits, trace.probabilities, *(trace[layer] for layer in trace.network.layers)]
    return arrays if trace.target is None else arrays + [trace.gradient(layer) for layer in trace.network.layers]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["squeezenet1_1", "pocket_resnet"])
def test_eight_threads_get_what_one_gets_while_networks_are_loaded(name: str) -> None:
    network = explorer.load_network(name, "random")
    targets = [i if i % 2 else None for i in range(N_THREADS)]
    alone = [explorer.run(network, picture, target) for picture, target in zip(PICTURES, targets, strict=True)]
    expected_weights = next(iter(network.graph.recorder.state_dict().values())).clone()
    start, done, loaded = threading.Barrier(N_THREADS + 1, timeout=60), threading.Event(), list[Network]()

    def load() -> None:
        start.wait()
        while not done.is_set() or not loaded:
            loaded.append(explorer.load_network(name, "random"))
            del loaded[:-3]

    def look(i: int) -> list[Trace]:
        start.wait()
        return [explorer.run(network, PICTURES[i], targets[i]) for _ in range(2)]

    with ThreadPoolExecutor(N_THREADS + 1) as pool:
        loader = pool.submit(load)
        try:
            found = [future.result(timeout=120) for future in [pool.submit(look, i) for i in range(N_THREADS)]]
        finally:
            done.set()
        loader.result(timeout=120)

    for reference, traces in zip(alone, found, strict=True):
        for trace in traces:
            assert trace.target == reference.target
            for ours, theirs in zip(everything(trace), everything(reference), strict=True):
                assert np.array_equal(ours, theirs)
    assert len({trace.logits.tobytes() for trace in alone}) == N_THREADS
    # drawing random weights in between was not disturbed either
    for other in loaded:
        assert torch.equal(next(iter(other.graph.recorder.state_dict().values())), expected_weights)
        assert np.array_equal(explorer.run(other, PICTURES[0]).logits, alone[0].logits)


def test_loading_random_weights_leaves_the_process_random_state_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    explorer.load_network("pocket_resnet", "random", seed=1)
    assert torch.equal(torch.rand(3), expected)


def test_a_run_leaves_gradient_recording_as_it_was(tiny: Network) -> None:
    explorer.run(tiny, PICTURES[0], 1)
    explorer.run(tiny, PICTURES[0])
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    with torch.no_grad():  # not even where a caller has switched it off
        assert explorer.run(tiny, PICTURES[0], 1).gradient("conv1").any()
