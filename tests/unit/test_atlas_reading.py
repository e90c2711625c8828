"""What is read of an atlas, and what is said of a folder that holds none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.atlas import Atlas, open_atlas, shipped
from explorer.errors import AtlasError, BadChannel, UnknownLayer
from explorer.networks.network import Network
from tests.atlases import CLASSES, N_BINS, N_PATCHES, drawn_atlas

LAYERS = ("tanh1", "tanh3")


@pytest.fixture(scope="module")
def network() -> Network:
    return explorer.load_network("lenet5")


@pytest.fixture
def atlas(tmp_path: Path, network: Network) -> Atlas:
    return open_atlas(drawn_atlas(tmp_path / "atlas", network, LAYERS))


def test_it_says_what_it_is_of(atlas: Atlas, network: Network) -> None:
    assert (atlas.network, atlas.network_key, atlas.title) == ("lenet5", network.key, "Drawn by lot")
    assert (atlas.layers, atlas.classes, atlas.n_pictures, atlas.has_pictures) == (LAYERS, CLASSES, 30, True)
    assert [name for name, _ in atlas.broken()] == ["cats/cut.jpg"]
    atlas.ensure_of(network)


def test_a_channel_has_its_row(atlas: Atlas) -> None:
    row = atlas.channel("tanh3", 5)
    assert (row.layer, row.channel, row.count) == ("tanh3", 5, 30 * 100)
    assert row.histogram.counts.sum() == row.count
    assert len(row.histogram.edges) == N_BINS + 1
    assert (np.diff(row.histogram.edges) > 0).all()
    assert (row.histogram.edges[0], row.histogram.edges[-1]) == (row.minimum, row.maximum)
    assert [channel for channel, _ in row.neighbours] == [6, 7]
    table = atlas.table()
    place = [i for i, name in enumerate(table["layer"]) if (name, table["channel"][i]) == ("tanh3", 5)]
    assert place == [6 + 5]
    assert table["selectivity"][11] == row.selectivity
    np.testing.assert_array_equal(atlas.class_means[11], row.by_class)


def test_patches_and_pictures(atlas: Atlas) -> None:
    strongest, lots = atlas.patches("tanh3", 2), atlas.random_patches("tanh3", 2)
    assert [patch.rank for patch in strongest] == [*range(N_PATCHES)] == [patch.rank for patch in lots]
    assert [patch.value for patch in strongest] == [4, 3, 2, 1]
    for patch in strongest + lots:
        assert atlas.pictures.name[patch.picture] == patch.name
        assert atlas.pictures.digest[patch.picture] == patch.digest
        assert explorer.read_image(patch.crop).pixels.shape == (10, 10, 3)
        assert patch.box == (2, 3, 12, 13)
    assert explorer.read_image(atlas.pictures.thumbnail(29)).pixels.shape == (48, 48, 3)
    assert atlas.features("tanh1").shape == (30, 6)
    assert isinstance(atlas.features("tanh1"), np.memmap)


def test_without_pictures_there_are_statistics(tmp_path: Path, network: Network) -> None:
    atlas = open_atlas(drawn_atlas(tmp_path, network, LAYERS, with_pictures=False))
    assert atlas.channel("tanh1", 0).count == 30 * 28 * 28
    assert atlas.patches("tanh1", 0) == []
    for ask in (lambda: atlas.pictures, lambda: atlas.features("tanh1")):
        with pytest.raises(AtlasError, match="holds statistics alone"):
            ask()


def test_what_it_does_not_have(atlas: Atlas) -> None:
    with pytest.raises(UnknownLayer, match=r"has no layer 'tanh5'\. Nearest: 'tanh3'\. It has tanh1, tanh3\."):
        atlas.channel("tanh5", 0)
    with pytest.raises(BadChannel, match=r"^tanh1 has no channel 6; its channels are 0 to 5\."):
        atlas.patches("tanh1", 6)


def test_a_layer_before_one_of_the_atlas(atlas: Atlas, network: Network) -> None:
    assert atlas.layer_for(network, "tanh1") == "tanh1"
    assert atlas.layer_for(network, "c1") == "tanh1"  # a convolution whose channels go on one by one
    assert atlas.layer_for(network, "s2") is None


def test_of_another_network(atlas: Atlas) -> None:
    with pytest.raises(AtlasError, match=r"is of LeNet-5, not of the "):
        atlas.ensure_of(explorer.load_network("pocket_resnet"))
    with pytest.raises(AtlasError, match=r"is of LeNet-5 with other weights"):
        atlas.ensure_of(explorer.load_network("lenet5", "random"))
    assert shipped(explorer.load_network("lenet5", "random")) == []


def test_folders_without_an_atlas(tmp_path: Path, network: Network) -> None:
    with pytest.raises(AtlasError, match="There is no atlas in"):
        open_atlas(tmp_path)
    (tmp_path / "work").mkdir()
    with pytest.raises(AtlasError, match="is not finished"):
        open_atlas(tmp_path)
    folder = drawn_atlas(tmp_path / "atlas", network, LAYERS)
    text = (folder / "atlas.json").read_text()
    for changed, said in (
        ({"version": 99}, "a newer version"), ({"version": 0}, "an older version"), ({"format": "x"}, "no manifest"),
        ({"layers": [3]}, "no manifest"), ({"version": None}, "no manifest"),
    ):  # fmt: skip
        (folder / "atlas.json").write_text(json.dumps({**json.loads(text), **changed}))
        with pytest.raises(AtlasError, match=said):
            open_atlas(folder)
    (folder / "atlas.json").write_text("[")
    with pytest.raises(AtlasError, match="no manifest"):
        open_atlas(folder)
    (folder / "atlas.json").write_text(text)
    (folder / "patches.parquet").write_bytes((folder / "patches.parquet").read_bytes()[:-1])
    with pytest.raises(AtlasError, match=r"not whole: patches\.parquet"):
        open_atlas(folder)
