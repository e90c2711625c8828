"""Numbers cut into digits: written by a hand that is known, and each prepared as a digit alone is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.applications import cut, read_number, snippets
from explorer.applications.figures import digits_png, framed_png
from explorer.applications.sentences import read_sentence
from explorer.errors import NotFinite, Unsuited
from explorer.networks.digits import DigitPreparation
from explorer.networks.network import Network, Weights
from explorer.pictures.image import ImageInput, read_image
from explorer.pictures.samples import load_sample
from explorer.snippets import Setting, sample_picture

PAPER, INK = 235, 30


@pytest.fixture(scope="module")
def lenet() -> Network:
    return explorer.load_network("lenet5")


def written(text: str, height: int = 200, paper: int = PAPER, ink: int = INK, down: int = 0) -> np.ndarray:
    """A number by a plotter's pen, on paper with grain."""
    pixels = np.full((height, 140 + 75 * len(text), 3), paper, np.uint8)
    cv2.putText(pixels, text, (60, height - 50 + down), cv2.FONT_HERSHEY_SIMPLEX, 4, (ink,) * 3, 14, cv2.LINE_AA)
    grain = np.random.default_rng(0).integers(-3, 4, pixels.shape[:2])[..., None]
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("text", ["1680", "2026", "45379", "8", "0613"])
def test_a_number_is_read_back(text: str, lenet: Network) -> None:
    for pixels in (written(text), 255 - written(text)):
        found = read_number(lenet, read_image(pixels))
        assert found.text == text
        assert found.cut.n_marks == 0
        assert len(found.traces) == len(text)


def test_the_sample_digit_beside_itself_is_read_as_often(lenet: Network) -> None:
    three = load_sample("digit").pixels
    found = read_number(lenet, read_image(np.concatenate([three] * 4, axis=1)))
    assert found.text == "3333"
    lefts = [digit.box[1] for digit in found.cut.digits]
    assert np.diff(lefts).tolist() == [three.shape[1]] * 3
    ys, xs = np.nonzero(three[..., 0] < 128)
    assert found.cut.digits[0].box == pytest.approx((ys.min(), xs.min(), ys.max() + 1, xs.max() + 1), abs=2)


@pytest.mark.parametrize("light", [False, True])
def test_each_digit_is_prepared_just_as_it_is_alone(light: bool, lenet: Network) -> None:
    """On paper without grain: what of that is left differs from a part of a picture to all of it."""
    parts = [load_sample("digit").pixels, load_sample("digit").pixels[::-1], load_sample("digit").pixels[:, ::-1]]
    parts = [255 - part for part in parts] if light else parts
    found = cut(read_image(np.ascontiguousarray(np.concatenate(parts, axis=1))))
    for digit, part in zip(found.digits, parts, strict=True):
        alone = lenet.prepare(read_image(np.ascontiguousarray(part)))
        assert np.array_equal(lenet.prepare(digit.image).pixels, alone.pixels)
        assert torch.equal(lenet.prepare(digit.image).tensor, alone.tensor)


def test_strokes_over_each_other_are_one_digit_and_marks_are_none() -> None:
    pixels = np.full((120, 260), 255, np.uint8)
    pixels[20:30, 30:80] = 0  # a bar, and under it what belongs to it
    pixels[38:100, 40:52] = 0
    pixels[20:100, 130:142] = 0  # a stroke by itself
    pixels[60:66, 180:210] = 0  # a dash
    pixels[50, 90] = 0  # grain
    found = cut(read_image(pixels))
    assert [digit.box for digit in found.digits] == [(20, 30, 100, 80), (20, 130, 100, 142)]
    assert found.n_marks == 1


def test_digits_that_lean_over_each_other_do_not_share_their_ink(lenet: Network) -> None:
    """Two strokes that lean: each one's box holds a part of the other."""
    pixels = np.full((120, 160), 255, np.uint8)
    for x in (50, 76):
        cv2.line(pixels, (x + 30, 20), (x, 100), 0, 8, cv2.LINE_AA)
    found = cut(read_image(pixels))
    assert len(found.digits) == 2
    (one, other) = (lenet.prepare(digit.image).pixels for digit in found.digits)
    assert np.abs(one.astype(int) - other).max() <= 2
    line = np.full((120, 160), 255, np.uint8)
    cv2.line(line, (80, 20), (50, 100), 0, 8, cv2.LINE_AA)
    assert np.array_equal(lenet.prepare(read_image(line)).pixels, one)


def test_digits_that_touch_are_said_to_be_one_wide_piece(lenet: Network) -> None:
    pixels = written("00")
    pixels[98:104, 100:200] = INK
    found = read_number(lenet, read_image(pixels))
    assert len(found.cut.digits) == 1
    assert found.cut.digits[0].is_wide
    assert read_sentence(found).endswith("Wider than high: number 1. Digits that touch are read as one.")


def picture(pixels: np.ndarray) -> ImageInput:
    return read_image(np.ascontiguousarray(pixels))


def test_what_is_no_number_says_why() -> None:
    coloured = np.full((100, 200, 3), 255, np.uint8)
    for i, colour in enumerate(((200, 0, 0), (0, 160, 0), (0, 0, 220))):
        coloured[20:80, 30 + 50 * i : 42 + 50 * i] = colour
    lines = np.concatenate([written("12"), written("34")])
    many = np.full((60, 1000), 255, np.uint8)
    many[20:40, 20:980:20] = 0
    one = np.zeros((1, 1, 3), np.uint8)
    for pixels, why in (
        (np.full((80, 80, 3), 200, np.uint8), "nothing in the picture stands out from its border"),
        (one, "nothing in the picture stands out from its border"),
        (load_sample("bars").pixels, "covers too much of the picture or of its border"),
        (coloured, "what stands out has several colours"),
        (lines, r"^The digits stand in several lines, .* Choose a picture of one line\."),
        (many, r"^No number found: \d+ separate pieces stand out, and at most 20 digits are read"),
    ):
        with pytest.raises(Unsuited, match=why):
            cut(picture(pixels))


def test_a_network_that_reads_no_digits_and_one_of_no_numbers_say_so(pocket: Network) -> None:
    with pytest.raises(Unsuited, match=r"does not read digits\. Choose LeNet-5"):
        read_number(pocket, load_sample("digit"))
    layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 10))
    with torch.no_grad():
        layers[0].weight.fill_(float("nan"))
    names = tuple("0123456789")
    broken = Network(
        layers, names, DigitPreparation(), name="broken", title="Broken", weights=Weights("random (seed 0)", "nan")
    )
    with pytest.raises(NotFinite, match="so it reads nothing"):
        read_number(broken, load_sample("digit"))


def test_the_figures_are_as_wide_as_what_they_hold(lenet: Network) -> None:
    image = picture(written("1680"))
    found = read_number(lenet, image)

    def size(png: bytes) -> tuple[int, int]:
        return int.from_bytes(png[20:24], "big"), int.from_bytes(png[16:20], "big")

    assert size(digits_png(found)) == (128, 4 * 128)
    assert size(framed_png(image, found.cut)) == image.pixels.shape[:2]
    huge = picture(written("1680").repeat(3, axis=0).repeat(3, axis=1))
    assert max(size(framed_png(huge, cut(huge)))) == 900
    assert read_number(lenet, huge).text == "1680"


def test_the_code_reads_the_same(lenet: Network) -> None:
    scope: dict[str, np.ndarray] = {}
    code = snippets.read(Setting("lenet5", "pretrained", sample_picture("digit"), "top"))
    exec(code, scope)
    expected = explorer.run(lenet, load_sample("digit")).probabilities
    assert scope["array"].shape == (1, 10)
    assert scope["array"][0] == pytest.approx(expected, abs=1e-6)
