"""Pictures that are alike: against a slow search, and cell by cell."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

import explorer
from explorer.applications import alike, features, nearest, snippets
from explorer.applications.figures import alike_png, alike_scale, received_png
from explorer.errors import BadArgument, NotSpatial, Unsuited
from explorer.networks.network import Network
from explorer.pictures.samples import SAMPLES, load_sample
from explorer.snippets import Setting, own_picture, sample_picture
from explorer.trace import Trace


def slow(vectors: np.ndarray, query: np.ndarray) -> list[float]:
    """The cosine of each row, in Python."""
    found = []
    for row in vectors.tolist():
        product = math.fsum(a * b for a, b in zip(row, query.tolist(), strict=True))
        size = math.hypot(*row) * math.hypot(*query.tolist())
        found.append(product / size if size else -math.inf)
    return found


@pytest.mark.parametrize("n_rows", [1, 7, 4096, 9001])
def test_the_nearest_are_those_of_a_slow_search(n_rows: int) -> None:
    random = np.random.default_rng(n_rows)
    vectors = random.standard_normal((n_rows, 6)).astype(np.float32)
    query = random.standard_normal(6).astype(np.float32)
    which, cosines = nearest(vectors, query, 5)
    expected = slow(vectors, query)
    order = sorted(range(n_rows), key=lambda i: (-expected[i], i))[:5]
    assert which.tolist() == order
    assert cosines.tolist() == pytest.approx([expected[i] for i in order], abs=1e-6)
    assert cosines.dtype == np.float32


def test_lengths_do_not_count_and_equal_ones_stand_in_their_order() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((50, 8)).astype(np.float32)
    query = vectors[30] * np.float32(1e-12)
    vectors[41] = vectors[30] * np.float32(1e15)  # whose square is no float32
    which, cosines = nearest(vectors, query, 3)
    assert which[:2].tolist() == [30, 41]
    assert cosines[:2] == pytest.approx([1, 1])
    same = np.repeat(vectors[:1], 4, axis=0)
    assert nearest(same, vectors[0], 3)[0].tolist() == [0, 1, 2]


def test_as_many_as_there_are_are_found_in_two_hundred_thousand() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((200_000, 16)).astype(np.float32)
    which, cosines = nearest(vectors, vectors[123_456], 5)
    whole = vectors.astype(np.float64)
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    expected = np.argsort(-(whole @ whole[123_456]), kind="stable")[:5]
    assert which.tolist() == expected.tolist()
    assert which[0] == 123_456
    assert cosines[0] == pytest.approx(1)


def test_rows_without_a_direction_are_near_to_nothing() -> None:
    vectors = np.array([[0, 0], [1, 1], [np.nan, 1], [-1, -1], [np.inf, 0]], np.float32)
    which, cosines = nearest(vectors, np.array([1, 1], np.float32), 5)
    assert which.tolist() == [1, 3]
    assert cosines.tolist() == pytest.approx([1, -1])


def test_what_cannot_be_searched_says_why() -> None:
    one = np.ones((3, 2), np.float32)
    for query in ([0, 0], [np.nan, 1], [np.inf, 1]):
        with pytest.raises(Unsuited, match="a mean of 0 for the picture, or are no numbers, so nothing is like"):
            nearest(one, np.array(query, np.float32))
    with pytest.raises(Unsuited, match=r"^There is no other picture to search in\. Upload some more"):
        nearest(one[:0], one[0])
    with pytest.raises(Unsuited, match="for the other pictures, or are no numbers, so none is like this one"):
        nearest(0 * one, one[0])
    with pytest.raises(Unsuited, match="a single channel: a mixture of one is the same in every picture"):
        nearest(one[:, :1], one[0, :1])
    with pytest.raises(BadArgument, match=r"not \(3, 2\) and \(3,\)\. Take them all from the same layer"):
        nearest(one, np.ones(3, np.float32))
    for n in (0, -1, True, 2.0):
        with pytest.raises(BadArgument, match="a whole number from 1 on"):
            nearest(one, one[0], n)  # type: ignore[arg-type]


def test_cells_add_up_to_the_cosine(pocket: Network, pocket_trace: Trace) -> None:
    other = explorer.run(pocket, load_sample("coffee"))
    for layer in (pocket.stages[0], pocket.cam_layer):
        pair = np.stack([features(trace, layer) for trace in (pocket_trace, other)])
        (cosine,) = slow(pair[1:], pair[0])
        for trace, against in ((pocket_trace, pair[1]), (other, pair[0])):
            found = alike(trace, layer, against)
            assert found.shape == trace[layer].shape[1:]
            assert float(found.sum(dtype=np.float64)) == pytest.approx(cosine, abs=1e-5)
    values = pocket_trace[layer].astype(np.float64)
    size = np.linalg.norm(values.mean(axis=(1, 2))) * np.linalg.norm(pair[1])
    first = sum(float(v) * float(w) for v, w in zip(values[:, 0, 0], pair[1], strict=True)) / size / values[0].size
    assert alike(pocket_trace, layer, pair[1])[0, 0] == pytest.approx(first, abs=1e-6)
    with pytest.raises(NotSpatial, match="fc has no maps, so nothing in it knows where"):
        alike(pocket_trace, "fc", pair[0])


def test_features_are_the_means_of_channels(pocket_trace: Trace) -> None:
    for layer in ("layer2", "avgpool", "fc"):
        values = pocket_trace[layer]
        expected = [math.fsum(part.ravel().tolist()) / part.size for part in values.reshape(len(values), -1)]
        assert features(pocket_trace, layer) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_a_picture_is_nearest_to_itself_and_the_sheets_hold_all(pocket: Network, pocket_trace: Trace) -> None:
    traces = [explorer.run(pocket, load_sample(name)) for name in ("coffee", "chelsea", "raccoon")]
    own = features(pocket_trace, "layer4")
    which, cosines = nearest(np.stack([features(trace, "layer4") for trace in traces]), own)
    assert which[0] == 1
    assert cosines[0] == pytest.approx(1)
    maps = [alike(trace, "layer4", own) for trace in traces]
    for png in (received_png(traces), alike_png(traces, maps, alike_scale(maps), "layer4")):
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        assert width == 3 * height


def test_the_code_finds_the_same(pocket: Network, pocket_trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "load_network", functools.cache(explorer.load_network))
    names = [name for name in SAMPLES if name != "chelsea"][:4]
    setting = Setting("pocket_resnet", "pretrained", sample_picture("chelsea"), "top")
    code = snippets.searched(setting, "layer3", [sample_picture(name) for name in names], 3)
    scope: dict[str, np.ndarray] = {}
    exec(code, scope)
    rows = np.stack([features(explorer.run(pocket, load_sample(name)), "layer3") for name in names])
    which, cosines = nearest(rows, features(pocket_trace, "layer3"), 3)
    assert scope["found"].tolist() == which.tolist()
    assert scope["array"] == pytest.approx(cosines, abs=1e-6)
    own = snippets.searched(Setting("a", "random", own_picture(), 0), "layer3", [own_picture()], 3)
    assert "load_sample" not in own
    for application, expected in (
        (snippets.located(setting, 0.4), np.array(explorer.applications.locate(pocket_trace, 0.4).in_picture)),
        (snippets.segmented(setting, 0.3, 0.7), explorer.applications.segment(pocket_trace, 0.3, 0.7).in_picture),
    ):
        exec(application, scope)
        assert np.array_equal(scope["array"], expected)
