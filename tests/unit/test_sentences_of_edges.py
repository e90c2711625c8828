"""Sentences where a share is all but all, a count is one, or a map does not cover the picture."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.architecture.sentences import field_sentence
from explorer.attribution import Attribution, class_activation_map
from explorer.attribution.sentences import half_share, map_sentence, region
from explorer.classifier import sentences as classifier_say
from explorer.classifier.logits import READINGS, Ledger, ledger
from explorer.classifier.softmax import softmax_steps
from explorer.classifier.softmax_sentences import shift_sentence
from explorer.convolution.opened import open_value
from explorer.convolution.products import rank
from explorer.convolution.sentences import rank_sentence
from explorer.drawing.picture import enlarge
from explorer.feature_maps.channels import layer_histogram
from explorer.feature_maps.figures import histogram_bars
from explorer.feature_maps.sentences import layer_sentence, mosaic_texts
from explorer.filters import sentences as filter_say
from explorer.filters.sentences import filter_sentence
from explorer.networks.network import Network
from explorer.networks.preparation import Prepared
from explorer.overview.sentences import reading
from explorer.pictures.image import ImageInput
from explorer.pooling.layers import pooling_of
from explorer.pooling.sentences import what_sentence
from explorer.targets import Target
from explorer.trace import FloatArray, Trace
from explorer.wording import count, megabytes, number, percent, ratio_phrase, signed
from tests.tiny import as_network, chain, noise_image, tiny_network

# How numbers are written


@pytest.mark.parametrize(
    ("n", "text"),
    [(999, "999"), (999.6, "1 k"), (999_499, "999 k"), (999_600, "1 M"), (999_700_000, "1 G"), (1.5e12, "1.5 T")],
)
def test_three_figures_never_become_a_thousand(n: float, text: str) -> None:
    assert count(n) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (64, "64 bytes"), (999, "999 bytes"), (1024, "1.02 kB"), (999_700, "1 MB"),
     (999_800_000, "1 GB"), (12_300_000, "12.3 MB")],
)  # fmt: skip
def test_what_takes_memory_does_not_take_none(n: float, text: str) -> None:
    assert megabytes(n) == text


def test_numbers_in_print() -> None:
    assert [number(value) for value in (-0.0, 0.0, -0.5)] == ["0", "0", "−0.5"]
    assert [signed(value) for value in (-0.0, 123.4, -123.4, 2.0)] == ["+0.00", "+123", "−123", "+2.00"]
    assert [percent(share) for share in (1, 1.0001, 1.37, 20.0)] == [
        "100\u00a0%",
        "100\u00a0%",
        "137.0\u00a0%",
        "2,000.0\u00a0%",
    ]
    assert [ratio_phrase(n) for n in (9999.7, 999_999_900, 9.999e11, 2e12)] == [
        "10,000", "1 billion", "9.999 × 10^11", "2 × 10^12"
    ]  # fmt: skip


# All but all, and one alone


def test_a_field_is_all_in_the_middle_only_if_it_is(pocket: Network) -> None:
    side = pocket.preprocessing.size
    field = np.zeros((side, side), np.float32)
    field[80, 80] = 1
    assert "100\u00a0% of its" in field_sentence(pocket, "layer1", 20, 20, field)
    field[66, 66] = 1e-5
    assert "99.99\u00a0% of its" in field_sentence(pocket, "layer1", 20, 20, field)


def test_a_histogram_is_all_zero_only_if_it_is(image: ImageInput) -> None:
    conv = nn.Conv2d(3, 8, 3)
    trace = explorer.run(tiny_network(nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                                    nn.Linear(8, 4)), 48), image)  # fmt: skip
    found = replace(layer_histogram(trace, "1"), n_negative=0, n_zero=999_999, n_positive=1)
    assert [part.name for part in histogram_bars(found).parts] == ["zero 99.99\u00a0%", "positive <\u00a00.01\u00a0%"]


def test_one_channel_is_and_several_are(image: ImageInput) -> None:
    conv, fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)
    module = nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), fc)
    with torch.no_grad():
        conv.weight.zero_()
        conv.bias = nn.Parameter(torch.tensor([1.0, 1.0, 2.0, -2.0]))
        fc.weight.copy_(torch.tensor([[2.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]))
    trace = explorer.run(as_network(module, 8, ("a", "b")), image, 0)
    assert layer_sentence(trace, "1").endswith("; 1 of 4 channels is zero everywhere on this picture.")
    text = classifier_say.sum_sentence(trace, 0)
    assert "1 of 4 channels speaks for it (+2.00 together), 1 against it (−1.00)" in text
    found = ledger(trace, READINGS[1], 0)
    assert classifier_say.ledger_sentence(trace, found, 3, 0, None) == (
        "The 1 of 4 channels that speaks most for “a”, the 1 that speaks most against it, the others together, and the "
        "bias. Those 2 make 100\u00a0% of all that the channels add or take away."
    )
    alone = Ledger("flatten", "fc", np.array([3.0, 0.0]), None, None, 1.0, 4.0, False)
    assert " That one makes 100\u00a0% of all that the inputs add" in classifier_say.ledger_sentence(
        trace, alone, 3, 0, None
    )


def test_where_all_terms_are_shown_there_are_no_others(pocket_trace: Trace) -> None:
    found = ledger(pocket_trace, READINGS[1], 2)
    text = classifier_say.ledger_sentence(pocket_trace, found, 256, 2, None)
    if (found.terms != 0).all():
        assert "the others" not in text
    assert "the others together" in classifier_say.ledger_sentence(pocket_trace, found, 3, 2, None)
    shown = replace(found, terms=np.array([1.0, -2.0]))
    text = classifier_say.ledger_sentence(pocket_trace, shown, 10, 2, None)
    assert "the others" not in text
    assert "most against it, and the bias. Those 2 make 100\u00a0%" in text


def test_one_layer_of_weights(image: ImageInput) -> None:
    flat = tiny_network(nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(2 * 22 * 22, 4)))
    assert classifier_say.ends_sentence(explorer.run(flat, image)).endswith("One layer of weights makes 4 logits.")
    dense = tiny_network(nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 24, 4)))
    assert classifier_say.ends_sentence(explorer.run(dense, image)).endswith("One dense layer makes 4 logits of them.")


def test_one_product_and_one_other(image: ImageInput) -> None:
    network = tiny_network(chain(nn.Conv2d(3, 3, 1, groups=3), nn.Conv2d(3, 2, (1, 2), groups=1)))
    trace = explorer.run(network, image)
    opened = open_value(trace, "0", (1, 3, 3))
    assert rank_sentence(opened, rank(opened, 5)).startswith("This is the only product. For 90\u00a0% it takes 1. ")
    opened = open_value(trace, "1", (1, 3, 3))
    assert " products make " in rank_sentence(opened, rank(opened, 5))
    assert "; the other one is " in rank_sentence(opened, rank(opened, 5))
    assert rank_sentence(opened, rank(opened, 1)).startswith("1 of 6 products makes ")
    assert "It reads input 1 alone." in filter_sentence(trace, "0", 1)


def test_what_is_too_small_for_a_float32_is_said(pocket_trace: Trace) -> None:
    steps = softmax_steps(pocket_trace)
    low = replace(steps, rows=tuple(replace(row, scaled=row.scaled - 200) for row in steps.rows))
    assert "less than a float32 can hold" in shift_sentence(low)


@pytest.mark.parametrize(
    ("pooling", "text"),
    [
        (nn.MaxPool2d(3, 2, dilation=2), "overlap by 2 cells, so"),
        (nn.MaxPool2d((2, 3), (2, 1)), "overlap by 2 columns, so"),
        (nn.AvgPool2d((3, 2), (1, 1)), "overlap by 2 rows and 1 column."),
        (nn.MaxPool2d((3, 2), (3, 2)), " The last 1 row fits into no window and is never read."),
    ],
)
def test_how_windows_lie(pooling: nn.Module, text: str) -> None:
    network = tiny_network(chain(nn.Conv2d(3, 2, (3, 3)), pooling))
    assert text in what_sentence(pooling_of(network, "1"))


# Maps


def mapped(values: FloatArray, method: str, **more: object) -> Attribution:
    found = Attribution(values.astype(np.float32), method, None, 1, 0.1, 1, 1.0)
    return replace(found, **more)


def test_where_no_slope_is_positive(pocket: Network) -> None:
    values = -np.ones((4, 4))
    text = map_sentence(pocket, mapped(values, "gradient", signed=True))
    assert text == "From -1 to -1. 0.0\u00a0% of it is positive: nowhere does a higher value raise “dog”."
    text = map_sentence(pocket, mapped(values, "gradient", signed=True, target=Target(2, against=1)))
    assert text.endswith("raise “cat” and not “dog”.")


def test_pixels_are_no_cells_even_where_there_are_as_many(tiny: Network) -> None:
    values = np.ones((12, 12))
    values[3, 3] = 2
    of_pixels = mapped(values, "guided_grad_cam", layer="relu", pixels=np.zeros((3, 12, 12), np.float32))
    assert map_sentence(tiny, of_pixels).endswith("of the pixels.")
    assert map_sentence(tiny, replace(of_pixels, pixels=None, method="grad_cam")).endswith("of the cells.")
    flat = replace(of_pixels, values=np.ones((12, 12), np.float32))
    assert map_sentence(tiny, flat) == "Every pixel holds 1: the map prefers no place."


@dataclass(frozen=True)
class AsItIs:
    """The field of a digit is received where it lies, and not moved to the middle."""

    inputs: ClassVar[tuple[str, ...]] = ("brightness",)
    n_channels: int = 1
    size: int = 32
    down: int = 0
    across: int = 0

    def scaled(self, values: torch.Tensor) -> torch.Tensor:
        return (values - 0.1) / 0.28

    def unscaled(self, x: torch.Tensor) -> torch.Tensor:
        return x * 0.28 + 0.1

    def __call__(self, image: ImageInput) -> Prepared:
        centred = explorer.load_network("lenet5").prepare(image)
        pixels = np.roll(centred.pixels, (self.down, self.across), axis=(0, 1))
        values = torch.from_numpy(pixels[None, None, :, :, 0] / np.float32(255))
        return replace(centred, pixels=pixels, tensor=self.scaled(values))


def seen(network: Network, layer: str) -> list[FloatArray]:
    """The middle of the pixels that change each cell of the middle row and column, from 0 to 1 of the side."""
    side, (height, width) = network.preprocessing.size, network.layer(layer).size
    x = torch.randn(1, network.preprocessing.n_channels, side, side, generator=torch.Generator().manual_seed(0))
    x.requires_grad_(True)
    value = network.graph.up_to(network.resolve(layer), x)[0].abs().sum(dim=0)
    found: list[list[float]] = [[], []]
    for axis, cells in enumerate(([(i, width // 2) for i in range(height)], [(height // 2, i) for i in range(width)])):
        for cell in cells:
            (gradient,) = torch.autograd.grad(value[cell], x, retain_graph=True)
            at = np.flatnonzero(gradient[0].abs().sum(dim=(0, 2 - axis)).numpy())
            found[axis].append((at[0] + at[-1] + 1) / 2 / side)
    return [np.array(one, np.float32) for one in found]


def direction(values: FloatArray, middles: list[FloatArray]) -> str:
    mass = values.astype(np.float64)
    y, x = (float((mass.sum(axis=1 - axis) * middles[axis]).sum() / mass.sum()) for axis in (0, 1))
    down = "above" if y < 0.4 else "below" if y >= 0.6 else ""
    across = "left of" if x < 0.4 else "right of" if x >= 0.6 else ""
    return f"{' and '.join(filter(None, (down, across))) or 'at'} the centre"


@pytest.mark.parametrize("layer", ["s2", "tanh3", "s4"])
def test_a_map_says_where_its_cells_look(layer: str, digit: Trace) -> None:
    middles, places = seen(digit.network, layer), digit.network.places(layer)
    height, width = digit.network.layer(layer).size
    said, stretched = {}, {}
    for cell in np.ndindex(height, width):
        values = np.zeros((height, width), np.float32)
        values[cell] = 2
        said[cell], stretched[cell] = region(values, places), region(values, None)
        assert said[cell] == direction(values, middles), cell
        if 0 < cell[0] < height - 1 and 0 < cell[1] < width - 1:  # others are drawn up to the border
            drawn = enlarge(values, 320, 320, places)
            bright = (np.argwhere(drawn == drawn.max()).mean(axis=0) + 0.5) / 320
            there = np.zeros((1, 1), np.float32) + 1
            assert said[cell] == direction(there, [bright[:1].astype(np.float32), bright[1:].astype(np.float32)])
    assert (said == stretched) == (layer == "s4")  # of five rows each lies in the same third: of others not


def test_a_digit_that_moves_is_followed(digit: Trace) -> None:
    differ = set()
    for down, across in ((-6, -6), (0, 0), (6, 0), (0, -5), (5, 6), (3, 3)):
        network = copy.copy(digit.network)
        network.preprocessing = AsItIs(down=down, across=across)
        trace = explorer.run(network, digit.image, "top")
        for layer in ("s2", "tanh3"):
            cam, places = class_activation_map(trace, layer=layer), network.places(layer)
            if not cam.any():
                continue
            text = reading(trace, layer)
            expected = direction(cam, seen(network, layer))
            assert (
                f"lies in {percent(half_share(cam))} of the cells of {layer}; its centre of mass is {expected}. "
                in text
            )
            found = explorer.attribution.explain(trace, "grad_cam", layer)
            assert f", {expected}. Half of it lies in " in map_sentence(network, found)
            differ.add(expected == region(cam, None))
            assert places is not None
    assert len(differ) == 2  # stretched, some of them would be said to lie elsewhere


def test_maps_of_inception_lie_nearer_to_the_middle(random_network: Callable[[str], Network]) -> None:
    network = random_network("inception_v3")
    layer = network.cam_layer
    places, (height, width) = network.places(layer), network.layer(layer).size
    assert places is not None
    values = np.zeros((height, width), np.float32)
    values[2, 3], values[3, 3] = 0.4, 0.6
    y = sum(share * (37 + 32 * row + 0.5) / 299 for row, share in ((2, 0.4), (3, 0.6)))
    assert 0.4 < y < 0.41  # and 0.3875 of the height, were the eight rows to cover all of it
    assert (region(values, places), region(values, None)) == ("at the centre", "above the centre")


def test_one_of_a_kind_is_not_called_several() -> None:
    """Captions and titles with counts, where there is but one."""
    network = tiny_network(chain(nn.Conv2d(3, 1, 3), nn.Conv2d(1, 4, 3)))
    trace = explorer.run(network, noise_image())
    assert mosaic_texts(trace, "0")["where"].endswith(" of 1 channel")
    assert "a weighted mix of the 1 channel there" in filter_say.layer_sentences(
        explorer.run(tiny_network(chain(nn.Conv2d(3, 1, 3), nn.Conv2d(1, 4, 1))), noise_image(), 0), "1"
    )
