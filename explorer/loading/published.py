"""Which trained weights exist for a network, and where on this machine they are.

They are looked for in this order: the project's assets; the folder that EXPLORER_WEIGHTS_DIR names, as
`<network>.safetensors`, `<network>.pth` or under the published name; torchvision's own cache.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..errors import WeightsUnavailable, nearest
from ..networks.digits import DigitPreprocessing
from ..networks.info import NetworkInfo
from ..networks.preprocessing import PhotoPreprocessing, Preprocessing
from ..networks.vision import torchvision
from ..places import assets
from ..running.progress import Progress
from .download import default_folder, fetch

ASSETS = assets()
VARIABLE = "EXPLORER_WEIGHTS_DIR"
_SWAG = "CC-BY-NC 4.0 (SWAG): not for commercial use"
_TORCHVISION = "BSD-3-Clause (torchvision); trained on ImageNet, whose pictures are for research"
_PROJECT = "for teaching and research; see the model card"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WeightSet:
    """One trained set of weights of a network: what it was measured at, and what it expects of a picture.

    `name` is torchvision's ("IMAGENET1K_V1"), or "project" for weights that come with the program. `top1` and `top5`
    are its percentages of ImageNet's validation pictures, as torchvision states them; None for the project's own.
    """

    network: str
    name: str
    is_default: bool  # what "pretrained" means
    url: str | None
    file: str  # its published name, or that of the asset
    n_bytes: int
    preprocessing: Preprocessing
    top1: float | None
    top5: float | None
    licence: str


@lru_cache(maxsize=256)
def weight_sets(info: NetworkInfo) -> tuple[WeightSet, ...]:
    """Every published set, the one that "pretrained" means first.

    VGG-16's IMAGENET1K_FEATURES is not among them: it has no classifier.
    """
    if info.source == "project":
        path = ASSETS / f"{info.name}.safetensors"
        size = path.stat().st_size if path.is_file() else 0
        return (
            WeightSet(
                info.name, "project", True, None, path.name, size, default_preprocessing(info), None, None, _PROJECT
            ),
        )
    sets: list[WeightSet] = []
    for weights in torchvision.models.get_model_weights(info.name):
        metrics = weights.meta["_metrics"].get("ImageNet-1K")
        if weights.meta.get("categories") is None or metrics is None:
            continue
        preset = weights.transforms()
        preprocessing = PhotoPreprocessing(
            preset.resize_size[0], preset.crop_size[0], preset.interpolation.value == "bicubic",
            tuple(preset.mean), tuple(preset.std),
        )  # fmt: skip
        sets.append(
            WeightSet(
                info.name, weights.name, not sets, weights.url, weights.url.rpartition("/")[2],
                round(weights.meta["_file_size"] * 2**20), preprocessing, metrics["acc@1"], metrics["acc@5"],
                _SWAG if "SWAG" in weights.name else _TORCHVISION,
            )
        )  # fmt: skip
    return tuple(sets)


def default_preprocessing(info: NetworkInfo) -> Preprocessing:
    """What the network does to a picture unless a set of weights says otherwise."""
    if info.reads == "digits":
        return DigitPreprocessing()
    if info.source == "project":
        return PhotoPreprocessing(info.size, info.size)
    return weight_sets(info)[0].preprocessing


def find_set(info: NetworkInfo, name: str) -> WeightSet:
    """The set of that name, "pretrained" being the first; raises WeightsUnavailable."""
    sets = {weights.name: weights for weights in weight_sets(info)}
    if name == "pretrained":
        return next(iter(sets.values()))
    if name not in sets:
        raise WeightsUnavailable(
            f"{info.title} has no weights '{name}'.{nearest(name, sets)} There are {', '.join(sets)}."
        )
    return sets[name]


def folder_problem() -> str:
    """Why no weights are taken from the folder that EXPLORER_WEIGHTS_DIR names, in a sentence; empty where all is well,
    or none is named."""
    if not (own := os.environ.get(VARIABLE)):
        return ""
    try:
        os.scandir(own).close()
    except OSError as error:
        return (
            f"{VARIABLE} names the folder '{own}', which cannot be looked into: {error.strerror}. Weights are taken "
            "from the other places. Put the folder there, or start again with another name or none."
        )
    return ""


@lru_cache(maxsize=16)
def _log(problem: str) -> None:
    logger.warning(problem)  # once, and not at each of 150 files


def find_file(weights: WeightSet) -> Path | None:
    """Where the weights lie on this machine, or None. Nothing is fetched and nothing is opened.

    A folder of one's own that cannot be looked into is passed over, and the log says so.
    """
    own = os.environ.get(VARIABLE)
    if problem := folder_problem():
        _log(problem)
        own = None
    candidates = [ASSETS / weights.file] if weights.url is None else []
    if own and weights.is_default:
        candidates += [Path(own) / f"{weights.network}{suffix}" for suffix in (".safetensors", ".pth")]
    if own:
        candidates.append(Path(own) / weights.file)
    if weights.url is not None:
        candidates.append(default_folder() / weights.file)
    return next((path for path in candidates if path.is_file()), None)


def locate(weights: WeightSet, progress: Progress | None = None) -> Path:
    """The file of the weights, fetched where it is not on this machine or is damaged. Raises WeightsUnavailable.

    A file under its published name is compared with the checksum in that name when it is first used.
    """
    path = find_file(weights)
    if weights.url is not None and (path is None or path.name == weights.file):
        return fetch(weights.url, default_folder() if path is None else path.parent, progress)
    if path is None:
        raise WeightsUnavailable(
            f"The weights of {weights.network} should be in {ASSETS / weights.file}, but are not. Copy the project "
            f"again, or train them: python -m explorer train {weights.network} --data DIR --out {ASSETS / weights.file}"
        )
    return path
