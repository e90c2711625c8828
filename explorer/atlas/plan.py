"""What an atlas is to be made of, and how: all that the processes that make it are told."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import AtlasError, BadOption
from ..loading.load import load_network
from ..loading.made import made_network
from ..networks.layers import Layer
from ..networks.network import Network
from ..training.recipes import IMAGENETTE
from ..wording import quoted
from .layout import WORK, AtlasLayer
from .listing import Listed

_SYNSET, _N_IMAGENET = re.compile(r"n\d{8}"), 1000  # what ImageNet calls its folders, and how many there are


@dataclass(frozen=True)
class NetworkSource:
    """Where a network comes from: what `load_network` takes, or a module of one's own ("FILE.py:MAKE"). Each process
    loads its own; what differs meanwhile is refused."""

    network: str
    weights: str = "pretrained"
    preparation: str | None = None
    categories: Path | None = None
    module: str | None = None

    def load(self) -> Network:
        """Raises as load_network and made_network do."""
        if self.module is not None:
            return made_network(self.module, self.categories, self.preparation)
        return load_network(
            self.network, self.weights, categories=self.categories, preparation=self.preparation
        )  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """How much an atlas keeps. `n_patches` strongest and as many random places of a layer or channel, `n_bins` of the
    histograms, `n_neighbours` of each channel, crops and thumbnails of at most so many pixels on the long side. With
    `use` there is a backward pass for each picture; `brief` keeps three digits of each number, in half the space."""

    title: str = ""
    n_patches: int = 9
    n_bins: int = 64
    n_neighbours: int = 10
    crop: int = 96
    thumbnail: int = 64
    pictures: bool = True
    use: bool = False
    brief: bool = False

    def __post_init__(self) -> None:
        for name, least, most in (
            ("n_patches", 1, 100), ("n_bins", 8, 1024), ("n_neighbours", 0, 100), ("crop", 16, 1024),
            ("thumbnail", 16, 512),
        ):  # fmt: skip
            if not least <= (given := getattr(self, name)) <= most:
                raise BadOption(f"{name} is {given}. Give {least} to {most}.")


@dataclass(frozen=True)
class Plan:
    """One atlas: of which network at which layers, of which pictures, where. `n_batch` pictures are run at once:
    it hangs on the network alone, for the numbers hang on it in their last digits."""

    folder: Path
    source: NetworkSource
    network_key: str
    layers: tuple[AtlasLayer, ...]
    settings: Settings
    pictures: Listed
    class_indices: tuple[int, ...]
    n_batch: int

    @property
    def work(self) -> Path:
        """The folder of what is done so far."""
        return self.folder / WORK

    @property
    def n_channels(self) -> int:
        """Of all layers together."""
        return sum(layer.n_channels for layer in self.layers)

    @property
    def spans(self) -> list[slice]:
        """Where each layer's channels lie in rows of all of them."""
        ends, start = [], 0
        for layer in self.layers:
            ends.append(slice(start, start + layer.n_channels))
            start += layer.n_channels
        return ends

    def fingerprint(self) -> dict[str, object]:
        """What must be the same for work that was begun to be gone on with."""
        return {
            "network": self.network_key, "layers": [layer.name for layer in self.layers],
            "settings": asdict(self.settings), "pictures": self.pictures.stamp, "batch": self.n_batch,
        }  # fmt: skip

    def finished_fingerprint(self) -> str:
        """The same as a sum, without where the pictures lie."""
        found = {**self.fingerprint(), "pictures": self.pictures.digest}
        return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()

    @property
    def class_titles(self) -> tuple[str, ...]:
        """What the folders are called, those of Imagenette by their names."""
        return tuple(IMAGENETTE.get(name, name) for name in self.pictures.classes)


def layers_of(network: Network, names: tuple[str, ...]) -> tuple[AtlasLayer, ...]:
    """The layers that are meant, in the network's order, each once: those named, all stages with maps where none is,
    and for "all" every activation and the end of every block behind which there is none. Raises UnknownLayer,
    NotSpatial."""
    if not names:
        names = tuple(stage for stage in network.stages if network.layer(stage).is_spatial)
    if not names:
        raise AtlasError(
            f"{network.title} has no layer with maps, so there is no place to look at. Choose another network."
        )
    chosen = {
        one for name in names for one in (_units(network) if name == "all" else [network.spatial_layer(name).name])
    }
    ordered = [layer for layer in network.layers.values() if layer.name in chosen]
    return tuple(AtlasLayer(one.name, one.n_channels, (one.size[0], one.size[1])) for one in ordered)


def _units(network: Network) -> list[str]:
    """Where the channels of the convolutions are read: behind each, what hands its channels on one by one."""
    readers: dict[str, list[str]] = {}
    for layer in network.layers.values():
        for source in layer.inputs:
            readers.setdefault(source, []).append(layer.name)
    found = []
    for layer in network.layers.values():
        if layer.kind != "convolution" or not layer.is_spatial:
            continue
        end = layer
        while (
            len(after := readers.get(end.name, [])) == 1 and (following := network.layers[after[0]]).shape == end.shape
        ):
            if following.kind != "batch norm" and following.traits.group != "activation":
                break
            end = following
        found.append(end.name)
    return found


def hands_on(layer: Layer) -> bool:
    """Whether each channel of a layer is made of the same channel of what it reads, place by place."""
    return layer.kind == "batch norm" or layer.is_idle or layer.traits.group == "activation"


def class_indices(network: Network, classes: tuple[str, ...]) -> tuple[int, ...]:
    """For each folder the network's class that is called so, whatever its capitals and underlines, or -1."""
    n = len(network.categories)
    if n == len(classes) == _N_IMAGENET and all(_SYNSET.fullmatch(name) for name in classes):
        return tuple(range(n))  # ImageNet's folders: its classes are in the order of these numbers
    known: dict[str, int] = {}
    for index, name in enumerate(network.categories):
        known.setdefault(_plain(name), index)
    return tuple(known.get(_plain(IMAGENETTE.get(name, name)), -1) for name in classes)


def _plain(name: str) -> str:
    return name.casefold().replace("_", " ").strip()


def loaded(plan: Plan) -> Network:
    """The plan's network, in the process that asks. Raises AtlasError where it is another one by now."""
    network = plan.source.load()
    if network.key != plan.network_key:
        raise AtlasError(
            f"The weights of {quoted(plan.source.module or plan.source.network)} are not those with which the atlas "
            "was begun. Choose those, or begin another atlas in another folder."
        )
    return network
