"""An atlas against slow loops over the recorded passes of the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import explorer
from explorer.atlas import Atlas, NetworkSource, Settings, make_atlas
from explorer.atlas.merging import selectivity
from explorer.networks.network import Network
from explorer.trace import Trace
from tests.drawn_folders import drawn_folder

LAYERS = ("relu", "layer2", "layer4.0.bn2")
K = 4
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network() -> Network:
    return explorer.load_network("pocket_resnet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_folder(tmp_path_factory.mktemp("drawn"), 12)  # 36: two shards


@pytest.fixture(scope="module")
def atlas(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    settings = Settings(n_patches=K, use=True)
    return make_atlas(
        NetworkSource("pocket_resnet"), [folder], tmp_path_factory.mktemp("made") / "atlas", LAYERS, settings, 2
    )


@pytest.fixture(scope="module")
def traces(folder: Path, network: Network) -> list[Trace]:
    return [explorer.run(network, explorer.read_image(path), "top") for path in sorted(folder.rglob("*.png"))]


def of_channel(traces: Sequence[Trace], layer: str, channel: int) -> NDArray[np.float32]:
    return np.stack([trace[layer][channel] for trace in traces])


def some(network: Network, atlas: Atlas) -> list[tuple[str, int]]:
    return [(layer, c) for layer in atlas.layers for c in range(0, network.layer(layer).n_channels, 9)]


def test_a_class_of_which_nothing_could_be_read_is_no_class_of_silence() -> None:
    means = np.array([[1.0, 0.0, 2.0], [3.0, 0.0, 2.0], [0.5, 0.0, 5.0]])
    for at in range(4):
        index, best = selectivity(np.insert(means, at, np.nan, axis=0))
        for c, of_class in enumerate(means.T):
            order = np.argsort(-of_class, kind="stable").tolist()
            a, b = of_class[order[0]], np.mean([of_class[i] for i in order[1:]])
            assert index[c] == pytest.approx((a - b) / (a + b), nan_ok=True) if a else np.isnan(index[c])
            assert best[c] == (order[0] + (order[0] >= at) if a else -1)
    index, best = selectivity(np.insert(means[:1], 0, np.nan, axis=0))
    assert np.isnan(index).all()
    assert best.tolist() == [-1] * 3


def test_layers_are_those_that_were_asked_for(atlas: Atlas, network: Network) -> None:
    assert atlas.layers == tuple(network.resolve(layer) for layer in LAYERS)
    assert atlas.n_pictures == 36
    assert atlas.classes == ("disc", "square", "triangle")


def test_moments_and_histograms(atlas: Atlas, network: Network, traces: list[Trace]) -> None:
    for layer, channel in some(network, atlas):
        values, row = of_channel(traces, layer, channel).astype(np.float64), atlas.channel(layer, channel)
        assert row.count == values.size
        size = np.abs(values).max() + 1e-6
        np.testing.assert_allclose([row.mean, row.std], [values.mean(), values.std()], atol=2e-4 * size)
        np.testing.assert_allclose([row.minimum, row.maximum], [values.min(), values.max()], atol=1e-4 * size)
        assert row.sparsity == pytest.approx((values <= 0).mean(), abs=2e-4)
        assert row.histogram.counts.sum() == values.size
        # how many there are up to each edge; a batch rounds otherwise than one picture, so a few may lie beyond
        for edge, below in zip(row.histogram.edges[1:-1], np.cumsum(row.histogram.counts), strict=False):
            least, most = (values <= edge - 1e-4 * size).sum(), (values <= edge + 1e-4 * size).sum()
            assert least <= below <= most


def test_the_strongest_are_those_of_a_scan(atlas: Atlas, network: Network, traces: list[Trace]) -> None:
    for layer, channel in some(network, atlas):
        values = of_channel(traces, layer, channel)
        largest = values.max(axis=(1, 2))
        patches = atlas.patches(layer, channel)
        tolerance = float(1e-4 * np.abs(values).max() + 1e-7)
        np.testing.assert_allclose([p.value for p in patches], np.sort(largest)[::-1][:K], atol=tolerance)
        assert len({p.digest for p in patches}) == K
        for patch in patches:
            assert values[patch.picture, patch.y, patch.x] == pytest.approx(patch.value, abs=tolerance)


def test_crops_are_what_the_unit_sees(atlas: Atlas, network: Network, traces: list[Trace]) -> None:
    for layer, channel in some(network, atlas)[::5]:
        for patch in [*atlas.patches(layer, channel), *atlas.random_patches(layer, channel)]:
            assert patch.box == network.field(layer, channel).box(patch.y, patch.x, 160, 160)
            top, left, bottom, right = patch.box
            seen = traces[patch.picture].prepared.pixels[top:bottom, left:right]
            crop = explorer.read_image(patch.crop).pixels
            if max(seen.shape) <= 32:
                np.testing.assert_array_equal(crop, seen)
            else:
                size = crop.shape[1], crop.shape[0]
                reduced = cv2.resize(seen, size, interpolation=cv2.INTER_AREA)
                assert np.abs(crop.astype(int) - reduced).mean() < 6  # it is a JPEG
            assert patch.name.endswith(traces[patch.picture].image.name)


def test_places_by_lot_are_anywhere_and_the_same_for_a_layer(atlas: Atlas, traces: list[Trace]) -> None:
    layer = atlas.layers[1]
    first, other = atlas.random_patches(layer, 0), atlas.random_patches(layer, 7)
    assert [(p.picture, p.y, p.x) for p in first] == [(p.picture, p.y, p.x) for p in other]
    assert len({p.picture for p in first}) == K
    for patch in other:
        assert patch.value == pytest.approx(traces[patch.picture][layer][7, patch.y, patch.x], abs=1e-4)
    assert [p.picture for p in first] != [p.picture for p in atlas.random_patches(atlas.layers[0], 0)]


def test_pooled_values_pictures_and_answers(atlas: Atlas, traces: list[Trace]) -> None:
    pictures = atlas.pictures
    assert [str(digest) for digest in pictures.digest] == [trace.image.digest for trace in traces]
    assert [name.rpartition("/")[2] for name in pictures.name] == [trace.image.name for trace in traces]
    assert pictures.label.tolist() == [i // 12 for i in range(36)]
    best = [trace.top(1)[0] for trace in traces]
    assert pictures.answer.tolist() == [one.index for one in best]
    np.testing.assert_allclose(pictures.probability, [one.probability for one in best], atol=1e-4)
    assert np.isnan(pictures.of_label).all()  # the network knows no discs
    for layer in atlas.layers:
        pooled = np.stack([trace[layer].mean(axis=(1, 2)) for trace in traces])
        np.testing.assert_allclose(atlas.features(layer), pooled, atol=1e-4 * np.abs(pooled).max())


def test_classes_neighbours_and_use(atlas: Atlas, network: Network, traces: list[Trace]) -> None:
    labels = atlas.pictures.label
    for layer, channel in some(network, atlas)[::2]:
        row = atlas.channel(layer, channel)
        pooled = np.stack([trace[layer].mean(axis=(1, 2)) for trace in traces]).astype(np.float64)
        means = [pooled[labels == c, channel].mean() for c in range(3)]
        np.testing.assert_allclose(row.by_class, means, atol=1e-4 * np.abs(pooled[:, channel]).max())
        values = of_channel(traces, layer, channel).astype(np.float64)
        positive = np.array([np.maximum(values[labels == c], 0).mean() for c in range(3)])
        if positive.max() > 0:
            a, b = positive.max(), (positive.sum() - positive.max()) / 2
            assert row.selectivity == pytest.approx((a - b) / (a + b), abs=1e-3)
            assert positive[row.best_class] == pytest.approx(float(positive.max()), rel=1e-4)
        use = np.array([(t[layer][channel] * t.gradient(layer)[channel]).sum() for t in traces], np.float64)
        expected = [use[labels == c].mean() for c in range(3)]
        np.testing.assert_allclose(row.use_by_class, expected, atol=2e-3 * np.abs(use).max() + 1e-6)
        if pooled[:, channel].std() > 1e-3 * np.abs(pooled).max():
            for other, r in row.neighbours:
                assert r == pytest.approx(np.corrcoef(pooled[:, channel], pooled[:, other])[0, 1], abs=1e-3)
            assert [r for _, r in row.neighbours] == sorted((r for _, r in row.neighbours), reverse=True)
