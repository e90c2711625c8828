"""Maps of evidence in the browser: what goes there, and that they are drawn as the server draws them."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from explorer.attribution import METHODS, class_activation_map
from explorer.attribution.figures import map_scale, one_scale
from explorer.attribution.files import maps_file
from explorer.drawing.color import SEQUENTIAL, FloatArray, Scale, palette
from explorer.drawing.picture import enlarge
from explorer.drawing.placing import placed, placed_cells
from explorer.elements.probe import places_data
from explorer.geometry import Places
from explorer.trace import Trace
from tests.in_node import in_node

READ_OFF = [method for method, card in METHODS.items() if card.signed_map is not None]
SIDE = 96
PLACES = Places((5.5, 9.0), (7.25, 8.0), (SIDE, SIDE))  # maps of so many cells end before the picture does
AT_SIZE = "[...all.atSize({ values: Float32Array.from(given.values), shape: given.shape }, given.laid).values]"


@pytest.mark.parametrize("method", READ_OFF)
@pytest.mark.parametrize("signed", [False, True])
def test_a_file_holds_the_maps_of_all_layers_in_their_order(pocket_trace: Trace, method: str, signed: bool) -> None:
    layers = ["layer1", "layer4", "layer2.0.conv1"]
    maps = [class_activation_map(pocket_trace, method, layer, signed) for layer in layers]
    sent = np.frombuffer(gzip.decompress(maps_file(pocket_trace, method, layers, signed)), "<f4")
    assert np.array_equal(sent, np.concatenate([values.ravel() for values in maps]))


def numbers(rows: int, columns: int) -> FloatArray:
    return np.random.default_rng(rows).standard_normal((rows, columns)).astype(np.float32)


def in_browser(values: FloatArray, smooth: bool, places: Places | None) -> FloatArray:
    laid = {"places": places_data(places), "size": [SIDE, SIDE], "smooth": smooth}
    given = {"values": values.ravel().tolist(), "shape": list(values.shape), "laid": laid}
    return np.array(in_node("probe/over.js", AT_SIZE, given), np.float32)


@pytest.mark.parametrize("cells", [(1, 1), (7, 5), (10, 10)])
def test_the_browser_puts_cells_where_the_server_does(cells: tuple[int, int]) -> None:
    values = numbers(*cells)
    assert np.array_equal(in_browser(values, False, None), values.ravel()), "as it is, and stretched by the canvas"
    drawn = in_browser(values, False, PLACES)
    assert np.array_equal(drawn, placed_cells(values, SIDE, SIDE, PLACES).ravel())


@pytest.mark.parametrize("cells", [(1, 1), (7, 5), (10, 10), (48, 48)])
def test_the_browser_finds_the_server_s_numbers_between_the_cells(cells: tuple[int, int]) -> None:
    values = numbers(*cells)
    there = in_browser(values, True, PLACES)
    assert np.array_equal(there, placed(values, SIDE, SIDE, PLACES).ravel())
    stretched, expected = in_browser(values, True, None), enlarge(values, SIDE, SIDE).ravel()
    scale = map_scale(values, "inferno", True, False)
    away = np.abs(scale.indices(stretched).astype(int) - scale.indices(expected))
    assert away.max() <= 1  # where OpenCV rounds the other way
    assert np.count_nonzero(away) <= 1e-3 * away.size


@pytest.mark.parametrize("name", [*SEQUENTIAL, "signed"])
@pytest.mark.parametrize("fades", [False, True])
def test_browser_and_server_agree_on_every_colour_and_how_clear_it_is(name: str, fades: bool) -> None:
    scale = Scale(-3.1 if name == "signed" else 0.0, 3.1, name)
    values = np.concatenate([np.random.default_rng(5).uniform(-3.5, 3.5, 5_000), [0, 3.1, -3.1]]).astype(np.float32)
    given = {"values": values.tolist(), "scale": {"low": scale.low, "high": scale.high, "signed": scale.signed},
             "palette": palette(name).ravel().tolist(), "fades": fades}  # fmt: skip
    drawn = in_node(
        "shared/colors.js",
        "[...all.painted("
        "Float32Array.from(given.values), given.scale, Uint8Array.from(given.palette), 1, given.fades)]",
        given,
    )
    indices = scale.indices(values)
    found = np.reshape(drawn, (-1, 4))
    assert np.array_equal(found[:, :3], palette(name)[indices])
    assert np.array_equal(found[:, 3], scale.opacities[indices] if fades else np.full(len(values), 255))


@pytest.mark.parametrize("signed", [False, True])
def test_browser_and_server_agree_on_every_scale(signed: bool) -> None:
    maps = [numbers(4, 4), np.zeros((2, 2), np.float32), 3 * numbers(5, 3), np.array([[np.nan, 1, np.inf]], np.float32)]
    maps = maps if signed else [np.abs(values) for values in maps]
    scales = [map_scale(values, "inferno", signed, False) for values in maps]
    given = {"maps": [[str(value) for value in values.ravel()] for values in maps], "signed": signed}
    numbers_of = "Float32Array.from(one, (text) => Number(text.replace('inf', 'Infinity')))"
    own = f"given.maps.map((one) => all.scaleOf({numbers_of}, given.signed, null))"
    found = in_node("evidence/maps.js", f"[...{own}, all.widestOf({own})]", given)
    expected = [*scales, one_scale(scales)]
    assert found == [{"low": scale.low, "high": scale.high, "signed": scale.signed} for scale in expected]
