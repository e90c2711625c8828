"""What a trace says in sentences is what its numbers say."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.attribution import class_activation_map
from explorer.attribution.sentences import half_share, region
from explorer.feature_maps.channels import channel_statistics
from explorer.feature_maps.sentences import channel_sentence, layer_sentence
from explorer.networks.digits import DigitPreparation
from explorer.networks.network import Network, Weights
from explorer.overview.sentences import crop_sentence, headline, knows_sentence, reading, title
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from explorer.wording import percent, round_percent
from tests.tiny import Overwriting, as_network, chain, noise_image, tiny_network


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0.0\u00a0%"),
        (1e-9, "<\u00a00.01\u00a0%"),
        (0.00009, "<\u00a00.01\u00a0%"),
        (0.0001, "0.01\u00a0%"),
        (0.0003, "0.03\u00a0%"),
        (0.0006, "0.1\u00a0%"),
        (0.125, "12.5\u00a0%"),
        (0.5, "50.0\u00a0%"),
        (0.9994, "99.9\u00a0%"),
        (0.9997, "99.97\u00a0%"),
        (0.999999, "99.99\u00a0%"),
        (1, "100\u00a0%"),
    ],
)
def test_a_percentage_claims_no_more_than_is_so(share: float, text: str) -> None:
    assert percent(share) == text
    assert len(text.split(" ")) == 1  # no line ends before the sign


def test_a_share_that_is_exact_has_no_needless_digits() -> None:
    shares = {0.9: "90", 1e-4: "0.01", 0.25: "25", 1: "100"}
    assert [round_percent(share) for share in shares] == [f"{text}\u00a0%" for text in shares.values()]


def test_only_nothing_is_nothing_and_only_everything_is_everything() -> None:
    for share in np.geomspace(1e-8, 0.5, 200):
        assert not re.fullmatch(r"0\.0+\s%", percent(float(share)))
        assert not percent(1 - float(share)).startswith("100")


def test_the_headline_names_network_class_and_probability(pocket_trace: Trace, tiny_trace: Trace) -> None:
    best = pocket_trace.top(1)[0]
    assert headline(pocket_trace) == f"Pocket ResNet sees: {best.category}, {percent(best.probability)}"
    assert headline(tiny_trace).startswith("Tiny, untrained, sees: ")
    assert title(tiny_trace.network) == "Tiny, untrained,"


@pytest.mark.parametrize("name", ["lenet5", "mlp"])
def test_a_reader_of_digits_says_first_that_there_is_none(name: str) -> None:
    network = explorer.load_network(name)
    for sample in ("chelsea", "galaxies", "bars"):
        trace = explorer.run(network, load_sample(sample), "top")
        best = trace.top(1)[0]
        assert headline(trace) == (
            f"There is no digit to read: {network.title} must choose among ten digits all the same, and says "
            f"{best.category}, {percent(best.probability)}"
        )
        assert crop_sentence(trace.image, trace.prepared).startswith("What differs from the border of ")
    assert headline(explorer.run(network, load_sample("digit"))).startswith(f"{network.title} sees: ")


def test_what_a_network_has_no_word_for_is_said_first(pocket: Network) -> None:
    basic = explorer.load_network("basic_cnn")
    trace = explorer.run(basic, load_sample("coffee"))
    best = trace.top(1)[0]
    assert headline(trace) == (
        f"Basic CNN has no word for a cup of coffee: it knows only cat and dog, and says {best.category}, "
        f"{percent(best.probability)}"
    )
    assert headline(explorer.run(basic, load_sample("chelsea"))).startswith("Basic CNN sees: ")
    assert headline(explorer.run(basic, load_sample("bars"))).startswith("Basic CNN sees: ")  # nothing that has a name
    text = headline(explorer.run(pocket, load_sample("rocket")))
    assert text.startswith("Pocket ResNet has no word for a rocket: it knows only its 11 classes, and says ")


def test_classes_without_names_are_called_so(image: ImageInput) -> None:
    network = tiny_network(chain(nn.Conv2d(3, 4, 3)), categories=("class 0", "class 1", "class 2", "class 3"))
    trace = explorer.run(network, image)
    assert headline(trace).startswith("Tiny, untrained, has no words for its classes, and says class ")
    assert knows_sentence(network).startswith("It knows 4 classes, whose names nobody has given, and must choose")


def test_half_of_a_map_is_in_its_highest_cells() -> None:
    for seed in range(4):
        cam = np.random.default_rng(seed).random((5, 6)).astype(np.float32) ** 4
        cells = sorted(cam.flat, reverse=True)
        n = next(n for n in range(1, 31) if sum(map(float, cells[:n])) >= float(cam.sum(dtype=np.float64)) / 2)
        assert half_share(cam) == pytest.approx(n / 30)
    single = np.zeros((4, 5), np.float32)
    single[1, 2] = 3
    assert half_share(single) == 1 / 20
    assert half_share(np.ones((4, 5), np.float32)) == 0.5


@pytest.mark.parametrize(
    ("y", "x", "text"),
    [
        (0, 0, "above and left of the centre"), (0, 4, "above the centre"), (0, 8, "above and right of the centre"),
        (4, 0, "left of the centre"), (4, 4, "at the centre"), (4, 8, "right of the centre"),
        (8, 0, "below and left of the centre"), (8, 4, "below the centre"), (8, 8, "below and right of the centre"),
    ],
)  # fmt: skip
def test_where_a_map_is_heaviest(y: int, x: int, text: str) -> None:
    cam = np.zeros((9, 9), np.float32)
    cam[y, x] = 2
    assert region(cam, None) == text
    assert region(np.repeat(cam, 3, axis=1), None) == text


def test_a_reading_gives_the_numbers_of_its_map(pocket_trace: Trace) -> None:
    layer = pocket_trace.network.cam_layer
    cam = class_activation_map(pocket_trace, layer=layer)
    assert pocket_trace.target is not None
    explained = pocket_trace.prediction(pocket_trace.target)
    text = reading(pocket_trace, layer)
    assert text.startswith(
        f"Half of the evidence for “{explained.category}” ({percent(explained.probability)}) lies in "
        f"{percent(half_share(cam))} of what it received, "
    )
    assert f" of the picture; its centre of mass is {region(cam, None)}. " in text
    assert layer in text


@pytest.mark.parametrize(("height", "width"), [(24, 24), (150, 1400), (60, 40)])
def test_a_share_of_the_crop_is_not_one_of_the_picture(height: int, width: int) -> None:
    network = tiny_network(Overwriting())
    trace = explorer.run(network, noise_image(height, width), 0)
    if not class_activation_map(trace).any():
        trace = explorer.run(network, noise_image(height, width), 1)
    half = half_share(class_activation_map(trace))
    top, left, bottom, right = trace.prepared.box
    n_received = sum(top <= y + 0.5 < bottom and left <= x + 0.5 < right for y, x in np.ndindex(height, width))
    text = reading(trace)
    if height == width:
        assert f"lies in {percent(half)} of the picture; " in text
    else:
        share = half * n_received / (height * width)
        assert f"lies in {percent(half)} of what it received, {percent(share)} of the picture; " in text


def test_of_a_digit_that_is_cut_out_no_share_of_the_picture_is_claimed(digit: Trace) -> None:
    module = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    weights = Weights("random (seed 0)", "covers-0")
    padded = Network(module, ("no", "yes"), DigitPreparation(), name="padded", weights=weights)
    trace = max((explorer.run(padded, digit.image, i) for i in (0, 1)), key=lambda one: class_activation_map(one).max())
    share = percent(half_share(class_activation_map(trace)))
    assert f"lies in {share} of what it received; its centre" in reading(trace)


def test_cells_that_do_not_cover_the_picture_have_no_share_of_it(digit: Trace) -> None:
    share = percent(half_share(class_activation_map(digit)))
    assert f"lies in {share} of the cells of {digit.network.cam_layer}; its centre" in reading(digit)


class DropsOut(nn.Module):
    """Behind the last block: a dropout and a convolution, both of which leave the maps as many cells as before."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3))
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(8, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x)).flatten(1)


@pytest.mark.parametrize(
    ("name", "after"),
    [("squeezenet1_1", "classifier.3 (average pooling)"), ("alexnet", "features.12 (max pooling)"),
     ("densenet121", "adaptive_avg_pool2d (average pooling)"), ("", "classifier.3 (average pooling)")],
)  # fmt: skip
def test_the_layer_that_gives_up_places_is_the_first_with_fewer_of_them(
    name: str, after: str, random_network: Callable[[str], Network]
) -> None:
    network = random_network(name) if name else tiny_network(DropsOut())
    assert f"cells): behind it, {after} begins to give up where things are." in network.cam_reason
    layer = after.split()[0]
    names = list(network.layers)
    between = names[names.index(network.resolve(network.cam_layer)) : names.index(layer)]
    assert {network.layers[one].size for one in between} == {network.layer(network.cam_layer).size}
    assert network.layers[layer].size != network.layer(network.cam_layer).size


def test_a_reading_of_no_evidence_says_so(image: ImageInput) -> None:
    conv, fc = nn.Conv2d(3, 2, 3), nn.Linear(2, 2)
    module = nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), fc)
    with torch.no_grad():
        fc.weight.copy_(torch.tensor([[-1.0, -1], [1, 1]]))
        fc.bias.copy_(torch.tensor([0.25, 0]))
        conv.weight.zero_()
        conv.bias = nn.Parameter(torch.ones(2))
    network = as_network(module, 8, ("nothing", "something"))
    against, towards = explorer.run(network, image, 0), explorer.run(network, image, 1)
    assert reading(against, "1") == (
        "There is no positive evidence for “nothing” at 1: in no cell do the maps that raise its score (-1.75) "
        "outweigh those that lower it."
    )
    assert reading(towards, "1").startswith("Half of the evidence for “something”")


def test_what_a_network_knows(pocket: Network, tiny: Network) -> None:
    assert knows_sentence(tiny) == (
        "It knows 4 classes (ant, bee, cow, dog) and must choose among them, whatever the picture shows."
    )
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 20))
    many = as_network(module, 8, tuple(map(str, range(20))))
    assert "20 classes (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 …)" in knows_sentence(many)


def test_what_became_of_the_picture(tiny: Network) -> None:
    square, wide = noise_image(48, 48), noise_image(48, 96)
    assert crop_sentence(square, tiny.prepare(square)) == "All of 48 × 48 pixels, resized to 24 × 24."
    assert crop_sentence(wide, tiny.prepare(wide)) == "The middle 50.0\u00a0% of 96 × 48 pixels, resized to 24 × 24."


def test_a_layer_in_a_sentence(tiny_trace: Trace, pocket_trace: Trace) -> None:
    zeros = percent(float(channel_statistics(tiny_trace, "relu").zeros.mean()))
    text = layer_sentence(tiny_trace, "relu")
    assert text.startswith("relu is ReLU: 6 × 12 × 12 values")
    assert f", {zeros} of them exactly zero" in text
    assert (
        layer_sentence(tiny_trace, "conv1")
        == "conv1 is convolution: 6 × 12 × 12 values, 0.0\u00a0% of them exactly zero."
    )
    assert layer_sentence(pocket_trace, "layer4").startswith("layer4 ends with ReLU: 256 × 10 × 10 values")


def test_dead_channels_are_counted(image: ImageInput) -> None:
    conv = nn.Conv2d(3, 4, 3)
    module = nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    with torch.no_grad():
        conv.weight.zero_()
        conv.bias = nn.Parameter(torch.tensor([1.0, -1, 2, -2]))
    trace = explorer.run(as_network(module, 8, ("a", "b")), image)
    assert layer_sentence(trace, "1").endswith(
        "50.0\u00a0% of them exactly zero; 2 of 4 channels are zero everywhere on this picture."
    )


def test_a_channel_in_a_sentence(tiny_trace: Trace) -> None:
    statistics = channel_statistics(tiny_trace, "conv2")
    assert channel_sentence(tiny_trace, "conv2", 3) == (
        f"12 × 12 cells from {statistics.minimum[3]:.4g} to {statistics.maximum[3]:.4g}, "
        f"mean {statistics.mean[3]:.4g}, 0.0\u00a0% exactly zero. Each cell sees 7 × 7 pixels, 2 further from "
        "cell to cell."
    )
    assert channel_sentence(tiny_trace, "fc", 2) == (
        f"Number 2 of fc is {tiny_trace.logits[2]:.6g}. It has no place in the picture: the maps have ended."
    )
