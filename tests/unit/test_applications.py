"""Boxes and masks: around what is planted, against masks that are known, and by what must hold."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import explorer
from explorer.applications import locate, segment
from explorer.applications.figures import cut_out_png, mask_png
from explorer.applications.sentences import located_sentence, segmented_sentence
from explorer.drawing.picture import enlarge
from explorer.errors import BadOption, NoTarget, NotFinite, NotSpatial, Unsuited
from explorer.faithfulness.scores import bright_box
from explorer.loading.catalog import FIRST_NETWORK
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput, read_image
from explorer.pictures.samples import SAMPLES, load_sample
from explorer.trace import Trace
from tests.tiny import as_network


class Brightness(nn.Module):
    """Class 0 is brightness and class 1 darkness, in cells of 8 x 8 pixels."""

    def __init__(self, n_times: float = 1.0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 8, stride=8, bias=False)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.conv.weight[0] = n_times / 192
            self.conv.weight[1] = -n_times / 192
            self.fc.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.fc(self.pool(self.relu(self.conv(x))).flatten(1))
        return made


def bright_in(box: tuple[int, int, int, int], height: int = 64, width: int = 64, level: int = 255) -> ImageInput:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[box[0] : box[2], box[1] : box[3]] = level
    return read_image(pixels, "planted")


@pytest.fixture(scope="module")
def lamp() -> Network:
    return as_network(Brightness(), 64, ("bright", "dark"))


PLANTED = [(8, 16, 32, 40), (0, 0, 16, 24), (40, 48, 64, 64), (24, 0, 40, 64)]


@pytest.mark.parametrize("box", PLANTED)
def test_the_box_is_around_what_is_bright_to_a_cell(box: tuple[int, int, int, int], lamp: Network) -> None:
    found = locate(explorer.run(lamp, bright_in(box), 0), 0.5)
    assert np.abs(np.array(found.box) - box).max() <= 8
    assert found.in_picture == found.box  # the picture is as large as what is received
    assert found.share == (found.box[2] - found.box[0]) * (found.box[3] - found.box[1]) / 64**2


def test_the_box_is_told_in_pixels_of_the_picture(lamp: Network) -> None:
    """The network receives the middle of a wide picture, at half its size."""
    wide = bright_in((32, 96, 64, 160), 128, 256)
    found = locate(explorer.run(lamp, wide, 0), 0.5)
    assert np.abs(np.array(found.in_picture) - (32, 96, 64, 160)).max() <= 16
    assert np.array(found.in_picture) == pytest.approx(np.array(found.box) * 2 + (0, 64, 0, 64))


def test_a_higher_threshold_gives_a_smaller_box(pocket_trace: Trace, lamp: Network) -> None:
    for trace in (pocket_trace, explorer.run(lamp, bright_in((8, 8, 40, 40)), 0)):
        found = [locate(trace, threshold) for threshold in np.linspace(0.05, 1, 20).tolist()]
        n_bright = [int(one.bright.sum()) for one in found]
        assert n_bright == sorted(n_bright, reverse=True)
        assert all((b.bright <= a.bright).all() for a, b in pairwise(found))
        assert [bright_box(one.values, one.threshold) for one in found] == [one.box for one in found]
    shares = [one.share for one in found]  # of one thing, without another to jump to
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < shares[0]


def test_the_map_is_grad_cam_enlarged(pocket_trace: Trace) -> None:
    layer = pocket_trace.network.cam_layer
    weights = pocket_trace.gradient(layer).mean(axis=(1, 2))
    cells = np.maximum(np.einsum("c,chw->hw", weights, pocket_trace[layer]), 0)
    size = pocket_trace.prepared.size
    assert locate(pocket_trace).values == pytest.approx(
        enlarge(cells, *size, pocket_trace.network.places(layer)), abs=1e-5
    )


def test_the_usual_share_puts_a_box_around_the_first_thing_that_is_seen() -> None:
    """Not around all that the network received, which at 20 % it is."""
    trace = explorer.run(explorer.load_network(FIRST_NETWORK), load_sample(next(iter(SAMPLES))), "top")
    assert locate(trace).share < 0.75
    assert locate(trace, 0.2).share == 1


def test_what_gives_no_box_says_why(lamp: Network, pocket_trace: Trace) -> None:
    with pytest.raises(Unsuited, match=r"no positive evidence for “dark” in .* Choose another class or picture"):
        locate(explorer.run(lamp, bright_in((0, 0, 64, 64)), 1))
    for wrong in (0, 1.5, float("nan"), True, "0.2"):
        with pytest.raises(
            BadOption, match=r"^The threshold is .*; a share of the maximum above 0, up to 1, is needed"
        ):
            locate(pocket_trace, wrong)  # type: ignore[arg-type]
    with pytest.raises(NotSpatial, match="has no feature maps"):
        locate(explorer.run(explorer.load_network("mlp"), load_sample("digit"), "top"))
    with pytest.raises(NoTarget):
        locate(explorer.run(lamp, bright_in((0, 0, 8, 8))))
    broken = as_network(Brightness(float("nan")), 64, ("bright", "dark"))
    with pytest.raises(NotFinite, match="no numbers, so nothing can be found by them"):
        locate(explorer.run(broken, bright_in((0, 0, 8, 8)), 0))


def test_a_constant_picture_has_its_evidence_everywhere(lamp: Network) -> None:
    trace = explorer.run(lamp, bright_in((0, 0, 64, 64)), 0)
    found = locate(trace)
    assert found.share == 1
    assert re.search(
        r"^What reaches 50\u00a0% .* goes from edge to edge, so the box is all", located_sentence(trace, found)
    )
    part = replace(found, box=(0, 0, 32, 32), in_picture=(0, 0, 32, 32))
    assert located_sentence(trace, part) == (
        "“bright”: y 0 to 32, x 0 to 32, in a picture of 64 × 64 pixels. The box is 25.0\u00a0% of what the network "
        "received."
    )


def disc_in(side: int, cy: float, cx: float, radius: float) -> tuple[ImageInput, np.ndarray]:
    """A bright disc on dark ground, both with grain; and where it is."""
    y, x = np.mgrid[:side, :side]
    inside = (y - cy) ** 2 + (x - cx) ** 2 <= radius**2
    grain = np.random.default_rng(1).integers(0, 30, (side, side, 3))
    pixels = np.where(inside[..., None], (200, 190, 120), (10, 30, 60)) + grain
    return read_image(pixels.astype(np.uint8), "disc"), inside


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize(("cy", "cx", "radius"), [(30, 34, 14), (18, 40, 11), (40, 24, 19)])
def test_the_mask_is_the_thing_where_the_map_is_only_near_it(cy: float, cx: float, radius: float) -> None:
    network = as_network(Brightness(), 64, ("bright", "dark"))
    image, inside = disc_in(64, cy, cx, radius)
    trace = explorer.run(network, image, 0)
    found = segment(trace, 0.5, 0.8)
    assert overlap(found.mask, inside) > 0.95
    assert overlap(found.mask, inside) > overlap(found.given % 2 == 1, inside)
    assert np.array_equal(found.in_picture, found.mask)  # the picture is as large as what is received
    assert found.share == found.mask.mean()
    again = segment(trace, 0.5, 0.8)
    assert np.array_equal(again.mask, found.mask)


def test_what_is_sure_stays_and_the_mask_lies_over_the_whole_picture(lamp: Network) -> None:
    image, inside = disc_in(128, 60, 70, 30)
    wide = read_image(np.pad(image.pixels, ((0, 0), (40, 88), (0, 0)), mode="reflect"), "wide")
    trace = explorer.run(lamp, wide, 0)
    found = segment(trace, 0.5, 0.8)
    assert found.mask[found.given == 1].all()
    assert not found.mask[found.given == 0].any()
    assert found.in_picture.shape == wide.pixels.shape[:2]
    left, right = (round(edge) for edge in trace.prepared.box[1::2])
    assert not found.in_picture[:, :left].any()
    assert not found.in_picture[:, right:].any()
    truth = np.pad(inside, ((0, 0), (40, 88)))
    assert overlap(found.in_picture[:, left:right], truth[:, left:right]) > 0.9


def test_the_files_hold_the_mask(lamp: Network) -> None:
    image, _ = disc_in(64, 30, 34, 14)
    mask = segment(explorer.run(lamp, image, 0), 0.5).in_picture
    black_and_white = np.asarray(Image.open(io.BytesIO(mask_png(mask))))
    assert np.array_equal(black_and_white[..., 0] == 255, mask)
    assert set(np.unique(black_and_white)) == {0, 255}
    alone = np.asarray(Image.open(io.BytesIO(cut_out_png(image.pixels, mask))))
    assert np.array_equal(alone[..., :3], image.pixels)
    assert np.array_equal(alone[..., 3] == 255, mask)


def test_where_there_is_nothing_to_tell_apart_it_is_said(lamp: Network, pocket_trace: Trace) -> None:
    flat = explorer.run(lamp, bright_in((0, 0, 64, 64)), 0)
    with pytest.raises(Unsuited, match=r"in all of the picture, so nothing is left .* Raise the threshold\.$"):
        segment(flat)
    disc = explorer.run(lamp, disc_in(64, 30, 34, 14)[0], 0)
    with pytest.raises(
        Unsuited, match=r"reaches the threshold in \d of 4096 pixels: too few .* Lower the threshold\.$"
    ):
        segment(disc, 1.0, 1.0)
    with pytest.raises(BadOption, match=r"^What is sure begins at 0\.1 of the maximum, below the threshold of 0\.5"):
        segment(pocket_trace, 0.5, 0.1)
    with pytest.raises(BadOption, match=r"^The sure share is 2;"):
        segment(pocket_trace, 0.5, 2)


def test_a_picture_of_one_colour_has_no_border() -> None:
    """Padding alone makes its map uneven."""
    padded = Brightness()
    padded.conv = nn.Conv2d(3, 2, 9, stride=8, padding=8, bias=False)
    with torch.no_grad():
        padded.conv.weight[0], padded.conv.weight[1] = 1 / 243, -1 / 243
    trace = explorer.run(as_network(padded, 64, ("bright", "dark")), bright_in((0, 0, 64, 64), level=200), 0)
    with pytest.raises(Unsuited, match=r"^All of the picture has one colour, so there is no border .* another picture"):
        segment(trace, 0.9, 0.95)


def test_a_mask_of_all_is_said_to_be_that(lamp: Network) -> None:
    image, _ = disc_in(64, 30, 34, 14)
    trace = explorer.run(lamp, image, 0)
    whole = replace(segment(trace, 0.5), mask=np.ones((64, 64), bool))
    assert segmented_sentence(trace, whole).startswith(
        "GrabCut found nothing in the picture that looks other than “bright”"
    )
