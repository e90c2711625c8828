"""Atlases: how fast beside the bare network, how much memory, and whether the strongest are the strongest.

`python -m tests.benchmarks atlas` runs what takes minutes; `python -m tests.benchmarks.atlas memory NETWORK N` says
the peak of a process that makes an atlas of N pictures, and `... ray N` how fast N workers of Ray are, where it is
installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch

from explorer.atlas import Atlas, NetworkSource, make_atlas, making
from explorer.atlas.jobs import RANGES, Job
from explorer.atlas.making import _plan_of
from explorer.atlas.plan import Plan, Settings
from explorer.atlas.shard import Eye, Shard, find_ranges
from explorer.networks.network import Network
from explorer.networks.surgery import reading
from tests.benchmarks.memory import peak_mb
from tests.benchmarks.timing import ratio
from tests.drawn_folders import drawn_folder

FIVE = {
    "efficientnet_lite0": ("blocks.0", "blocks.1", "blocks.2", "blocks.4", "blocks.6"),
    "pocket_resnet": ("relu", "layer1", "layer2", "layer3", "layer4"),
}


class Here:
    """All jobs in this process, so that its peak is that of everything."""

    def __init__(self, plan: Plan, _: int) -> None:
        self._plan = plan

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def work(self, jobs: Iterable[Job], done: Callable[[Job], None]) -> None:
        """One after the other."""
        eye = Eye(self._plan)
        for job in jobs:
            job.work(eye)
            done(job)


def rate(name: str, folder: Path) -> None:
    """A shard with all statistics of five layers against reading the same pictures and passing them in the same
    batches through the bare network, in one thread."""
    torch.set_num_threads(1)
    source = NetworkSource(name)
    network = source.load()
    drawn_folder(folder / "pictures", 40)
    plan = _plan_of(source, network, [folder / "pictures"], folder, FIVE[name], Settings("bench"))
    plan = replace(plan, pictures=replace(plan.pictures, shard_size=120))  # as of 8,000 pictures and more
    eye = Eye(plan)
    find_ranges(eye, plan.work / RANGES)
    module = _bare(network)

    def bare() -> None:
        tensors = [network.prepare(entry.file.read()).tensor for entry in plan.pictures.shard(0)]
        with torch.inference_mode():
            for start in range(0, len(tensors), plan.n_batch):
                module(torch.cat(tensors[start : start + plan.n_batch]))

    def ours() -> None:
        shard = Shard(eye, 0, plan.work / RANGES)
        shard.work()
        shard.write()

    taken, milliseconds = ratio(ours, bare, 5, process_time)
    n = len(plan.pictures.shard(0))
    print(
        f"| {name} | {n / milliseconds * 1000:.1f} | {n / milliseconds / taken * 1000:.1f} | {1 / taken:.2f} | 0.85 |"
    )


def _bare(network: Network) -> Any:
    return reading(network.graph.recorder, []).module


def scan() -> None:
    """The strongest place of every channel of three layers, among 500 pictures, against a scan of all their maps."""
    name, layers = "pocket_resnet", ("relu", "layer2", "layer4")
    with tempfile.TemporaryDirectory() as place:
        folder = drawn_folder(Path(place) / "pictures", 167)
        source = NetworkSource(name)
        atlas = make_atlas(source, [folder], Path(place) / "atlas", layers, Settings("scan"), 2)
        network = source.load()
        wrong, n = _scan(atlas, network, sorted(folder.rglob("*.png")))
    print(
        f"\n{wrong} of {n} channels have other strongest pictures than a scan of {atlas.n_pictures} pictures (limit 0)"
    )


def _scan(atlas: Atlas, network: Network, paths: list[Path]) -> tuple[int, int]:
    import explorer

    k = atlas.manifest.n_patches
    largest: dict[str, list[Any]] = {layer: [] for layer in atlas.layers}
    for path in paths:
        trace = explorer.run(network, explorer.read_image(path))
        for layer in atlas.layers:
            largest[layer].append(trace[layer].max(axis=(1, 2)))
    wrong = n = 0
    for layer in atlas.layers:
        values = np.stack(largest[layer])
        for channel in range(values.shape[1]):
            expected = np.sort(values[:, channel])[::-1][:k]
            patches = atlas.patches(layer, channel)
            size = np.abs(values[:, channel]).max() + 1e-6
            found = [patch.value for patch in patches]
            own = [values[patch.picture, channel] for patch in patches]
            wrong += not (np.allclose(found, expected, atol=1e-4 * size) and np.allclose(own, found, atol=1e-4 * size))
            n += 1
    return wrong, n


def memory(name: str, n: int) -> None:
    """The peak of a process that makes an atlas of so many pictures, an archive in which a few are repeated."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        few = sorted(drawn_folder(Path(place) / "few", 34, side=48).rglob("*.png"))
        with tarfile.open(Path(place) / "many.tar", "w") as tar:
            for i in range(n):
                tar.add(few[i % len(few)], f"{few[i % len(few)].parent.name}/{i:07}.png")
                tar.members = []  # type: ignore[attr-defined]  # those that were added: tarfile would keep them
        shutil.rmtree(Path(place) / "few")
        making.Pool = Here  # type: ignore[attr-defined, misc, assignment]
        started = perf_counter()
        settings = Settings("memory", n_patches=3)
        make_atlas(NetworkSource(name), [Path(place) / "many.tar"], Path(place) / "atlas", (), settings)
        print(f"{peak_mb():.1f} {n / (perf_counter() - started):.1f}")


def ray(n_workers: int) -> None:
    """Pictures a second of so many actors, after they have begun."""
    times: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as place:
        folder = drawn_folder(Path(place) / "pictures", 140)
        source = NetworkSource("pocket_resnet")
        make_atlas(
            source, [folder], Path(place) / "atlas", (), Settings("ray"), n_workers, "ray",
            lambda done, _: times.append((done, perf_counter())),
        )  # fmt: skip
    shards = [one for one in times if one[0]]
    at = next(i for i, (done, _) in enumerate(shards) if done >= 32 * n_workers)
    end = next(one for one in shards if one[0] == shards[-1][0])
    print(f"{(end[0] - shards[at][0]) / (end[1] - shards[at][1]):.2f}")


def main() -> None:
    """What `make bench` runs."""
    print(
        "\n| network, five layers | bare pictures/s | with all statistics | ratio | limit |\n|---|---:|---:|---:|---:|"
    )
    for name in FIVE:
        with tempfile.TemporaryDirectory() as place:
            rate(name, Path(place))
    scan()
    print("\n| network | pictures | peak MB |\n|---|---:|---:|")
    for name, n in product(("lenet5", "efficientnet_lite0"), (1_000, 10_000)):
        command = [sys.executable, "-m", "tests.benchmarks.atlas", "memory", name, str(n)]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        print(f"| {name} | {n:,} | {found[0]} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "memory":
        memory(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "ray":
        ray(int(sys.argv[2]))
    elif sys.argv[1] == "scan":
        scan()
    else:
        with tempfile.TemporaryDirectory() as where:
            rate(sys.argv[1], Path(where))
