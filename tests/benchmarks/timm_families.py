"""`python -m tests.benchmarks.timm_families [FAMILY ...]`: of each family of timm its smallest classifier, put through
all that the program does with a network. Prints the table in docs/timm.md; takes some minutes on one core.

For each: is it followed; does what is followed give what timm's own code gives, within 1e-5 of the largest number; is
there a layer for a class activation map, and are the numbers of the map finite; does one cell of every convolution,
drawn by chance, open to the value that was recorded.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explorer.attribution import class_activation_map
from explorer.convolution.opened import open_value
from explorer.loading.sources.timm import PREFIX, WHY_NOT, Architecture, architectures
from explorer.networks.network import Network, Weights
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.samples import load_sample
from explorer.trace import run
from tests.benchmarks.timm_tables import built, tracings

NEAR = 1e-5


@dataclass(frozen=True)
class Row:
    """What came of one family."""

    family: str
    network: str
    traced: str
    equal: str = ""
    cam: str = ""
    opened: str = ""
    remark: str = ""

    @property
    def is_whole(self) -> bool:
        return self.traced != "no" and "✗" not in f"{self.equal}{self.cam}{self.opened}"


def smallest() -> list[Architecture]:
    """The smallest network of each family that has a classifier; where none has, the smallest."""
    families: dict[str, list[Architecture]] = {}
    for row in architectures().values():
        families.setdefault(row.info.family, []).append(row)
    return [
        min([row for row in rows if row.n_logits] or rows, key=lambda row: row.info.n_parameters)
        for rows in families.values()
    ]


def row_of(chosen: Architecture) -> Row:
    """All that is asked of one network, whether the program opens it or not."""
    name, size = chosen.info.name.removeprefix(PREFIX), chosen.info.size
    x = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = _drawn(name)(x)
    module = _drawn(name)  # anew: code may keep what it met
    names = [f"class {i}" for i in range(chosen.n_logits)]
    try:
        network = Network(
            module, names, PhotoPreparation(size, size), name=name, weights=Weights("random", name),
            tracing=tracings((3, size, size))[chosen.wraps],
        )  # fmt: skip
        with torch.inference_mode():
            found, _ = network.graph.run(x)
    except Exception:  # the tracer raises almost anything
        return Row(chosen.info.family, name, "no", remark=WHY_NOT["code"])
    apart = float((found - expected).abs().max()) / (float(expected.abs().max()) or 1.0)
    return Row(
        chosen.info.family, name, "with timm's functions" if chosen.wraps else "yes",
        "✓" if apart <= NEAR else f"✗ {apart:.1e}", *_opened(network), WHY_NOT.get(chosen.why_not, ""),
    )  # fmt: skip


def _drawn(name: str) -> torch.nn.Module:
    """The network with weights drawn at random, those that begin as zeros among them: a last layer of zeros would give
    the same whatever came before."""
    torch.manual_seed(0)
    module = built(name, "cpu")
    for parameter in module.parameters():
        if parameter.ndim > 1 and not parameter.any():
            torch.nn.init.normal_(parameter, std=0.05)
    return module


def _opened(network: Network) -> tuple[str, str]:
    """What came of the map, and of the convolutions."""
    trace = run(network, load_sample("chelsea"), "top")
    cam = "none"
    if network.has_maps and network.categories:
        try:
            is_finite = bool(np.isfinite(class_activation_map(trace)).all())
            cam = f"{'✓' if is_finite else '✗'} {network.cam_layer}"
        except Exception as error:
            cam = f"✗ {type(error).__name__}"
    generator = np.random.default_rng(0)
    layers = [layer for layer in network.layers.values() if layer.kind == "convolution"]
    units = [(layer.name, tuple(int(generator.integers(n)) for n in layer.shape)) for layer in layers]
    n_right = sum(open_value(trace, name, unit).agrees for name, unit in units)
    return cam, f"{'✓' if n_right == len(layers) else '✗'} {n_right} of {len(layers)}"


def main(families: Sequence[str]) -> None:
    warnings.simplefilter("ignore")
    os.nice(10)
    rows: list[Row] = []
    print("| family | its smallest | traced | equal | map at | convolutions | remark |\n|---|---|---|---|---|---|---|")
    for chosen in smallest():
        if families and chosen.info.family not in families:
            continue
        row = row_of(chosen)
        rows.append(row)
        remark = next((key for key, text in WHY_NOT.items() if text == row.remark), "")
        said = f"not opened: {remark}" if remark else ""
        cells = row.family, row.network, row.traced, row.equal, row.cam, row.opened, said
        print(f"| {' | '.join(cells)} |", flush=True)
    opened = [row for row in rows if not row.remark]
    print(
        f"\n{sum(row.traced != 'no' for row in rows)} of {len(rows)} families are traced, "
        f"{sum(row.equal == '✓' for row in rows)} give what their own code gives; "
        f"{sum(row.is_whole for row in opened)} of {len(opened)} that are opened pass the whole row."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
