"""What fine-tuning has changed, and marks of all sizes: against what weights and passes say, one by one."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.errors import BadOption, Unsuited
from explorer.networks.network import Network
from explorer.pictures.image import read_image
from explorer.transfer import Learned, Tuning, fine_tune, gathered, learn
from explorer.transfer.drawn import drawn_set
from explorer.transfer.examples import Content
from explorer.transfer.figures import readable_sheet, swept_lines, witness_sheets
from explorer.transfer.moved import kernels_moved, maps_moved, moved
from explorer.transfer.moved_figures import kernel_rows, map_rows, moved_bars
from explorer.transfer.shortcut import PLACES, Mark, Marked, exposed, mark_box, marked, planted
from explorer.transfer.sweeping import sweep_mark, with_mark, witnesses


@pytest.fixture(scope="module")
def found(pocket: Network) -> Learned:
    return learn(pocket, gathered(planted(drawn_set("parts", 8), "good")))


@pytest.fixture(scope="module")
def tuned(found: Learned) -> Learned:
    return fine_tune(found, Tuning("all", n_epochs=1, learning_rate=0.01))


def test_how_far_the_weights_moved(tuned: Learned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.transfer.moved._MOST_LAYERS", 30)
    far = moved(tuned)
    assert not far.is_of_stages
    assert tuned.frozen is not None
    for name, share in zip(far.names, far.shares.tolist(), strict=True):
        first, second = tuned.frozen.weights(name), tuned.network.weights(name)
        before = np.concatenate([first[key].ravel() for key in first]).astype(np.float64)
        after = np.concatenate([second[key].ravel() for key in first]).astype(np.float64)
        assert share == pytest.approx(np.linalg.norm(after - before) / np.linalg.norm(before), rel=1e-6)
    assert {"conv1", "fc"} <= {*far.names}
    assert (far.shares > 0).all()
    bars = moved_bars(far)
    assert bars.names == far.names
    assert bars.x.high == pytest.approx(max(bars.series[0].values), rel=1e-6)


def test_of_many_layers_each_stage_moved_as_far_as_all_of_its_own(tuned: Learned) -> None:
    far = moved(tuned)
    assert far.is_of_stages
    assert tuned.frozen is not None
    assert far.names == ("relu", "layer1", "layer2", "layer3", "layer4", "fc")
    both = [
        np.concatenate([
            network.weights(name)["weight"].ravel().astype(np.float64)
            for name in tuned.frozen.layers
            if name.startswith("layer2.") and ("conv" in name or name.endswith("downsample.0"))
        ])
        for network in (tuned.frozen, tuned.network)
    ]  # fmt: skip
    assert far.shares[2] == pytest.approx(np.linalg.norm(both[1] - both[0]) / np.linalg.norm(both[0]), rel=1e-6)


def test_of_the_last_block_the_rest_stays(found: Learned, monkeypatch: pytest.MonkeyPatch) -> None:
    last = fine_tune(found, Tuning(n_epochs=1))
    monkeypatch.setattr("explorer.transfer.moved._MOST_LAYERS", 30)
    far = moved(last)
    for name, share in zip(far.names, far.shares.tolist(), strict=True):
        assert (share > 0) == name.startswith(("layer4.", "fc")), name
    assert not any("bn" in name for name in far.names)
    assert kernel_rows(kernels_moved(last))[2] == 0


def test_the_kernels_and_maps_that_changed_most(tuned: Learned) -> None:
    assert tuned.frozen is not None
    first, second = tuned.frozen.weights("conv1")["weight"], tuned.network.weights("conv1")["weight"]
    change = [float(np.linalg.norm(np.float64(b) - a)) for a, b in zip(first, second, strict=True)]
    pairs = kernels_moved(tuned, 3)
    assert pairs.which == tuple(sorted(range(len(change)), key=lambda i: -change[i])[:3])
    assert np.array_equal(pairs.after, second[[*pairs.which]])
    image = tuned.examples.examples[0].source.read()
    late = maps_moved(tuned, image, "layer4", 2)
    before, after = (explorer.run(network, image)["layer4"] for network in (tuned.frozen, tuned.network))
    for i, c in enumerate(late.which):
        assert np.array_equal(late.before[i], before[c])
        assert np.array_equal(late.after[i], after[c])
        lengths = np.linalg.norm(np.float64(after[c]) - before[c]), np.linalg.norm(np.float64(before[c]))
        assert late.shares[i] == pytest.approx(lengths[0] / lengths[1])
    rows, scale = map_rows(late)
    widths = {Image.open(io.BytesIO(row)).size for row in rows}
    assert len(rows) == 3
    assert len(widths) == 1
    assert scale.high >= max(late.before.max(), late.after.max())


def test_with_the_head_alone_nothing_is_to_be_compared(found: Learned) -> None:
    for ask in (moved, kernels_moved):
        with pytest.raises(Unsuited, match="Nothing but the head was trained"):
            ask(found)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", [0.05, 0.3])
def test_marks_of_any_size_lie_in_their_corner(place: str, size: float) -> None:
    image = read_image(np.full((120, 200, 3), 128, np.uint8), "grey")
    mark = Mark(size, place)
    changed = (marked(image, mark).pixels != image.pixels).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert mark_box(image, mark) == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    assert (rows.mean() > 60) == place.startswith("bottom")
    assert (columns.mean() > 100) == place.endswith("right")
    assert rows.max() - rows.min() + 1 == round(size * 120)
    moved_to = np.argwhere((marked(image, mark.moved).pixels != image.pixels).any(axis=2)).mean(axis=0)
    np.testing.assert_allclose(moved_to + np.array([rows.mean(), columns.mean()]), [119, 199], atol=1.1)


@pytest.mark.parametrize("wrong", [{"size": 0.5}, {"size": 0.0}, {"place": "middle"}])
def test_marks_that_there_are_not(wrong: dict[str, object]) -> None:
    with pytest.raises(BadOption, match=r"A mark has a size from|There is no place 'middle'"):
        Mark(**wrong)  # type: ignore[arg-type]


def test_a_sweep_is_a_training_for_each_size_on_the_same_division(found: Learned) -> None:
    told: list[tuple[int, int | None]] = []
    swept = sweep_mark(found, "good", "bottom right", (0.1, 0.3), lambda *done: told.append(done))
    for size, one in zip(swept.sizes, swept.exposed, strict=True):
        mark = Mark(size, "bottom right")
        again = learn(found.base, with_mark(found.examples, 0, mark))
        assert [e.is_held_out for e in again.examples.examples] == [e.is_held_out for e in found.examples.examples]
        expected = exposed(again, "good", mark=mark)
        assert (one.accuracy, one.followed, one.before) == (expected.accuracy, expected.followed, expected.before)
        np.testing.assert_allclose(one.on_mark, expected.on_mark, atol=1e-3)
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    lines = swept_lines(swept)
    assert [line.values.tolist() for line in lines.lines][1] == pytest.approx([100 * e.followed for e in swept.exposed])


def test_pictures_that_tell_of_the_mark(found: Learned) -> None:
    shown = witnesses(found, "good", 1)
    assert [one.cells is None for one in shown] == [False, False, True, True, False]
    own = [one.source for one in found.examples.examples if one.is_held_out and one.label == 0][1]
    assert isinstance(own, Marked)
    plain = own.source.read()
    expected = [own.read(), marked(plain, Mark().moved), plain]
    assert [one.trace.image.digest for one in shown[:3]] == [image.digest for image in expected]
    assert shown[0].trace.target == 0
    assert shown[3].values is not None
    photos, evidence = witness_sheets(shown)
    assert evidence is not None
    sheets = [np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in (photos, evidence[0])]
    assert sheets[0].shape == sheets[1].shape
    white = (sheets[1] == 255).all(axis=2).reshape(sheets[1].shape[0], 5, -1).any(axis=(0, 2))
    assert white[[0, 1, 4]].all()  # a line around the mark's cells


def test_what_cannot_be_read_is_no_thumbnail(pocket: Network) -> None:
    good = drawn_set("parts", 2)["good"]
    sheet, names = readable_sheet([good[0], Content("broken.jpg", b"no picture"), good[1]], pocket)
    assert names == ("good 0", "good 1")
    assert Image.open(io.BytesIO(sheet)).size[0] == 2 * Image.open(io.BytesIO(sheet)).size[1]
    assert readable_sheet([Content("broken.jpg", b"")], pocket) == (b"", ())
