"""The atlases that come with the program: small, whole, of the networks that come with it, and free of what may not be
passed on."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import explorer
from explorer.atlas import open_atlas, shipped
from explorer.places import assets

FOLDERS = sorted(path.parent for path in (assets() / "atlas").glob("*/*/atlas.json"))
MOST_BYTES = 8_000_000
WITHOUT = {"atlas.json", "channels.parquet", "broken.parquet"}


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in (assets() / "atlas").rglob("*") if path.is_file()) < MOST_BYTES
    assert {folder.name for folder in FOLDERS} == {"free", "imagenette"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_each_is_of_the_weights_that_come_along(folder: Path) -> None:
    network = explorer.load_network(folder.parent.name)
    found = {atlas.folder: atlas for atlas in shipped(network)}
    atlas = found[folder]
    atlas.ensure_of(network)
    assert [atlas.has_pictures for atlas in found.values()] == sorted(
        (atlas.has_pictures for atlas in found.values()), reverse=True
    )
    assert atlas.broken() == []
    layer = atlas.layers[-1]
    row = atlas.channel(layer, 0)
    assert row.count == atlas.n_pictures * network.layer(layer).shape[1] * network.layer(layer).shape[2]
    assert row.by_class.shape == (len(atlas.classes),)
    assert (row.use_by_class is not None) == atlas.manifest.has_use


@pytest.mark.parametrize(
    "folder", [one for one in FOLDERS if one.name == "imagenette"], ids=lambda one: one.parent.name
)
def test_statistics_hold_no_picture(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == WITHOUT
    atlas = open_atlas(folder)
    assert (atlas.has_pictures, atlas.n_pictures, len(atlas.classes)) == (False, 3925, 10)
    assert not {"image", "thumbnail", "name", "picture"} & {*pq.read_schema(folder / "channels.parquet").names}
    assert "ILSVRC" not in json.dumps(json.loads((folder / "atlas.json").read_text()))


@pytest.mark.parametrize("folder", [f for f in FOLDERS if f.name == "free"], ids=lambda f: f.parent.name)
def test_free_pictures_are_samples_and_drawn(folder: Path) -> None:
    atlas = open_atlas(folder)
    drawn = {"triangle", "square", "disc", "stripes", "dots", "checks"}
    samples = {path.stem for path in (assets() / "samples").glob("*.jpg")}
    assert {*atlas.classes} == drawn | samples
    assert atlas.n_pictures >= 200
    for layer in atlas.layers:
        for patch in [*atlas.patches(layer, 0), *atlas.random_patches(layer, 0)]:
            pixels = explorer.read_image(patch.crop).pixels
            top, left, bottom, right = patch.box
            assert pixels.shape[0] <= bottom - top
            assert pixels.shape[1] <= right - left


def test_they_are_opened_once() -> None:
    network = explorer.load_network("pocket_resnet")
    first, again = shipped(network), shipped(network)
    assert first
    assert all(one is other for one, other in zip(first, again, strict=True))
