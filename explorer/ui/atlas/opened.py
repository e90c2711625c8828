"""Which atlas is looked at, and what is worked out of it once for all visitors."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st

from ...atlas import Atlas
from ...atlas.answered import outcomes
from ...atlas.map_sentences import atlas_sentence
from ...atlas.neighbours import Nearest, duplicates, nearest
from ...atlas.projection import Depth, through_depth
from ...atlas.rows import Integers
from ...atlas.shelf import VARIABLE, atlases_of, command_for
from ...atlas.tsne import tsne
from ...networks.network import Network
from ...running.cache import Shelf
from ..elements.pickers import pick_one
from ..frame.boundary import plain
from ..frame.caches import caches
from ..frame.progress import from_shelf

_QUICK = 1 << 24  # numbers of all pooled values that are worked through within a second or so

_SOON = 1000  # pictures whose thumbnails are compared within a second or so


@dataclass(frozen=True)
class Opened:
    """An atlas with pictures and its map: which rows are on it, with their labels, and what of them was right."""

    atlas: Atlas
    depth: Depth
    labels: Integers
    outcomes: Integers

    @property
    def is_matched(self) -> bool:
        """Whether anything can be right or wrong."""
        return any(index >= 0 for index in self.atlas.class_indices)

    def nearest(self, layer: str) -> Nearest | None:
        """Which pictures a layer takes for alike; None until somebody has asked for it where that takes long."""
        features = self.atlas.features(layer)
        n = len(self.depth.rows)
        return from_shelf(
            Shelf(caches().atlas_nearest, _key(self.atlas)), layer, n * n <= _QUICK,
            f"Compare {n:,} pictures at {layer}", f"atlas-nearest-{layer}", "Comparing pictures",
            lambda progress: nearest(features[self.depth.rows], progress=progress),
        )  # fmt: skip

    def twins(self, layer: str) -> list[tuple[int, int, float]] | None:
        """Pairs of places on the map that hold the same picture but for a little; None until somebody has asked."""
        found = self.nearest(layer)
        if found is None:
            return None
        n, rows, thumbnail = len(self.depth.rows), self.depth.rows, self.atlas.pictures.thumbnail
        return from_shelf(
            Shelf(caches().atlas_twins, _key(self.atlas)), layer, n <= _SOON, f"Compare {n:,} thumbnails",
            "atlas-twins-find", "Comparing thumbnails",
            lambda progress: duplicates(found, lambda i: thumbnail(int(rows[i])), progress),
        )  # fmt: skip

    def beside(self, layer: str) -> Depth | None:
        """The map with that layer's neighbours side by side; None until somebody has asked for it."""
        at, n = self.depth.layers.index(layer), len(self.depth.rows)
        found = from_shelf(
            Shelf(caches().atlas_tsne, _key(self.atlas)), layer, False,
            f"Lay {n:,} pictures out by t-SNE at {layer}", f"atlas-tsne-{layer}", "t-SNE",
            lambda progress: tsne(
                self.atlas.features(layer)[self.depth.rows], progress, self.depth.places[at]
            ).astype(np.float32),
        )  # fmt: skip
        if found is None:
            return None
        return replace(
            self.depth, places=(*self.depth.places[:at], found.astype(np.float64), *self.depth.places[at + 1 :])
        )


def pick_atlas(network: Network) -> Atlas:
    """The page's title, and beside it an atlas of the chosen network; where there is none, what makes one, and the page
    ends."""
    found, problems = atlases_of(network)
    head, said = st.columns([5, 4], gap="medium", vertical_alignment="bottom")
    with head, st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.title("Atlas", width="content")
        names = {f"{one.title} ({i + 1})" if i else one.title: one for i, one in enumerate(found)}
        if len(found) > 1:
            found = [names[pick_one("Atlas", names, "atlas", is_in_row=True)]]
    for one in found:
        said.caption(plain(f"{one.title}: {atlas_sentence(one)}"))
    for problem in problems:
        st.caption(plain(problem))
    if not found:
        st.info(
            f"There is no atlas of {plain(network.title)} here. Make one of a folder of pictures, then start the app "
            f"with {VARIABLE} naming the folder in which atlases lie:"
        )
        st.code(f"{command_for(network)}\n{VARIABLE}=ATLASES python -m explorer app", language="bash", wrap_lines=True)
        st.stop()
    return found[0]


def open_pictures(atlas: Atlas) -> Opened | None:
    """The pictures and their map; None until somebody has asked for it where that takes long."""
    n_values = atlas.n_pictures * sum(layer.n_channels for layer in atlas.manifest.layers)
    depth = from_shelf(
        Shelf(caches().atlas_maps, _key(atlas)), "map", n_values <= _QUICK, "Lay the pictures out", "atlas-map",
        "Laying the pictures out", partial(through_depth, atlas),
    )  # fmt: skip
    if depth is None:
        return None
    return Opened(atlas, depth, atlas.pictures.label[depth.rows], outcomes(atlas)[depth.rows])


def _key(atlas: Atlas) -> tuple[Hashable, ...]:
    return str(atlas.folder), atlas.manifest.fingerprint, atlas.n_pictures
