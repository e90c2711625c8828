"""What the player of a layer sends: of both sides the network's own maps, and where each channel is strongest."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
from typing import Any

import numpy as np
import pytest
import streamlit as st

from explorer.convolution.opened import open_value, strongest, strongest_places
from explorer.drawing.units import input_scale
from explorer.elements.sliding import pooled_side, pooling_data
from explorer.pooling.layers import pooling_of
from explorer.trace import Trace, as_maps, read_by
from explorer.ui.convolution import value as convolution
from explorer.ui.elements import media, operation
from explorer.ui.frame import link
from tests.unit.test_window import Files


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The data that a browser gets, with the files' maps in the place of their addresses."""
    files, found = Files(), {}
    monkeypatch.setattr(media, "get_instance", lambda: files)
    monkeypatch.setattr(st, "session_state", {"unit_y": 3})

    def call(key: str, data: list[dict[str, Any]], **callbacks: object) -> None:
        found.update(json.loads(json.dumps(data, allow_nan=False))[0])
        for side in (found["source"], found["output"], *([found["filters"]] if found["filters"] else [])):
            side["maps"] = [np.frombuffer(gzip.decompress(files.kept[part["url"]]), "<f4") for part in side["parts"]]

    monkeypatch.setattr(operation._operation, "_component", call)
    return found


def test_both_sides_are_the_network_s_own(pocket_trace: Trace, sent: dict[str, Any]) -> None:
    data = pooling_data(pocket_trace, pooling_of(pocket_trace.network, "maxpool"), 7, (3, None))
    operation.operation_player(data, (40, 40), "player")
    for side, maps in (("source", read_by(pocket_trace, "maxpool")), ("output", pocket_trace["maxpool"])):
        assert sent[side]["shape"] == list(maps.shape)
        assert np.array_equal(np.concatenate(sent[side]["maps"]), maps.ravel())
        assert sent[side]["scales"] == []  # each map spans its own values
    assert sent["source"]["labels"] == ["relu, channel {channel}: 80 × 80"]
    assert sent["output"]["labels"] == ["maxpool, channel {channel}: 40 × 40"]
    assert (sent["channel"], sent["at"], sent["rule"]) == (7, [3, None], "max")
    assert sent["best"] == [list(strongest(pocket_trace, "maxpool", c)[1:]) for c in range(32)]
    assert set(sent["palettes"]) == {"viridis", "signed"}


def whole(side: dict[str, Any]) -> np.ndarray:
    return np.concatenate(side["maps"]).reshape(side["shape"])


def test_a_convolution_sends_its_filters_too(pocket_trace: Trace, sent: dict[str, Any]) -> None:
    layer = "layer2.0.conv1"
    convolution.player(pocket_trace, open_value(pocket_trace, layer, (5, 3, 2)), 7, "player")
    assert np.array_equal(whole(sent["source"]), read_by(pocket_trace, layer))
    assert np.array_equal(whole(sent["output"]), pocket_trace[layer])
    assert np.array_equal(whole(sent["filters"]), pocket_trace.network.weights(layer)["weight"])
    assert (sent["size"], sent["stride"], sent["padding"], sent["dilation"]) == ([3, 3], [2, 2], [1, 1], [1, 1])
    assert (sent["filters"]["groups"], sent["filters"]["input"], sent["rule"]) == (1, None, "sum")
    assert sent["source"]["labels"] == ["layer1.1.relu_1, channel {channel}"]
    assert sent["note"] == "(with 31 other input channels)"
    scale = input_scale(pocket_trace, layer, 7)
    assert [(one["low"], one["high"]) for one in sent["source"]["scales"]] == [(scale.low, scale.high)]


def test_what_a_browser_works_out_is_the_recorded_value(pocket_trace: Trace, sent: dict[str, Any]) -> None:
    """Slide as the browser does, over every input channel: the subtotals add up to the output everywhere."""
    layer, index = "layer4.0.downsample.0", 11
    convolution.player(pocket_trace, open_value(pocket_trace, layer, (index, 0, 0)), 0, "player")
    source, filters = whole(sent["source"]), sent["filters"]
    _, rows, columns = source.shape
    part = next(i for i, one in enumerate(filters["parts"]) if 0 <= index - one["first"] < one["n"])
    kernel = filters["maps"][part].reshape(-1, *filters["shape"][1:])[index - filters["parts"][part]["first"]]
    total = np.zeros(pocket_trace[layer].shape[1:])
    for (y, x), (i, j) in itertools.product(np.ndindex(total.shape), np.ndindex(*sent["size"])):
        row = y * sent["stride"][0] - sent["padding"][0] + i * sent["dilation"][0]
        column = x * sent["stride"][1] - sent["padding"][1] + j * sent["dilation"][1]
        if 0 <= row < rows and 0 <= column < columns:
            total[y, x] += float((kernel[:, i, j].astype(np.float64) * source[:, row, column]).sum())
    assert np.allclose(total, pocket_trace[layer][index], rtol=1e-4, atol=1e-5)


def test_the_first_layer_shows_the_picture(pocket_trace: Trace, sent: dict[str, Any]) -> None:
    convolution.player(pocket_trace, open_value(pocket_trace, "conv1", (0, 3, 4)), 2, "player")
    low, high = (0 - 0.406) / 0.225, (1 - 0.406) / 0.225
    blue = sent["source"]["scales"][2]
    assert (blue["low"], blue["high"], blue["palette"]) == (pytest.approx(low), pytest.approx(high), "blue")
    assert {"red", "green", "blue"} <= set(sent["palettes"])
    colors = np.frombuffer(base64.b64decode(sent["palettes"]["blue"]), np.uint8).reshape(256, 3)[:255]
    assert (colors[:, 2] >= colors[:, :2].max(axis=1)).all()
    assert not colors[0].any()
    assert sent["source"]["units"][2].startswith("normalised blue, no unit: none of it is −1.804, full is 2.64")
    assert np.array_equal(whole(sent["source"])[2], pocket_trace.prepared.tensor[0, 2].numpy())
    assert sent["source"]["labels"][2] == "The picture, normalised, blue"


@pytest.mark.parametrize("layer", ["conv1", "layer2", "fc"])
def test_the_strongest_places_are_those_of_each_channel(pocket_trace: Trace, layer: str) -> None:
    places = strongest_places(pocket_trace, layer).tolist()
    assert len(places) == len(as_maps(pocket_trace[layer]))
    for channel in (0, 5, len(places) - 1):
        assert places[channel] == list((*strongest(pocket_trace, layer, channel), 0, 0)[1:3])


@pytest.mark.parametrize(
    ("said", "found"), [(0, 0), ("6", 6), (7, None), ("-1", None), (None, None), ("x", None), ("9" * 5000, None)]
)
def test_a_place_is_one_of_those_there_are(monkeypatch: pytest.MonkeyPatch, said: object, found: int | None) -> None:
    monkeypatch.setattr(st, "session_state", {"unit_y": said})
    assert link.standing_index("unit_y", 7) == found


def test_the_picture_s_own_channels_have_their_names_and_shades(pocket_trace: Trace) -> None:
    network = pocket_trace.network
    pooling = pooling_of(network, "maxpool")
    fields = {name: getattr(pooling, name) for name in pooling.__dataclass_fields__}
    of_picture = type(pooling)(**{**fields, "layer": "conv1", "source": None, "n_channels": 3})
    side = pooled_side(pocket_trace, of_picture, 2)
    assert [label.partition(":")[0] for label in side.labels] == [f"the picture, {c}" for c in ("red", "green", "blue")]
    assert list(side.scales) == [input_scale(pocket_trace, "conv1", c) for c in range(3)]
    assert "normalised blue" in side.units[2]
