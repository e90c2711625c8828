"""The networks of timm (PyTorch Image Models, Wightman 2019, Apache-2.0), as many as can be followed.

What is said of them before one is built stands in two tables that come with the program, made by
`python -m tests.benchmarks.timm_tables` of the version that they name: timm itself, which takes seconds to import and
may not be installed, is imported when one of its networks is built.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from ...errors import LibraryMissing, UnknownNetwork, nearest
from ...networks.info import NetworkInfo
from ...places import assets
from ...wording import quoted
from ..left_out import LEFT_OUT
from . import efficientnet_lite, project, torchvision
from .source import Source, WeightSet
from .torchvision import imagenet_categories

if TYPE_CHECKING:
    from torch import nn

    from ...networks.preparation import PhotoPreparation, Preparation
    from ...networks.tracing import Tracing

VERSION = "1.0.31"  # that the tables were made of
PREFIX = "timm/"
WHY_NOT = {  # what the table says of a network that is not opened -> in a sentence
    "attention": LEFT_OUT,
    "patches": "Behind its stem no kernel slides over maps: it cuts the picture into patches and mixes these by dense "
    "layers or in other ways, so it has no feature maps in the sense shown here.",
    "code": "Its code cannot be followed operation by operation: it decides by values, or writes into them.",
}

_NAME = "timm"
_LARGEST_DESCRIPTION = 10_000  # more numbers than any network here describes a picture by
_HUB = "https://huggingface.co"
_LICENCES = {
    "": "no licence stated",
    "unknown": "licence unknown, by its makers' own words",
    "cc-by-nc-4.0": "CC-BY-NC 4.0: not for commercial use",
    "apache-2.0": "Apache-2.0",
    "bsd-3-clause": "BSD-3-Clause",
    "mit": "MIT",
    "cc-by-4.0": "CC-BY 4.0",
    "fair-noncommercial-research-license": "FAIR's licence for research: not for commercial use",
}
SCALES: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {  # mean and std, by their name
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "half": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "unit": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "dpn": ((124 / 255, 117 / 255, 104 / 255), (0.23482446870963955,) * 3),
    "sat493m": ((0.43, 0.411, 0.296), (0.213, 0.156, 0.143)),
}
# the files of these names are of the project's own networks, or torchvision's
_TAKEN = frozenset(info.name for one in (project, efficientnet_lite, torchvision) for info in one.SOURCE.networks)


@dataclass(frozen=True)
class Architecture:
    """One row of the first table: a network, the sets of weights that there are of it, and how it is followed."""

    info: NetworkInfo
    n_logits: int  # 0: it has no classifier
    head: str  # its last layer
    wraps: bool  # whether some of timm's functions are one operation each
    why_not: str  # a key of WHY_NOT, or ""


@lru_cache(maxsize=1)
def architectures() -> Mapping[str, Architecture]:
    """Every network of timm by its name with the prefix, in timm's order: modules, and names in them."""
    with (assets() / "timm.csv").open(encoding="utf-8", newline="") as file:
        return {f"{PREFIX}{row['name']}": _architecture(row) for row in csv.DictReader(file)}


def _architecture(row: dict[str, str]) -> Architecture:
    name = f"{PREFIX}{row['name']}"
    size, n_parameters, n_multiply_adds, n_values = (
        int(row[key]) for key in ("size", "n_parameters", "n_multiply_adds", "n_values")
    )
    info = NetworkInfo(
        name, name, row["family"], None, "", "", "", _NAME, "photographs", size, n_parameters, n_multiply_adds,
        n_values, landmark=False,
    )  # fmt: skip
    return Architecture(info, int(row["n_logits"]), row["head"], row["wraps"] == "1", row["why_not"])


def find(name: str) -> NetworkInfo:
    """The network of that name, which begins with the prefix. Raises UnknownNetwork with the nearest one, or with why
    it is not opened."""
    known = architectures()
    if name in known:
        if why_not := known[name].why_not:
            raise UnknownNetwork(f"'{name}' cannot be opened. {WHY_NOT[why_not]}")
        return known[name].info
    plain, dot, tag = name.partition(".")
    if dot and plain in known:
        raise UnknownNetwork(
            f"'{name}' names a network and its weights. Choose the network '{plain}', and of its weights '{tag}'."
        )
    found = _installed()
    newer = "" if found in (None, VERSION) else f" Installed is timm {found}: what only that has is not known here."
    raise UnknownNetwork(
        f"timm {VERSION} has no network {quoted(name)}.{nearest(name, known)}{newer} "
        f"`python -m explorer networks timm` lists its {len(known):,}."
    )


def _installed() -> str | None:
    try:
        return version("timm")
    except PackageNotFoundError:
        return None


def _need(info: NetworkInfo) -> None:
    if _installed() is None:
        raise LibraryMissing(
            f"{info.name} is built by timm, which is not installed here. Install it: pip install timm=={VERSION}"
        )


def _library() -> Any:
    from ...networks import vision  # noqa: F401  # timm imports torchvision, too, which has to have come by the one door

    return import_module("timm")


def _build(info: NetworkInfo, n_logits: int, auxiliary: bool, colour_transform: bool) -> nn.Module:
    _need(info)
    module: nn.Module = _library().create_model(info.name.removeprefix(PREFIX), num_classes=n_logits)
    return module


def _tracing(info: NetworkInfo, side: int) -> Tracing:
    from ...networks.tracing import Tracing

    _library()
    pad_same = import_module("timm.layers.padding").pad_same
    wraps = architectures()[info.name].wraps
    wrapped = import_module("timm.layers").get_notrace_functions() if wraps else []
    return Tracing((pad_same, *wrapped), (3, side, side))


def _n_logits(info: NetworkInfo) -> int:
    return architectures()[info.name].n_logits


@lru_cache(maxsize=4)
def _named(n_logits: int) -> tuple[str, ...]:
    """What the classes of ImageNet, or of one of its larger sets, are called: those sets differ in size. Other small
    numbers are those of no classes, but describe the picture for something else, such as CLIP's."""
    if n_logits == 1000:
        return imagenet_categories()
    _library()
    data = import_module("timm.data")
    if (subset := data.infer_imagenet_subset({"num_classes": n_logits})) is not None:
        return tuple(data.ImageNetInfo(subset).label_descriptions())
    return tuple(f"class {i}" for i in range(n_logits)) if n_logits > _LARGEST_DESCRIPTION else ()


def _preparation(info: NetworkInfo) -> Preparation:
    from ...networks.preparation import PhotoPreparation

    sets = _weight_sets(info)
    return sets[0].preparation if sets else PhotoPreparation(math.floor(info.size / 0.875), info.size, "bicubic")


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, list[dict[str, str]]]:
    """The second table: the sets of weights by the name of their network."""
    found: dict[str, list[dict[str, str]]] = {}
    with (assets() / "timm_weights.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(f"{PREFIX}{row['network']}", []).append(row)
    return found


@lru_cache(maxsize=2048)
def _weight_sets(info: NetworkInfo) -> tuple[WeightSet, ...]:
    return tuple(_sets(info))


def _sets(info: NetworkInfo) -> Iterator[WeightSet]:
    """What of a network lies on the hub as safetensors of timm's own names. Their makers state no top-1 in timm."""
    plain, usual = info.name.removeprefix(PREFIX), architectures()[info.name].n_logits
    for i, row in enumerate(_rows().get(info.name, [])):
        tag, n_logits = row["tag"], int(row["n_logits"])
        whole = f"{plain}.{tag}"
        bare = [] if i else [f"{PREFIX}{plain}/model.safetensors"]
        if not i and plain not in _TAKEN:
            bare += [f"{plain}.safetensors", f"{plain}/model.safetensors"]
        yield WeightSet(
            info.name, tag, i == 0, f"{_HUB}/{row['owner']}/{whole}/resolve/main/model.safetensors",
            f"{whole}.safetensors", 4 * (info.n_parameters + int(row["n_more"])), _prepared(row), None, None,
            _LICENCES.get(row["licence"], row["licence"]),
            other_names=(f"{PREFIX}{whole}.safetensors", f"{whole}/model.safetensors",
                         f"{PREFIX}{whole}/model.safetensors", *bare),
            n_logits=None if n_logits == usual else n_logits,
        )  # fmt: skip


def _prepared(row: dict[str, str]) -> PhotoPreparation:
    """As timm.data.create_transform prepares pictures for these weights: at the size of training."""
    from ...networks.preparation import PhotoPreparation

    size, share, (mean, std) = int(row["size"]), float(row["crop_pct"]), SCALES[row["scale"]]
    return PhotoPreparation(
        math.floor(size / share), size, row["interpolation"], mean, std, squash=row["crop_mode"] == "squash"
    )


SOURCE = Source(
    name=_NAME,
    networks=(),  # its own list: `architectures`
    resemblances=(),
    build=_build,
    n_logits=_n_logits,
    categories=lambda info: _named(_n_logits(info)),
    preparation=_preparation,
    weight_sets=_weight_sets,
    named=_named,
    head=lambda info: architectures()[info.name].head,
    tracing=_tracing,
    need=_need,
)
