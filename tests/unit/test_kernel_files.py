"""Kernels in the browser: in the colours of the server's own pictures, to the level, whichever filter is chosen."""

from __future__ import annotations

import base64
import gzip

import numpy as np
import pytest
from torch import nn

import explorer
from explorer.drawing.color import Scale, palette
from explorer.drawing.picture import reduced
from explorer.filters.figures import filter_sheet, page_with, rgb_tile, scale_around
from explorer.filters.files import InputFile, input_file, sheet_file
from explorer.filters.weights import chosen_kernels, inputs_of, kernels
from explorer.networks.network import Network
from explorer.trace import Trace
from tests.in_node import in_node
from tests.tiny import as_network

TILE = "all.tileAt(buffer, given, given.n, set, i)"
BUFFER = "const buffer = Uint8Array.from(Buffer.from(given.file, 'base64')).buffer;"


def given(packed: bytes, form: str, tile: list[int], response: tuple[int, int] | None, n: int) -> dict[str, object]:
    return {
        "file": base64.b64encode(gzip.decompress(packed)).decode(), "form": form, "tile": tile, "response": response,
        "limits": None, "n": n, "palette": palette("signed").ravel().tolist(),
    }  # fmt: skip


def tiles(sent: dict[str, object], sets: int = 1) -> np.ndarray:
    """The values of every tile of every set, as the browser finds them."""
    found = in_node(
        "kernels/tiles.js",
        f"(() => {{ {BUFFER} return Array.from({{ length: {sets} }}, (_, set) => Array.from({{ length: given.n }}, "
        f"(_, i) => [...{TILE}.values])); }})()",
        sent,
    )
    return np.asarray(found, np.float32)


@pytest.mark.parametrize("layer", ["conv1", "layer1.0.conv1", "layer2.0.downsample.0", "fc"])
@pytest.mark.parametrize("is_folded", [False, True])
def test_every_tile_has_the_weights_of_its_filter(pocket: Network, layer: str, is_folded: bool) -> None:
    filters = [5, 2, 9]
    file = sheet_file(pocket, layer, filters, is_folded, None)
    sheet = filter_sheet(pocket, layer, filters, is_folded)
    assert file.sheet.png == sheet.png
    size = [3 if sheet.form == "colour" else 1, *[1, *sheet.tiles.shape[1:]][-2:]]
    assert np.array_equal(tiles(given(file.packed, sheet.form, size, None, 3))[0], sheet.tiles.reshape(3, -1))
    if sheet.form == "signed":  # of each the strongest kernel
        weights = chosen_kernels(pocket, layer, filters, is_folded)
        energy = (weights.astype(np.float64) ** 2).sum(axis=(2, 3))
        assert np.array_equal(sheet.tiles, [w[i] for w, i in zip(weights, energy.argmax(axis=1), strict=True)])


def test_a_response_beside_its_filter_is_drawn_as_on_the_picture(pocket_trace: Trace) -> None:
    filters = [3, 30]
    file = sheet_file(pocket_trace.network, "conv1", filters, False, pocket_trace)
    assert file.response == reduced(pocket_trace["conv1"][3]).shape
    sent = given(file.packed, "colour", [3, *file.sheet.tiles.shape[2:]], file.response, 2)
    found = in_node(
        "kernels/tiles.js",
        f"(() => {{ {BUFFER} return [0, 1].map((i) => [...all.tileAt(buffer, given, 2, 0, i).levels]); }})()",
        sent,
    )
    for index, levels in zip(filters, np.uint8(found), strict=True):
        values = pocket_trace["conv1"][index]
        assert np.array_equal(levels, scale_around(values).indices(reduced(values)).ravel())


def all_inputs(trace: Trace, layer: str, filters: tuple[int, ...], index: int) -> tuple[InputFile, range]:
    inputs = inputs_of(trace.network, layer, index)
    shown = page_with(inputs, inputs[-1], 32).shown
    return input_file(trace, layer, filters, index, shown, False), range(shown[0], shown[-1] + 1)


def test_the_kernels_of_all_filters_of_a_page_are_there(pocket_trace: Trace) -> None:
    filters = (7, 1, 12)
    file, inputs = all_inputs(pocket_trace, "layer2.0.conv2", filters, 1)
    assert file.filters == filters
    assert file.firsts == (inputs[0],) * 3
    weights = kernels(pocket_trace.network, "layer2.0.conv2")
    assert file.limits == tuple(float(np.abs(weights[one]).max()) for one in filters)
    found = tiles(given(file.packed, "signed", [1, 3, 3], None, len(inputs)), 3)
    assert np.array_equal(found.reshape(3, len(inputs), 3, 3), weights[[*filters]][:, inputs[0] : inputs[-1] + 1])


def test_where_that_is_a_large_file_the_chosen_filter_s_are_there(
    pocket_trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.filters.files.MOST_KERNELS", 9 * 32 * 2)
    file, inputs = all_inputs(pocket_trace, "layer2.0.conv2", (7, 1, 12), 1)
    assert file.filters == (1,)
    expected = kernels(pocket_trace.network, "layer2.0.conv2")[1, inputs[0] : inputs[-1] + 1]
    found = tiles(given(file.packed, "signed", [1, 3, 3], None, len(inputs)))
    assert np.array_equal(found.reshape(expected.shape), expected)


def test_browser_and_server_agree_on_the_colours_of_a_filter_and_on_its_limit() -> None:
    random = np.random.default_rng(2)
    for scale in (1.0, 1e-6, 300.0):
        weights = (scale * random.normal(size=(3, 4, 5))).astype(np.float32)
        weights[:, 0, 0] = [0, np.nan, np.abs(np.nan_to_num(weights)).max()]
        sent = [None if np.isnan(value) else float(value) for value in weights.ravel()]
        found = in_node(
            "kernels/tiles.js",
            "(() => { const values = Float32Array.from(given, (value) => value ?? NaN), limit = all.strongest(values); "
            "return { limit, pixels: [...all.coloured(values, limit)] }; })()",
            sent,
        )
        assert isinstance(found, dict)
        assert found["limit"] == scale_around(weights).high
        drawn = rgb_tile(weights)
        times = drawn.shape[1] / 5
        at = [int((x + 0.5) * times) for x in range(5)]
        assert np.array_equal(np.reshape(found["pixels"], (4, 5, 4)), drawn[np.ix_(at[:4], at)])


@pytest.mark.parametrize("limit", [0.37, 0.0])
def test_browser_and_server_agree_on_the_colours_of_a_kernel(limit: float) -> None:
    scale = Scale(-limit, limit, "signed")
    values = np.random.default_rng(4).uniform(-0.5, 0.5, 3000).astype(np.float32)
    found = in_node(
        "shared/colors.js",
        "[...all.painted(Float32Array.from(given.values), { low: -given.limit, high: given.limit, signed: true }, "
        "Uint8Array.from(given.palette))]",
        {"values": values.tolist(), "limit": limit, "palette": palette("signed").ravel().tolist()},
    )
    assert np.array_equal(np.reshape(found, (-1, 4))[:, :3], palette("signed")[scale.indices(values)])
    levels = in_node(
        "shared/colors.js",
        "[...all.inked(Uint8Array.from(given.levels), Uint8Array.from(given.palette))]",
        {"levels": [*range(256)], "palette": palette("signed").ravel().tolist()},
    )
    inks = np.reshape(levels, (256, 4))
    assert np.array_equal(inks[:255, :3], palette("signed")[:255])
    assert inks[255].tolist() == [0, 0, 0, 0]


def test_a_group_s_inputs_have_their_own_numbers(image: explorer.ImageInput) -> None:
    grouped = nn.Sequential(nn.Conv2d(3, 6, 3), nn.Conv2d(6, 4, 3, groups=2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    trace = explorer.run(as_network(grouped, 32), image)
    file = input_file(trace, "1", (0, 3), 3, (4, 5), False)
    assert (file.start, file.firsts) == (1, (1, 4))
    weights = kernels(trace.network, "1")
    found = tiles(given(file.packed, "signed", [1, 3, 3], None, 2), 2)
    assert np.array_equal(found.reshape(2, 2, 3, 3), weights[[0, 3]][:, 1:3])
