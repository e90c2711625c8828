"""Which trained weights exist for a network, and where on this machine they are.

They are looked for in this order: where something that was installed brought them; the folder that EXPLORER_WEIGHTS_DIR
names, as `<network>.safetensors`, `<network>.pth` or under the published name; torchvision's own cache.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from ..errors import WeightsUnavailable, nearest
from ..networks.info import NetworkInfo
from ..running.progress import Progress
from ..wording import quoted
from .download import default_folder, fetch
from .sidecar import check_sidecar
from .sources import source_of
from .sources.source import WeightSet

VARIABLE = "EXPLORER_WEIGHTS_DIR"

logger = logging.getLogger(__name__)


def weight_sets(info: NetworkInfo) -> tuple[WeightSet, ...]:
    """Every trained set that there is of the network, the one that "pretrained" means first."""
    return source_of(info).weight_sets(info)


def find_set(info: NetworkInfo, name: str) -> WeightSet:
    """The set of that name, "pretrained" being the first; raises WeightsUnavailable."""
    sets = {weights.name: weights for weights in weight_sets(info)}
    if not sets:
        raise WeightsUnavailable(f"There are no trained weights of {info.title}. Take it untrained, or bring your own.")
    if name == "pretrained":
        return next(iter(sets.values()))
    if name not in sets:
        raise WeightsUnavailable(
            f"{info.title} has no weights {quoted(name)}.{nearest(name, sets)} There are {', '.join(sets)}."
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
    candidates = [weights.brought] if weights.brought else []
    if own and weights.is_default:
        candidates += [Path(own) / f"{weights.network}{suffix}" for suffix in (".safetensors", ".pth")]
    if own:
        candidates += [Path(own) / name for name in (weights.file, *weights.other_names)]
    if weights.url is not None:
        candidates.append(default_folder() / weights.file)
    return next((path for path in candidates if path.is_file()), None)


def networks_here(infos: Iterable[NetworkInfo]) -> frozenset[str]:
    """Those whose usual trained weights are on this machine; of many, most are told by the names in the folders."""
    folders = [default_folder()]
    if (own := os.environ.get(VARIABLE)) and not folder_problem():
        folders += [Path(own), *(path for path in Path(own).iterdir() if path.is_dir())]
    names = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}

    found = ((info.name, next(iter(weight_sets(info)), None)) for info in infos)
    return frozenset(
        name for name, usual in found if usual and not names.isdisjoint(_names(usual)) and find_file(usual) is not None
    )


def _names(weights: WeightSet) -> Iterator[str]:
    """Whatever a file of the weights, or its folder, may be called."""
    for name in (weights.file, f"{weights.network}.safetensors", f"{weights.network}.pth", *weights.other_names):
        yield from name.split("/")


def locate(weights: WeightSet, progress: Progress | None = None) -> Path:
    """The file of the weights, fetched where it is not on this machine or is damaged. Raises WeightsUnavailable.

    When it is first used, a file under its published name is compared with the checksum in that name, and any file with
    the one in `<file>.sha256` beside it, if that is there.
    """
    path = find_file(weights)
    if weights.url is not None and (path is None or path.name == weights.file):
        path = fetch(weights.url, default_folder() if path is None else path.parent, progress)
    if path is None:
        raise WeightsUnavailable(
            f"The weights of {weights.network} should be in {weights.brought}, but are not. {weights.remedy}".rstrip()
        )
    check_sidecar(path)
    return path
