"""Where a map is drawn: each of its cells in the middle of the pixels that it sees."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

import explorer
from explorer.attribution import class_activation_map, fuse
from explorer.attribution.figures import Drawing, enlarged, laid_over
from explorer.drawing.color import scale_of
from explorer.drawing.picture import enlarge, overlay
from explorer.drawing.placing import IN_PLACE, STRETCHED, note
from explorer.elements.overlay import Heat
from explorer.faithfulness.curves import deletion, insertion
from explorer.faithfulness.report import report_card
from explorer.faithfulness.scores import agreement, entropy, gini, localisation
from explorer.geometry import Places, ReceptiveField
from explorer.networks.network import Network
from explorer.trace import FloatArray, Trace
from tests.arrays import numbers
from tests.tiny import ARCHITECTURES, chain, tiny_network

PLACES = Places((3.5, 2.0), (4.0, 2.5), (20, 24))
UNPADDED = ("lenet5", "basic_cnn", "squeezenet1_1", "alexnet", "inception_v3")


def slow(values: FloatArray, height: int, width: int, places: Places) -> NDArray[np.float64]:
    """Pixel by pixel: how far between which two cells, by the picture's own pixels."""
    found = np.empty((height, width), np.float64)
    for y, x in np.ndindex(height, width):
        at = []
        for axis, pixel, n in ((0, y, height), (1, x, width)):
            middle = (pixel + 0.5) / n * places.size[axis] - 0.5
            at.append(min(max((middle - places.first[axis]) / places.step[axis], 0), values.shape[axis] - 1))
        found[y, x] = sum(
            max(0, 1 - abs(at[0] - i)) * max(0, 1 - abs(at[1] - j)) * values[i, j] for i, j in np.ndindex(values.shape)
        )
    return found


@pytest.mark.parametrize("factor", [1, 3])
def test_between_the_middles_of_cells_a_map_is_bilinear(factor: int) -> None:
    values = numbers(4, 7, seed=3)
    found = enlarge(values, 20 * factor, 24 * factor, PLACES)
    assert found == pytest.approx(slow(values, 20 * factor, 24 * factor, PLACES), abs=1e-5)
    assert values.min() <= found.min() < found.max() <= values.max()


def test_beyond_the_outermost_cells_nothing_is_made_up() -> None:
    values = numbers(4, 7, seed=3)
    found = enlarge(values, 20, 24, PLACES)
    assert (found[:4, :3] == values[0, 0]).all()  # the first middle lies at (3.5, 2)
    assert (found[16:, 17:] == values[-1, -1]).all()  # and the last at (15.5, 17)
    assert (found[:4] == found[0]).all()
    assert (enlarge(np.full((4, 7), 7, np.float32), 20, 24, PLACES) == 7).all()


def test_as_cells_each_pixel_has_the_nearest_cell_s_value() -> None:
    values = numbers(4, 7, seed=3)
    found = enlarged(values, (20, 24), True, PLACES)
    for y, x in np.ndindex(20, 24):
        i = min(range(4), key=lambda k, y=y: (abs(3.5 + 4 * k - y), -k))
        j = min(range(7), key=lambda k, x=x: (abs(2 + 2.5 * k - x), -k))
        assert found[y, x] == values[i, j], (y, x)


def one_hot(shape: tuple[int, ...], at: tuple[int, ...]) -> FloatArray:
    values = np.zeros(shape, np.float32)
    values[at] = 1
    return values


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "overwriting"])
def test_a_cell_is_brightest_in_the_middle_of_what_it_sees_or_cells_cover_the_picture(name: str) -> None:
    network = tiny_network(ARCHITECTURES[name]())
    for layer in network.layers.values():
        places, field = network.places(layer.name), layer.receptive_field
        if not layer.is_spatial or field.whole:
            assert places is None
            continue
        covers = [n * jump >= 24 for n, jump in zip(layer.size, field.jump, strict=True)]
        assert (places is None) == all(covers), layer.name
        if places is None:
            continue
        for i, j in np.ndindex(layer.size):
            drawn = enlarge(one_hot(layer.size, (i, j)), 240, 240, places)
            inside = [0 < k < n - 1 for k, n in zip((i, j), layer.size, strict=True)]
            at = np.argwhere(drawn == drawn.max()).mean(axis=0) / 10 + 0.05  # in pixels, 0 the border
            for axis, k in enumerate((i, j)):
                if inside[axis] and not covers[axis]:
                    seen = field.start[axis] + k * field.jump[axis] + field.size[axis] / 2
                    assert at[axis] == pytest.approx(seen, abs=0.06), (layer.name, i, j)


_AROUND = 5  # cells by which a picture is larger on each side, so that no field is cut off at its border


def gradient_centres(network: Network, layer: str, cells: list[tuple[int, int]]) -> list[FloatArray]:
    """(y, x) of the centre of mass of the squared slopes of each cell, its channels added up with random signs, if the
    picture went on beyond its border."""
    margin = _AROUND * network.layer(layer).receptive_field.jump[0]
    side, generator = network.preprocessing.size + 2 * margin, torch.Generator().manual_seed(0)
    x = torch.randn(1, network.preprocessing.n_channels, side, side, generator=generator).requires_grad_(True)
    values = network.layer(layer).channels_first(network.graph.up_to(network.resolve(layer), x))[0]
    signs, centres = torch.randint(0, 2, values.shape[:1], generator=generator) * 2.0 - 1, []
    for y, x_of in cells:
        score = (values[:, y + _AROUND, x_of + _AROUND] * signs).sum()
        (gradient,) = torch.autograd.grad(score, x, retain_graph=True)
        mass = gradient[0].square().sum(dim=0).double().numpy()
        rows, columns = mass.sum(axis=1), mass.sum(axis=0)
        centres.append(np.array([one @ np.arange(side) / mass.sum() - margin for one in (rows, columns)]))
    return centres


@pytest.mark.parametrize("name", UNPADDED)
def test_cells_are_drawn_where_their_gradients_lie(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    layer, side = network.cam_layer, network.preprocessing.size
    places, size = network.places(layer), network.layer(layer).size
    assert places is not None
    cells = [(int(y), int(x)) for y, x in np.random.default_rng(0).integers(size, size=(20, 2))]
    off: list[FloatArray] = []
    off_stretched: list[FloatArray] = []
    for at, centre in zip(cells, gradient_centres(network, layer, cells), strict=True):
        for drawing, kept in ((places, off), (None, off_stretched)):
            drawn = enlarge(one_hot(size, at), side, side, drawing)
            # of an outermost cell all is bright up to the border: the nearest bright pixel counts
            kept.append(np.abs(np.argwhere(drawn == drawn.max()) - centre).min(axis=0))
    assert np.max(off) < places.step[0]
    assert np.mean(off) < np.mean(off_stretched)


@pytest.mark.parametrize("name", UNPADDED)
def test_places_are_those_of_the_receptive_field(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    expected = {"lenet5": (6.5, 2), "basic_cnn": (3.5, 2), "inception_v3": (37, 32)}.get(name, (15, 16))
    places, field = network.places(network.cam_layer), network.layer(network.cam_layer).receptive_field
    assert places is not None
    assert (places.first[0], places.step[0]) == expected
    assert places.first[0] == field.start[0] + (field.size[0] - 1) / 2


@pytest.mark.parametrize("name", ["pocket_resnet", "resnet18", "googlenet", "mobilenet_v2"])
def test_padded_networks_are_drawn_as_before(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    assert [stage for stage in network.stages if network.places(stage) is not None] == []


def test_a_map_that_covers_one_axis_alone_is_stretched_there() -> None:
    network = tiny_network(chain(nn.Conv2d(3, 2, (5, 3), padding=(0, 1))))
    places = network.places("0")
    assert places == Places((2.0, 0.0), (1.0, 1.0), (24, 24))
    assert ReceptiveField(start=(-1, -1), size=(3, 3)).places((24, 24), (24, 24)) is None


def test_overlays_maps_in_one_and_heat_maps_take_the_places(digit: Trace) -> None:
    places, layer = digit.network.places("s2"), "s2"
    assert places is not None
    values = np.maximum(digit.spatial(layer)[0][0], 0)
    photo = np.zeros((64, 64, 3), np.uint8)
    shown = enlarge(values, 64, 64, places)
    scale = scale_of(values)
    assert np.array_equal(overlay(photo, values, scale, places=places), overlay(photo, shown, scale))
    assert np.array_equal(laid_over(photo, values, scale, Drawing(), places), overlay(photo, shown, scale))
    fused = fuse([values], (32, 32), places=[places])
    assert fused == pytest.approx(np.tanh(2 * enlarge(values, 32, 32, places) / values.max()), abs=1e-6)
    address = Heat(values, scale, "a map", places=places).png()
    drawn = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))
    assert np.array_equal(np.asarray(drawn), scale.indices(enlarged(values, (32, 32), True, places)))


def test_the_legend_says_which_drawing_it_is_where_they_differ() -> None:
    assert note(None, None) == ""
    assert IN_PLACE in note(PLACES, PLACES)
    assert STRETCHED in note(PLACES, None)


def test_an_answer_of_pixels_has_no_places(digit: Trace) -> None:
    found = explorer.attribute(digit.network, digit.image, "grad_cam")
    assert found.places == digit.network.places(digit.network.cam_layer)
    assert explorer.attribute(digit.network, digit.image, "gradient").places is None
    assert np.array_equal(found.values, class_activation_map(digit))


def test_a_map_is_scored_where_its_cells_lie(digit: Trace) -> None:
    found = explorer.attribute(digit.network, digit.image, "layer_cam", layer="s2")
    assert found.places == digit.network.places("s2")
    large = enlarge(found.values, 32, 32, found.places)
    card = report_card(digit, found, n_steps=4)
    assert np.array_equal(card.deletion.probabilities, deletion(digit, large, n_steps=4).probabilities)
    assert np.array_equal(card.insertion.probabilities, insertion(digit, large, n_steps=4).probabilities)
    assert not np.array_equal(card.deletion.at_step(1), deletion(digit, found.values, n_steps=4).at_step(1))
    assert (card.entropy, card.gini) == (entropy(large), gini(large))
    assert localisation(found, (4, 4, 20, 20), (32, 32)) == localisation(large, (4, 4, 20, 20), (32, 32))


def test_maps_whose_cells_lie_apart_are_compared_on_the_picture(digit: Trace) -> None:
    fine, coarse, pixels = (
        explorer.attribute(digit.network, digit.image, method, layer=layer, signed=True)
        for method, layer in (("layer_cam", "s2"), ("layer_cam", "tanh3"), ("gradient", None))
    )
    expected = agreement([enlarge(one.values, 32, 32, one.places) for one in (fine, coarse, pixels)])
    assert agreement([fine, coarse, pixels]) == pytest.approx(expected, abs=1e-9)
    alike = explorer.attribute(digit.network, digit.image, "hires_cam", layer="s2", signed=True)
    assert agreement([fine, alike]) == pytest.approx(agreement([fine.values, alike.values]), abs=1e-9)
