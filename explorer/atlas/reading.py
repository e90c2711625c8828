"""An atlas to look at: what a network's channels do over many pictures, read from a folder as it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..errors import AtlasError, BadChannel, UnknownLayer, nearest
from ..networks.network import Network
from ..places import assets
from ..wording import quoted
from .layout import (
    BROKEN,
    CHANNELS,
    CROPS,
    MANIFEST,
    PATCHES,
    PICTURES,
    AtlasLayer,
    Manifest,
    features_name,
    read_manifest,
)
from .plan import hands_on
from .rows import ChannelRow, Floats, Histogram, Integers, Patch, Pictures

SCALARS = (
    "channel", "count", "mean", "std", "minimum", "maximum", "sparsity", "selectivity", "best_class",
)  # fmt: skip
_N_HELD = 16  # groups of rows that are kept decoded


def open_atlas(folder: Path | str) -> Atlas:
    """The atlas in a folder. Raises AtlasError: none there, not finished, of another version, parts missing."""
    return Atlas(Path(folder))


def kept_open(folder: Path) -> Atlas:
    """The atlas in a folder, for whoever asks again: opened once, and again when its manifest is another. Raises as
    `open_atlas` does."""
    try:
        stamp = (folder / MANIFEST).stat().st_mtime_ns
    except OSError:
        stamp = 0  # opening says what is wrong
    return _kept(folder, stamp)


@lru_cache(maxsize=32)
def _kept(folder: Path, stamp: int) -> Atlas:
    return Atlas(folder)


def shipped(network: Network) -> list[Atlas]:
    """The atlases that come with the program for just these weights, which may be none: those without pictures last."""
    folder = assets() / "atlas" / network.name
    found = [kept_open(one.parent) for one in sorted(folder.glob(f"*/{MANIFEST}"))]
    return sorted((one for one in found if one.network_key == network.key), key=lambda one: not one.has_pictures)


class Atlas:
    """A network over many pictures. Columns are read when they are first asked for, and kept; rows with bytes (crops,
    thumbnails) group by group, and pooled values by the system's pages. For many threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Manifest = read_manifest(folder)
        self._lock = threading.RLock()
        self._group = lru_cache(maxsize=_N_HELD)(self._read_group)

    def __repr__(self) -> str:
        return f"Atlas({self.title!r}, {self.network!r}, {self.n_pictures} pictures, {len(self.layers)} layers)"

    @property
    def network(self) -> str:
        """The name of the network."""
        return self.manifest.network

    @property
    def network_key(self) -> str:
        """What its weights, class names and preparation are known by."""
        return self.manifest.network_key

    @property
    def title(self) -> str:
        """What the pictures are called."""
        return self.manifest.title

    @property
    def has_pictures(self) -> bool:
        """Whether there is more than statistics: pictures, patches, pooled values."""
        return self.manifest.has_pictures

    @property
    def n_pictures(self) -> int:
        """How many pictures went in."""
        return self.manifest.n_pictures

    @property
    def classes(self) -> tuple[str, ...]:
        """The folders that the pictures lay in; none where they lay in no folders."""
        return self.manifest.classes

    @property
    def class_indices(self) -> tuple[int, ...]:
        """For each of `classes` the network's class of that name, or -1."""
        return self.manifest.class_indices

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Their names, in the order of the network."""
        return tuple(layer.name for layer in self.manifest.layers)

    def ensure_of(self, network: Network) -> None:
        """Raises AtlasError where it is of another network, or of other weights."""
        if self.network_key != network.key:
            what = self.manifest.network_title
            if self.network == network.name:
                what = f"{what} with other weights, class names or preparation ({self.manifest.weights})"
            raise AtlasError(
                f"The atlas {quoted(self.title)} is of {what}, not of the {network.title} that is chosen. Choose that "
                "network, or make an atlas of this one."
            )

    def layer_for(self, network: Network, layer: str) -> str | None:
        """The layer of the atlas that tells of a network's layer: itself, or else the first behind it to which its
        channels are handed on one by one (a normalisation, an activation); None where there is none."""
        name: str | None = network.resolve(layer)
        while name is not None and name not in self.layers:
            readers = [one for one in network.layers.values() if one.inputs == (name,)]
            alike = [one for one in readers if one.shape == network.layers[name].shape and hands_on(one)]
            name = alike[0].name if len(alike) == 1 == len(readers) else None
        return name

    def channel(self, layer: str, channel: int) -> ChannelRow:
        """The statistics of one channel. Raises UnknownLayer, BadChannel."""
        row = self._row(layer, channel)
        return _channel_row(self.manifest, layer, self._channels.slice(row, 1).to_pylist()[0])

    def table(self) -> Mapping[str, NDArray[Any]]:
        """`layer` and SCALARS of ChannelRow over all channels of all layers, in order: (N,) each."""
        return self._table

    @cached_property
    def class_means(self) -> Floats:
        """`by_class` of all channels in the order of the table, (N, classes)."""
        n = len(self._channels)
        return np.asarray(self._column("by_class").combine_chunks().values, np.float32).reshape(n, len(self.classes))

    @cached_property
    def n_positive(self) -> Integers:
        """How many values of each channel are above 0, exactly, in the order of the table, (N,)."""
        counts = np.asarray(self._column("histogram").combine_chunks().values, np.int64).reshape(
            len(self._channels), -1
        )
        low, high = (self._column(name).to_numpy().astype(np.float64) for name in ("lowest_edge", "highest_edge"))
        n = counts.shape[1]
        below = np.rint(-low * (n - 2) / (high - low))  # bins of one width between the two; see `Bins`
        return np.asarray((counts * (np.arange(n) > below[:, None])).sum(axis=1))

    def patches(self, layer: str, channel: int) -> list[Patch]:
        """The places of different pictures at which the channel's value is largest, the largest first; none in an atlas
        without pictures. Raises UnknownLayer, BadChannel."""
        return self._patches(layer, channel, "strongest")

    def random_patches(self, layer: str, channel: int) -> list[Patch]:
        """The channel at places drawn by lot, the same for all channels of the layer: what strongest ones are to be
        compared with."""
        return self._patches(layer, channel, "random")

    def features(self, layer: str) -> Floats:
        """The pooled values, means over the places, (pictures, channels): mapped from the file, not read. Raises
        AtlasError in an atlas without pictures, UnknownLayer."""
        self._ensure_pictures()
        found = np.load(self.folder / features_name(self._layer_index(layer)), mmap_mode="r")
        return found if found.dtype == np.float32 else np.asarray(found, np.float32)  # a brief one has half of each

    @cached_property
    def pictures(self) -> Pictures:
        """Raises AtlasError in an atlas without pictures."""
        self._ensure_pictures()
        columns = ["digest", "name", "label", "answer", "probability", "of_label"]
        table = pq.read_table(self.folder / PICTURES, columns=columns)
        found = {name: table[name].to_numpy() for name in columns}
        return Pictures(**found, thumbnail=self._thumbnail)

    def broken(self) -> list[tuple[str, str]]:
        """The files that were left out: their names, each with the sentence that says why."""
        table = pq.read_table(self.folder / BROKEN)
        return list(zip(table["name"].to_pylist(), table["reason"].to_pylist(), strict=True))

    @cached_property
    def _channels(self) -> pa.Table:
        return pq.read_table(self.folder / CHANNELS)

    @cached_property
    def _table(self) -> Mapping[str, NDArray[Any]]:
        names = np.repeat(np.array(self.layers, object), [layer.n_channels for layer in self.manifest.layers])
        return {"layer": names} | {name: self._column(name).to_numpy() for name in SCALARS}

    def _column(self, name: str) -> Any:
        with self._lock:
            return self._channels[name]

    def _layer_index(self, layer: str) -> int:
        if layer not in self.layers:
            raise UnknownLayer(
                f"The atlas {quoted(self.title)} has no layer {quoted(layer)}.{nearest(layer, self.layers)} It has "
                f"{', '.join(self.layers[:8])}{', …' if len(self.layers) > 8 else ''}."
            )
        return self.layers.index(layer)

    def _row(self, layer: str, channel: int) -> int:
        index = self._layer_index(layer)
        described: AtlasLayer = self.manifest.layers[index]
        if not 0 <= channel < described.n_channels:
            raise BadChannel(
                f"{layer} has no channel {channel}; its channels are 0 to {described.n_channels - 1}. Choose one of "
                "them."
            )
        return sum(one.n_channels for one in self.manifest.layers[:index]) + channel

    def _patches(self, layer: str, channel: int, kind: str) -> list[Patch]:
        self._row(layer, channel)
        if not self.has_pictures:
            return []
        table = self._group(PATCHES, self._layer_index(layer))
        start, end = np.searchsorted(table["channel"].to_numpy(), [channel, channel + 1]).tolist()
        chosen = table.slice(start, end - start).to_pylist()
        return [self._patch(row) for row in chosen if row["kind"] == kind]

    def _patch(self, row: Mapping[str, Any]) -> Patch:
        crop = self._at(CROPS, row["crop"])
        picture = crop["picture"]
        box = (crop["top"], crop["left"], crop["bottom"], crop["right"])
        digest, name = self.pictures.digest[picture], self.pictures.name[picture]
        return Patch(row["rank"], row["value"], picture, digest, name, row["y"], row["x"], box, crop["image"])

    def _thumbnail(self, picture: int) -> bytes:
        found: bytes = self._at(PICTURES, picture)["thumbnail"]
        return found

    def _at(self, name: str, row: int) -> dict[str, Any]:
        """One row of a file whose groups are equally long but for the last."""
        n = self._file(name).metadata.row_group(0).num_rows
        found: dict[str, Any] = self._group(name, row // n).slice(row % n, 1).to_pylist()[0]
        return found

    def _read_group(self, name: str, group: int) -> pa.Table:
        with self._lock:
            return self._file(name).read_row_group(group)

    def _file(self, name: str) -> pq.ParquetFile:
        with self._lock:
            if name not in self._files:
                self._files[name] = pq.ParquetFile(self.folder / name)
            return self._files[name]

    @cached_property
    def _files(self) -> dict[str, pq.ParquetFile]:
        return {}

    def _ensure_pictures(self) -> None:
        if not self.has_pictures:
            raise AtlasError(
                f"The atlas {quoted(self.title)} holds statistics alone: its pictures may not be passed on. Choose one "
                "with pictures, or make one of your own."
            )


def _channel_row(manifest: Manifest, layer: str, row: Mapping[str, Any]) -> ChannelRow:
    inner = np.linspace(row["lowest_edge"], row["highest_edge"], len(row["histogram"]) - 1)
    inner[np.abs(inner) < 1e-6 * (inner[-1] - inner[0])] = 0  # an edge is there, but for rounding
    edges = np.concatenate([[min(row["minimum"], inner[0])], inner, [max(row["maximum"], inner[-1])]])
    use = row.get("use_by_class")
    return ChannelRow(
        layer, row["channel"], row["count"], row["mean"], row["std"], row["minimum"], row["maximum"], row["sparsity"],
        Histogram(np.array(row["histogram"], np.int64), edges), np.array(row["by_class"], np.float32),
        None if use is None or not manifest.has_use else np.array(use, np.float32),
        row["selectivity"], row["best_class"],
        tuple(zip(row["neighbours"], row["correlations"], strict=True)),
    )  # fmt: skip
