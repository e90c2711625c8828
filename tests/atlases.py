"""A small atlas whose numbers are drawn by lot: for what reads and shows atlases, whatever made them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from explorer.atlas.layout import (
    BROKEN,
    CHANNELS,
    CROPS,
    FEATURES,
    PATCHES,
    PICTURES,
    AtlasLayer,
    Manifest,
    features_name,
)
from explorer.atlas.writing import (
    BROKEN_SCHEMA,
    CHANNELS_SCHEMA,
    CROPS_SCHEMA,
    PATCHES_SCHEMA,
    PICTURES_SCHEMA,
    TableFile,
)
from explorer.networks.network import Network

N_BINS = 16
CLASSES = ("cats", "dogs", "fish")
N_PATCHES = 4


def drawn_atlas(
    folder: Path, network: Network, layers: tuple[str, ...], n_pictures: int = 30, with_pictures: bool = True
) -> Path:
    """Write it for the network's own layers; answers and features are of no pass."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    described = [network.spatial_layer(name) for name in layers]
    kept = tuple(AtlasLayer(one.name, one.n_channels, (one.size[0], one.size[1])) for one in described)
    size = network.preprocessing.size
    with TableFile(folder / CHANNELS, CHANNELS_SCHEMA) as file:
        for layer in kept:
            file.add(_channels(layer, n_pictures, rng))
    with TableFile(folder / BROKEN, BROKEN_SCHEMA) as file:
        file.add_row({"name": "cats/cut.jpg", "reason": "'cut.jpg' is cut off: the end of the picture is missing."})
    files = [CHANNELS, BROKEN]
    if with_pictures:
        with TableFile(folder / PICTURES, PICTURES_SCHEMA) as file:
            for i in range(n_pictures):
                file.add_row({
                    "picture": i, "name": f"{CLASSES[i % 3]}/{i}.jpg",
                    "digest": hashlib.sha256(b"%d" % (i // 2)).hexdigest(),  # each picture twice
                    "label": i % 3, "answer": int(rng.integers(len(network.categories))),
                    "probability": float(rng.uniform()), "of_label": float("nan"),
                    "thumbnail": _encoded(rng, 48, ".jpg"),
                })  # fmt: skip
        with TableFile(folder / CROPS, CROPS_SCHEMA) as file:
            for i in range(n_pictures):
                file.add_row({
                    "crop": i, "picture": i, "top": 2, "left": 3, "bottom": 12, "right": 13,
                    "image": _encoded(rng, 10, ".png"),
                })  # fmt: skip
        with TableFile(folder / PATCHES, PATCHES_SCHEMA) as file:
            for layer in kept:
                file.add(_patches(layer, n_pictures, rng))
        (folder / FEATURES).mkdir()
        for i, layer in enumerate(kept):
            values = rng.standard_normal((n_pictures, layer.n_channels)).astype(np.float32)
            np.save(folder / features_name(i), values)
        files += [PICTURES, CROPS, PATCHES, *(features_name(i) for i in range(len(kept)))]
    Manifest(
        "Drawn by lot", network.name, network.key, network.title, network.weights_name, kept, CLASSES,
        tuple([*network.categories].index(name) if name in network.categories else -1 for name in CLASSES),
        n_pictures, 1, with_pictures, False, N_PATCHES, size, "",
        {name: (folder / name).stat().st_size for name in files},
    ).write(folder)  # fmt: skip
    return folder


def _channels(layer: AtlasLayer, n_pictures: int, rng: np.random.Generator) -> dict[str, object]:
    n, count = layer.n_channels, n_pictures * layer.size[0] * layer.size[1]
    histogram = rng.multinomial(count, np.full(N_BINS, 1 / N_BINS), n)
    others = [[(i + step) % n for step in (1, 2) if n > step] for i in range(n)]
    return {
        "layer": [layer.name] * n, "channel": np.arange(n), "count": [count] * n, "mean": rng.normal(size=n),
        "std": rng.uniform(1, 2, n), "minimum": [-4.0] * n, "maximum": [5.0] * n, "sparsity": rng.uniform(size=n),
        "selectivity": rng.uniform(size=n), "best_class": rng.integers(0, 3, n), "lowest_edge": [-3.0] * n,
        "highest_edge": [4.0] * n, "histogram": list(histogram), "by_class": list(rng.normal(size=(n, 3))),
        "use_by_class": [None] * n, "neighbours": others, "correlations": [[0.9, 0.5][: len(one)] for one in others],
    }  # fmt: skip


def _patches(layer: AtlasLayer, n_pictures: int, rng: np.random.Generator) -> dict[str, object]:
    n = 2 * N_PATCHES * layer.n_channels
    return {
        "layer": [layer.name] * n, "channel": np.repeat(np.arange(layer.n_channels), 2 * N_PATCHES),
        "kind": ([*["strongest"] * N_PATCHES, *["random"] * N_PATCHES]) * layer.n_channels,
        "rank": [*range(N_PATCHES), *range(N_PATCHES)] * layer.n_channels,
        "value": [*np.arange(N_PATCHES, 0, -1.0), *rng.normal(size=N_PATCHES)] * layer.n_channels,
        "y": rng.integers(0, layer.size[0], n), "x": rng.integers(0, layer.size[1], n),
        "crop": rng.integers(0, n_pictures, n),
    }  # fmt: skip


def _encoded(rng: np.random.Generator, side: int, ending: str) -> bytes:
    return bytes(cv2.imencode(ending, rng.integers(0, 256, (side, side, 3), np.uint8))[1])
