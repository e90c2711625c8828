"""`python -m tests.benchmarks.timm_tables`: the tables of timm's networks that the program brings along.

Every architecture is built without memory (on torch's `meta` device), traced as the program traces it, and run once on
the shape of a picture: that gives its sizes, and whether it has kernels that slide over maps. Takes a quarter of an
hour on two cores. What timm knows of its weights is written down beside.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch.utils.flop_counter import FlopCounterMode

from explorer.loading.sources.timm import SCALES, VERSION
from explorer.networks.graph import Graph, trace_module
from explorer.networks.kinds import kind_of
from explorer.networks.layers import Layer, describe
from explorer.networks.tracing import Tracing
from explorer.networks.vision import torchvision  # noqa: F401  # before timm imports it
from explorer.places import assets

import timm  # isort: skip
from timm.layers import get_notrace_functions  # isort: skip
from timm.layers.padding import pad_same  # isort: skip
from timm.models import _registry as registry  # isort: skip

NETWORKS, WEIGHTS = (
    ("name", "family", "size", "n_parameters", "n_multiply_adds", "n_values", "n_logits", "head", "wraps", "why_not"),
    (
        "network",
        "tag",
        "owner",
        "licence",
        "n_logits",
        "n_more",
        "size",
        "crop_pct",
        "crop_mode",
        "interpolation",
        "scale",
    ),
)
ATTENTION = {"attention", "matrix product", "softmax"}


def tracings(size: tuple[int, int, int]) -> tuple[Tracing, Tracing]:
    """As plainly as can be; then with timm's own functions as one operation each."""
    return Tracing((pad_same,), size), Tracing((pad_same, *get_notrace_functions()), size)


def traced(name: str, device: str = "meta") -> tuple[torch.nn.Module, Graph, bool]:
    """The module, its graph, and whether functions had to be wrapped. Raises what the tracer raises."""
    plain, wrapping = tracings(timm.get_pretrained_cfg(name).input_size)
    try:
        module = built(name, device)
        return module, trace_module(module, plain), False
    except Exception:  # the tracer raises almost anything
        module = built(name, device)  # anew: code may keep what it met while it was followed
        return module, trace_module(module, wrapping), True


def built(name: str, device: str) -> torch.nn.Module:
    with torch.device(device):
        return timm.create_model(name).eval().requires_grad_(False)


def is_of_stem(name: str) -> bool:
    """Whether a layer only cuts the picture into patches, or makes the first maps of it."""
    return "stem" in name or ("patch_embed" in name and "backbone.stages" not in name)


def sliding(layers: Mapping[str, Layer]) -> list[Layer]:
    """The convolutions behind the stem whose kernels overlap as they slide over maps."""
    found = [layer for layer in layers.values() if layer.kind == "convolution" and layer.has_places]
    return [
        layer
        for layer in found[1:]
        if layer.window and max(layer.window.kernel) > 1 and layer.window.stride != layer.window.kernel
        and not is_of_stem(layer.name)
    ]  # fmt: skip


def row_of(name: str) -> dict[str, object]:
    """The row of the first table."""
    warnings.simplefilter("ignore")
    known: Any = timm.get_pretrained_cfg(name)
    row: dict[str, object] = dict.fromkeys(NETWORKS, 0) | {
        "name": name, "family": registry._model_to_module[name], "size": known.input_size[1],
        "n_logits": known.num_classes, "head": "", "why_not": "",
    }  # fmt: skip
    try:
        module, graph, wraps = traced(name)
        with mock.patch("torch.equal", lambda a, b: a.shape == b.shape), FlopCounterMode(display=False) as counter:
            layers, _ = describe(graph, 3, known.input_size[1], torch.device("meta"), name)
    except Exception as error:
        module = built(name, "meta")
        print(f"{name}: {type(error).__name__}: {str(error)[:80]!r}", file=sys.stderr)
        return row | {"n_parameters": n_parameters(module), "why_not": "code"}
    mixes = ATTENTION & {kind_of(graph.operation(name)).name for name in graph.nodes}
    first = known.classifier if isinstance(known.classifier, str) else next(iter(known.classifier or ()), "")
    return row | {
        "n_parameters": n_parameters(module),
        "n_multiply_adds": counter.get_total_flops() // 2,
        "n_values": sum(torch.Size(layer.shape).numel() for layer in layers.values()),
        "head": first if f"{first}.weight" in module.state_dict() and known.num_classes else "",
        "wraps": int(wraps),
        "why_not": "" if sliding(layers) else "attention" if mixes else "patches",
    }


def n_parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def weight_rows(rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, object]]:
    """The rows of the second table: the sets of networks that are opened, as they lie on the hub under timm's names."""
    names = {scale: name for name, scale in SCALES.items()}
    for row in rows:
        if row["why_not"]:
            continue
        per_logit = 0
        if row["head"]:
            per_logit = int(built(row["name"], "meta").get_parameter(f"{row['head']}.weight")[0].numel()) + 1
        sets: Any = registry._model_default_cfgs[row["name"]]
        for tag in sets.tags:
            known: Any = timm.get_pretrained_cfg(f"{row['name']}.{tag}" if tag else row["name"])
            owner, _, repository = (known.hf_hub_id or "").partition("/")
            if not tag or repository != f"{row['name']}.{tag}":
                continue
            yield {
                "network": row["name"], "tag": tag, "owner": owner, "licence": known.license or "",
                "n_logits": known.num_classes, "n_more": per_logit * (known.num_classes - row["n_logits"]),
                "size": known.input_size[1], "crop_pct": known.crop_pct, "crop_mode": known.crop_mode,
                "interpolation": known.interpolation, "scale": names[known.mean, known.std],
            }  # fmt: skip


def write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    if timm.__version__ != VERSION:
        raise SystemExit(f"This is timm {timm.__version__}; the tables are those of {VERSION}.")
    os.nice(10)
    names = sorted(timm.list_models(), key=lambda name: (registry._model_to_module[name], name))
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=20) as pool:
        rows = []
        for row in pool.imap(row_of, names, chunksize=5):
            rows.append(row)
            print(f"\r{len(rows)} of {len(names)}  {row['name']:40}", end="", file=sys.stderr)
    write(assets() / "timm.csv", NETWORKS, rows)
    write(assets() / "timm_weights.csv", WEIGHTS, weight_rows(rows))
    n_traced = sum(row["why_not"] != "code" for row in rows)
    print(f"{n_traced} of {len(rows)} are traced, {sum(not row['why_not'] for row in rows)} can be opened")


if __name__ == "__main__":
    main()
