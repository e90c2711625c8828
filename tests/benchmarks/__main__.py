"""How fast and how small: `python -m tests.benchmarks`.

Everything is a ratio against the bare network in the same run, the two taking turns, since absolute times drift on a
shared machine; only what a person waits for in the browser is in seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from time import perf_counter
from typing import cast

import numpy as np
import torch

import explorer
from explorer.attribution import class_activation_map
from explorer.classifier.figures import waterfall
from explorer.classifier.logits import ledger, readings
from explorer.convolution.opened import open_value, strongest
from explorer.drawing.color import scale_of
from explorer.drawing.picture import mosaic
from explorer.interventions import sweep, switch
from explorer.networks.preparation import Preparation
from explorer.networks.vision import torchvision
from explorer.pictures.samples import load_sample
from tests.benchmarks import atlas, borders, classroom, occlusion
from tests.benchmarks.hooks import hooked_maps, is_wrong
from tests.benchmarks.memory import VARIANTS
from tests.benchmarks.page import CHANGES, changes, launch, page_changes
from tests.benchmarks.peers import peers
from tests.benchmarks.relevance import relevance
from tests.benchmarks.synthesis import synthesis
from tests.benchmarks.timing import N_ROUNDS, ratio
from tests.reference.plain import plain_model

NETWORKS = ("resnet50", "vgg16", "densenet121", "mobilenet_v3_large")
N_AT_ONCE = 64
FOUR_METHODS = ("grad_cam", "hires_cam", "layer_cam", "xgrad_cam")


def passes() -> None:
    """One recorded pass against the bare network, frozen and in channels_last like ours. The picture is prepared
    before: on both sides that would take a sixth of the pass of a small network."""
    print("\n| network | layers | bare ms | forward | every layer: Grad-CAM | four methods | limits |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for name in NETWORKS:
        print(_passes_of(name), flush=True)


def _passes_of(name: str) -> str:
    image = load_sample("chelsea")
    network = explorer.load_network(name, "random")
    module = torchvision.models.get_model(name).eval().requires_grad_(False).to(memory_format=torch.channels_last)
    spatial = [layer.name for layer in network.layers.values() if layer.is_spatial]
    prepared = network.prepare(image)
    network = network.with_preparation(cast(Preparation, lambda _: prepared), "already")

    def bare_forward() -> None:
        with torch.inference_mode():
            module(prepared.tensor)

    def bare_backward() -> None:
        x = prepared.tensor.clone().requires_grad_()
        module(x)[0, 0].backward()

    def cams(*methods: str) -> None:
        trace = explorer.run(network, image, 0)
        for layer in spatial:
            for method in methods:
                class_activation_map(trace, method, layer)

    forward, bare = ratio(lambda: explorer.run(network, image), bare_forward)
    one, _ = ratio(lambda: cams("grad_cam"), bare_backward)
    four, _ = ratio(lambda: cams(*FOUR_METHODS), bare_backward)
    forward_limit = {"resnet50": 1.1, "vgg16": 1.06, "densenet121": 1.12, "mobilenet_v3_large": 1.15}[name]
    limits = f"{forward_limit}, " + ("1.3, 2.1" if len(network.layers) > 100 else "1.15, 1.5")
    return f"| {name} | {len(network.layers)} | {bare:.0f} | {forward:.2f} | {one:.2f} | {four:.2f} | {limits} |"


def truth() -> None:
    """Grad-CAM at every module with maps, ours and that of plain hooks, against hooks behind which nothing is
    overwritten. A map is wrong where it is off by more than 1e-4 of the terms that were added up."""
    print("\n| network | maps | wrong, ours | wrong, plain hooks | limit |")
    print("|---|---:|---:|---:|---|")
    for name in NETWORKS:
        network = explorer.load_network(name, "random")
        trace = explorer.run(network, load_sample("chelsea"), 0)
        true = hooked_maps(plain_model(network), trace.prepared.tensor, protect=True)
        hooked = hooked_maps(plain_model(network), trace.prepared.tensor, protect=False)
        names = [layer for layer in true if layer in network.layers and network.layers[layer].is_spatial]
        ours = {layer: (class_activation_map(trace, layer=layer), 0.0) for layer in names}
        n_wrong = [sum(is_wrong(maps[n][0], true[n]) for n in names) for maps in (ours, hooked)]
        print(f"| {name} | {len(names)} | {n_wrong[0]} | {n_wrong[1]} | 0 |", flush=True)


def memory() -> None:
    """Peak memory of a process that makes one pass, each in a process of its own."""
    print("\n| network | bare forward and backward MB | recorded MB | ratio | limit |")
    print("|---|---:|---:|---:|---|")
    for name in NETWORKS:
        peaks = []
        for variant in VARIANTS:
            command = [sys.executable, "-m", "tests.benchmarks.memory", variant, name]
            peaks.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        bare, recorded = peaks
        print(f"| {name} | {bare:.0f} | {recorded:.0f} | {recorded / bare:.2f} | 1.4 |", flush=True)


def switches() -> None:
    """Channels of resnet50's layer3 switched off: one change against a whole pass, and all 1024 in turn against the
    bare layers behind, in batches of the same size."""
    image = load_sample("chelsea")
    network = explorer.load_network("resnet50", "random")
    module = torchvision.models.get_model("resnet50").eval().requires_grad_(False).to(memory_format=torch.channels_last)
    behind = torch.nn.Sequential(module.layer4, module.avgpool, torch.nn.Flatten(), module.fc)
    plain, explained = explorer.run(network, image), explorer.run(network, image, 0)
    maps = plain.activations["layer3.5.relu_2"].repeat(N_AT_ONCE, 1, 1, 1)

    def bare_forward() -> None:
        with torch.inference_mode():
            module(plain.prepared.tensor)

    def bare_batches() -> None:
        with torch.inference_mode():
            for _ in range(1024 // N_AT_ONCE):
                behind(maps)

    one, _ = ratio(lambda: switch(plain, "layer3", {7: 0.0}), bare_forward)
    with_gradients, _ = ratio(lambda: switch(explained, "layer3", {7: 0.0}), bare_forward)
    all_of_them, _ = ratio(lambda: sweep(plain, "layer3"), bare_batches, n_rounds=3)
    print("\n| resnet50, layer3 | ratio | limit |\n|---|---:|---|")
    print(f"| one switch / a forward pass | {one:.2f} | 0.6 |")
    print(f"| one switch with gradients / a forward pass | {with_gradients:.2f} | 0.6 |")
    print(f"| sweep / bare batches of the layers behind | {all_of_them:.2f} | 1.3 |")


def pictures() -> None:
    """Maps of 14 x 14 values to one PNG."""
    maps = list(np.random.default_rng(0).standard_normal((512, 14, 14)).astype(np.float32))
    scale = scale_of(np.stack(maps))
    print("\n| mosaic | ms | KiB | limits |\n|---|---:|---:|---|")
    for n, limits in ((64, "25, 500"), (512, "25")):
        times = []
        for _ in range(N_ROUNDS):
            started = perf_counter()
            png, _ = mosaic(maps[:n], [scale] * n, 8)
            times.append(1000 * (perf_counter() - started))
        print(f"| {n} maps | {statistics.median(times):.1f} | {len(png) / 1024:.0f} | {limits} |", flush=True)


def sums() -> None:
    """One value opened in every layer that adds up products, and the ledger of a logit with 2048 terms."""
    print("\n| network | values opened | median ms | worst ms | limit |")
    print("|---|---:|---:|---:|---|")
    for name in NETWORKS:
        trace = explorer.run(explorer.load_network(name, "random"), load_sample("chelsea"))
        layers = [layer for layer in trace.network.layers.values() if layer.kind in ("convolution", "dense")]
        times = []
        for layer in layers:
            unit = strongest(trace, layer.name)
            started = perf_counter()
            open_value(trace, layer.name, unit)
            times.append(1000 * (perf_counter() - started))
        print(f"| {name} | {len(times)} | {statistics.median(times):.2f} | {max(times):.1f} | 50 |", flush=True)
    trace = explorer.run(explorer.load_network("resnet50", "random"), load_sample("chelsea"), "top")
    times = []
    for target in range(N_ROUNDS):
        started = perf_counter()
        waterfall(ledger(trace, readings(trace.network)[0], target), 20, trace["layer4"])
        times.append(1000 * (perf_counter() - started))
    print(f"\nLedger and waterfall of 2048 channels: {statistics.median(times):.1f} ms (limit 100)")


def browser() -> None:
    """From a press to its picture, and from the start of the server to a whole page."""
    print("\n| page | what changes | network | p50 ms | p95 ms | limits |")
    print("|---|---|---|---:|---:|---|")
    for change in CHANGES:
        for network, layer in (("pocket_resnet", "layer1"), ("resnet50", "layer1.0.conv2"), ("vgg16", "features.7")):
            times = sorted(changes(change, f"network={network}&weights=Untrained&layer={layer}", 40))
            p50, p95 = times[len(times) // 2], times[int(0.95 * len(times))]
            print(f"| {change.page} | {change.seen[0]} | {network} | {p50:.0f} | {p95:.0f} | 100, 200 |", flush=True)
    print("\n| to the page | ms, median |\n|---|---:|")
    for name, taken in page_changes("network=pocket_resnet", 5).items():
        print(f"| {name} | {statistics.median(taken):.0f} |", flush=True)
    cold, following = launch()
    print("\n| seconds to | first view | menu | band | whole page | limit |\n|---|---|---|---|---|---|")
    for name, found, limit in (("first visitor, from the start", cold, 5), ("next visitor", following, 1.5)):
        first = f"{found.first:.1f} | {found.menu:.1f}"
        print(f"| {name} | {first} | {found.band:.1f} | {found.whole:.1f} | {limit} |")


BENCHMARKS = {
    "passes": passes, "truth": truth, "memory": memory, "switches": switches, "pictures": pictures, "sums": sums,
    "browser": browser, "classroom": classroom.main, "peers": peers, "relevance": relevance,
    "occlusion": occlusion.main, "borders": borders.main, "atlas": atlas.main, "synthesis": synthesis,
}  # fmt: skip


def main(names: list[str]) -> None:
    """Run those named, or all of them."""
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, load {os.getloadavg()[0]:.1f} at the start")
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
