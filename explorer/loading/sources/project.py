"""The project's own networks, whose weights come with the program.

From a network of digits to a small residual one, they are a lesson in themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...networks.info import Family, NetworkInfo
from ...places import assets
from ...wording import percent
from .source import Member, Resemblance, Source, WeightSet, described

if TYPE_CHECKING:
    from torch import nn

    from ...networks.preparation import Preparation

_NAME = "project"
_LICENCE = "for teaching and research; see the model card"

_TABLE: tuple[Family | Member, ...] = (
    Family("LeNet", 1998, "LeCun, Bottou, Bengio and Haffner", "doi:10.1109/5.726791",
           "convolutions, pooling and dense layers learned as one: it read the digits on cheques"),
    ("lenet5", "LeNet-5", 32, 61_706, 416_520, 14_722, "..."),
    Family("Dense network", 1998, "LeCun, Bottou, Bengio and Haffner", "doi:10.1109/5.726791",
           "dense layers alone: what a network of digits is without convolutions"),
    ("mlp", "MLP", 32, 338_610, 338_200, 1_834, "..."),
    Family("First tutorial", 2016, "after Chollet", "blog.keras.io, 5 June 2016",
           "two convolutions, two poolings, two dense layers: what every first tutorial builds, for cat or dog"),
    ("basic_cnn", "Basic CNN", 64, 1_625_281, 20_428_288, 409_761, "..."),
    Family("Pocket ResNet", 2026, "this project, after He et al. 2015", "arXiv:1512.03385",
           "a residual network of 2.8 million weights, trained for this project on eleven everyday classes"),
    ("pocket_resnet", "Pocket ResNet", 160, 2_801_707, 403_663_616, 2_406_923, "..."),
    Family("Sound CNN", 2026, "this project, after Hershey et al. 2017", "arXiv:1609.09430",
           "two seconds of sound, read as a picture of time and frequency; it has heard made sounds alone"),
    ("sound_cnn", "Sound CNN", 128, 25_089, 15_336_000, 794_761, "..."),
)  # fmt: skip

_RESEMBLANCES = (
    Resemblance("LeNet-5", ("lenet5",), "output", "c1.weight"),
    Resemblance("the MLP", ("mlp",), "output", "hidden1.weight"),
    Resemblance("the Basic CNN", ("basic_cnn",), "dense2", "dense1.weight"),
    Resemblance("the Sound CNN", ("sound_cnn",), "fc", "conv4.weight"),
    Resemblance("ResNet", ("pocket_resnet",), "fc", "layer1.0.conv1."),
)


def _build(info: NetworkInfo, n_logits: int, auxiliary: bool, colour_transform: bool) -> nn.Module:
    from ..builtin import ARCHITECTURES

    return ARCHITECTURES[info.name](num_classes=n_logits)


def _n_logits(info: NetworkInfo) -> int:
    from ..builtin import n_logits

    return n_logits(len(_categories(info)))


def _categories(info: NetworkInfo) -> tuple[str, ...]:
    from ..builtin import CATEGORIES

    return CATEGORIES[info.name]


def _preparation(info: NetworkInfo) -> Preparation:
    from ...networks.digits import DigitPreparation
    from ...networks.preparation import PhotoPreparation
    from ...networks.sounds import SoundPreparation

    if info.reads == "sounds":
        return SoundPreparation()
    return DigitPreparation() if info.reads == "digits" else PhotoPreparation(info.size, info.size)


def _weight_sets(info: NetworkInfo) -> tuple[WeightSet, ...]:
    path = assets() / f"{info.name}.safetensors"
    size = path.stat().st_size if path.is_file() else 0
    remedy = f"Copy the project again, or train them: python -m explorer train {info.name} --data DIR --out {path}"
    return (
        WeightSet(
            info.name, "project", True, None, path.name, size, _preparation(info), None, None, _LICENCE, path.parent,
            elsewhere=_measured(path.with_suffix(".md")), remedy=remedy,
        ),
    )  # fmt: skip


@lru_cache(maxsize=8)
def _measured(card: Path) -> str:
    """How often a network is right, as its card says it."""
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    found = re.search(r"^- Accuracy: ([\d.]+)% of (\d+) validation pictures", text, re.MULTILINE)
    return "" if found is None else f"{percent(float(found[1]) / 100)} of {int(found[2]):,}"


SOURCE = Source(
    name=_NAME,
    networks=tuple(
        described(
            _NAME,
            _TABLE,
            landmarks=frozenset({"lenet5", "pocket_resnet"}),
            reads={"lenet5": "digits", "mlp": "digits", "sound_cnn": "sounds"},
        )
    ),
    resemblances=_RESEMBLANCES,
    build=_build,
    n_logits=_n_logits,
    categories=_categories,
    preparation=_preparation,
    weight_sets=_weight_sets,
)
