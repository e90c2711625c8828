"""What trained weights are on this machine, and what could be fetched: a view of the disk, made anew at each call."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import WeightsUnavailable
from ..networks.info import NetworkInfo
from .catalog import find, list_networks
from .download import default_folder
from .published import VARIABLE, find_file, find_set, networks_here, weight_sets
from .sources.source import WeightSet

# One network for each idea of the story from AlexNet to today, none of them large but the two that history needs.
LESSON = ("alexnet", "vgg16", "googlenet", "resnet18", "resnet50", "densenet121", "mobilenet_v2", "efficientnet_b0")


@dataclass(frozen=True)
class Item:
    """One set of weights: `path` and `n_bytes_here` say where it lies and how large it is there, if it is here."""

    info: NetworkInfo
    weights: WeightSet
    path: Path | None
    n_bytes_here: int

    @property
    def place(self) -> str:
        """Where it is, in words."""
        if self.path is None:
            return "to be fetched" if self.weights.url else "missing"
        if self.path == self.weights.brought:
            return "comes with the program"
        # the folder that the variable names may be torchvision's cache itself, with other files in it
        is_fetched = self.path == default_folder() / self.weights.file
        return "fetched" if is_fetched else f"in {VARIABLE}"

    @property
    def can_be_deleted(self) -> bool:
        """Only what was fetched is thrown away: it can be had again."""
        return self.place == "fetched"


def inventory() -> tuple[Item, ...]:
    """Every set of every network, in the order of the catalogue."""
    return tuple(_item(info, weights) for info in list_networks() for weights in weight_sets(info))


def of_timm() -> tuple[Item, ...]:
    """The usual sets of timm's networks that are on this machine: of the others, each is offered where it is chosen."""
    infos = list_networks("timm")
    here = networks_here(infos)
    return tuple(_item(info, weight_sets(info)[0]) for info in infos if info.name in here)


def addresses() -> tuple[str, ...]:
    """Where all published weights come from."""
    return tuple(w.url for info in list_networks() for w in weight_sets(info) if w.url is not None)


def one_each(items: Iterable[Item]) -> tuple[Item, ...]:
    """Of each network the set that "pretrained" means."""
    return tuple(item for item in items if item.weights.is_default)


def lesson(items: Iterable[Item]) -> tuple[Item, ...]:
    """One network for each idea of the story."""
    return tuple(item for item in one_each(items) if item.info.name in LESSON)


def missing(items: Iterable[Item]) -> tuple[WeightSet, ...]:
    """Those that are not on this machine but can be fetched."""
    return tuple(item.weights for item in items if item.path is None and item.weights.url is not None)


def choose_sets(names: Sequence[str], set_name: str = "pretrained") -> tuple[WeightSet, ...]:
    """The published sets that `names` mean: networks, "lesson" or "all", each set once.

    Raises UnknownNetwork, WeightsUnavailable.
    """
    bundles = {"lesson": lesson, "all": one_each}
    chosen: dict[WeightSet, None] = {}
    for name in names:
        if name in bundles and set_name != "pretrained":
            raise WeightsUnavailable(
                f"'{name}' means the default set of each network. Name the networks for {set_name}."
            )
        if name in bundles:
            found = [item.weights for item in bundles[name](inventory())]
        else:
            found = [find_set(find(name), set_name)]
            if found[0].url is None:
                raise WeightsUnavailable(_not_fetched(found[0]))
        chosen |= dict.fromkeys(weights for weights in found if weights.url is not None)
    return tuple(chosen)


def _not_fetched(weights: WeightSet) -> str:
    if find_file(weights) is None:
        return f"The weights of {weights.network} are not fetched, but installed. {weights.remedy}"
    return f"The weights of {weights.network} come with the program: there is nothing to fetch."


def free_bytes(folder: Path) -> int:
    """Room on the disk where the folder is, or will be made."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _item(info: NetworkInfo, weights: WeightSet) -> Item:
    path = find_file(weights)
    return Item(info, weights, path, path.stat().st_size if path else 0)
