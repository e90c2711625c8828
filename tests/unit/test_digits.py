"""How a picture of a digit is prepared for the networks that read digits: MNIST's own way, and nothing to MNIST's."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

import explorer
from explorer.loading.catalog import CATALOG
from explorer.loading.sources import source_of
from explorer.networks.digits import DigitPreparation, shows_digit
from explorer.networks.preparation import PhotoPreparation, Prepared
from explorer.pictures.image import ImageInput, read_image
from explorer.pictures.samples import SAMPLES, load_sample
from tests.tiny import noise_image

ROOT = Path(explorer.__file__).resolve().parents[1]
MNIST = ROOT.parent / "shared" / "data" / "mnist.npz"
Grey = NDArray[np.uint8]


def picture(pixels: NDArray[np.generic], file_format: str = "PNG") -> ImageInput:
    """Grey (H, W) or coloured (H, W, 3) pixels that came in as a file."""
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, file_format)
    return read_image(file.getvalue())


def prepared(pixels: NDArray[np.generic], file_format: str = "PNG") -> Prepared:
    return DigitPreparation()(picture(pixels, file_format))


def field(pixels: NDArray[np.generic], file_format: str = "PNG") -> Grey:
    """What is received, (32, 32); its three colours are the same."""
    found = prepared(pixels, file_format).pixels
    assert (found == found[:, :, :1]).all()
    return found[:, :, 0]


def seven() -> Grey:
    """A digit as MNIST has them: 20 pixels high, soft-edged, its centre of mass on pixel (14, 14) of 28 x 28."""
    large = np.zeros((320, 320), np.uint8)
    large[:32, 80:240] = 255
    for y in range(32, 320):
        x = 208 - y // 3
        large[y, x : x + 32] = 255
    digit = np.asarray(Image.fromarray(large).resize((20, 20), Image.Resampling.BOX))
    digit = digit[:, digit.any(axis=0)]
    y, x = (14 - round(float(centre)) for centre in centre_of_mass(digit))
    whole = np.zeros((28, 28), np.uint8)
    whole[y : y + digit.shape[0], x : x + digit.shape[1]] = digit
    return whole


def centre_of_mass(pixels: NDArray[np.generic]) -> tuple[float, float]:
    weights = pixels.astype(float) / pixels.sum()
    y, x = np.indices(pixels.shape)
    return float((weights * y).sum()), float((weights * x).sum())


def extent(pixels: NDArray[np.generic]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) around what is not black."""
    y, x = np.nonzero(pixels)
    return int(y.min()), int(x.min()), int(y.max()) + 1, int(x.max()) + 1


def enlarged(pixels: Grey, k: int) -> Grey:
    return pixels.repeat(k, axis=0).repeat(k, axis=1)


def on_paper(pixels: Grey, paper: int = 230, ink: int = 30) -> NDArray[np.float64]:
    """The same digit, dark on light."""
    return paper - pixels.astype(float) * (paper - ink) / 255


def likeness(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """1 where both are the same but for brightness and contrast."""
    return float(np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1])


# A digit of MNIST


def test_digits_of_mnist_pass_bit_for_bit() -> None:
    if not MNIST.is_file():
        pytest.skip("MNIST is not beside the repository")
    with np.load(MNIST) as data:
        digits = data["x_test"][:500]
    for digit in digits:
        assert np.array_equal(field(digit), np.pad(digit, 2))


@pytest.mark.parametrize("brightest", [255, 252, 180])
def test_a_digit_by_the_rules_of_mnist_passes_bit_for_bit(brightest: int) -> None:
    digit = np.rint(seven() * (brightest / 255)).astype(np.uint8)
    top, _, bottom, _ = extent(digit)
    assert bottom - top == 20
    assert len(np.unique(digit)) > 2  # soft edges, which must not be cut off either
    assert np.array_equal(field(digit), np.pad(digit, 2))


def test_a_very_faint_pixel_of_a_digit_of_20_is_kept() -> None:
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 13:16] = 255
    digit[4, 13:16] = 1
    assert np.array_equal(np.unique(field(digit)[:, 15]), [0, 1, 255])


# Is it one at all?


def test_every_digit_of_mnist_can_be_one() -> None:
    if not MNIST.is_file():
        pytest.skip("MNIST is not beside the repository")
    with np.load(MNIST) as data:
        digits = data["x_test"][::5]
    assert all(shows_digit(np.repeat(digit[:, :, None], 3, axis=2)) for digit in digits)


def in_blue_ink(digit: Grey) -> Grey:
    """Blue on yellowish paper, with the noise of a camera."""
    share = enlarged(digit, 8)[:, :, None] / 255
    noise = np.random.default_rng(0).normal(0, 2, share.shape)
    return np.asarray((1 - share) * [240, 232, 210] + share * [30, 50, 140] + noise).clip(0, 255).astype(np.uint8)


def test_a_drawing_can_be_a_digit_and_a_photograph_cannot() -> None:
    for digit in (seven(), 255 - seven(), np.pad(enlarged(seven(), 9), 40), enlarged(255 - seven(), 3)):
        assert shows_digit(picture(digit).pixels)
    assert shows_digit(in_blue_ink(seven()))
    apart = np.hstack([seven()[:, :12], np.zeros((28, 3), np.uint8), seven()[:, 12:]])  # its strokes do not touch
    assert shows_digit(picture(apart).pixels)
    assert {name for name in SAMPLES if shows_digit(load_sample(name).pixels)} == {"digit"}
    for level in (0, 127, 255):
        assert not shows_digit(np.full((40, 30, 3), level, np.uint8))
    colours = np.zeros((60, 60, 3), np.uint8)
    colours[10:30, 25:30], colours[30:50, 25:30] = (250, 120, 40), (40, 120, 250)
    assert not shows_digit(colours)  # ink has one colour
    assert not shows_digit(noise_image().pixels)


# The same digit, shown in other ways


@pytest.mark.parametrize(
    "border", [((0, 0), (0, 0)), ((5, 0), (0, 0)), ((0, 30), (2, 90)), ((200, 3), (7, 0))], ids=str
)
def test_it_does_not_matter_where_the_digit_is(border: tuple[tuple[int, int], tuple[int, int]]) -> None:
    assert np.array_equal(field(np.pad(seven(), border)), np.pad(seven(), 2))


@pytest.mark.parametrize("margin", [0, 9])
def test_dark_on_light_is_the_same_as_light_on_dark(margin: int) -> None:
    digit = np.pad(seven(), margin)
    assert np.array_equal(field(255 - digit), field(digit))
    large = enlarged(digit, 7)
    assert np.array_equal(field(255 - large), field(large))


@pytest.mark.parametrize("k", [2, 3, 7, 10, 40])
def test_it_does_not_matter_how_large_the_digit_is(k: int) -> None:
    """Up to what resampling smooths."""
    found = field(np.pad(enlarged(seven(), k), ((3, 50), (0, 11))))
    assert likeness(found, np.pad(seven(), 2)) > 0.97
    top, left, bottom, right = extent(found)
    assert max(bottom - top, right - left) == 20


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (230, 200), (140, 90), (0, 255), (20, 60), (100, 120)])
def test_pale_ink_is_as_bright_as_black(paper: int, ink: int) -> None:
    large = enlarged(seven(), 8)
    found = field(on_paper(large, paper, ink))
    assert found.max() == 255
    assert found.min() == 0
    assert np.abs(found.astype(int) - field(large)).max() <= 10  # there are only so many greys between the two


@pytest.mark.parametrize("colour", [(200, 20, 20), (20, 20, 200), (0, 90, 0)], ids=["red", "blue", "green"])
def test_coloured_ink_is_ink(colour: tuple[int, int, int]) -> None:
    mask = enlarged(seven() > 127, 8)
    coloured = np.where(mask[:, :, None], np.array(colour, np.uint8), np.uint8(255))
    assert np.array_equal(field(coloured), field(np.where(mask, np.uint8(0), np.uint8(255))))


@pytest.mark.parametrize("grain", [1, 4, 12])
def test_even_grain_of_the_paper_vanishes(grain: int) -> None:
    """Its border shows how much of it there is."""
    digit = on_paper(enlarged(seven(), 10))
    noise = np.random.default_rng(grain).integers(-grain, grain + 1, digit.shape)
    found, clean = field(digit + noise), field(digit)
    assert likeness(found, clean) > 0.99
    assert extent(found)[:2] == pytest.approx(extent(clean)[:2], abs=1)


@pytest.mark.parametrize("sigma", [1, 3, 6, 12])
def test_grain_like_that_of_a_camera_does_not_widen_the_digit(sigma: float) -> None:
    """Of a hundred thousand such pixels a few are far brighter than the rest, wherever they are."""
    digit = np.clip(
        on_paper(enlarged(seven(), 12)) + np.random.default_rng(0).normal(0, sigma, (28 * 12, 28 * 12)), 0, 255
    )
    assert likeness(field(digit), field(on_paper(enlarged(seven(), 12)))) > 0.97


@pytest.mark.parametrize("k", [1, 4, 10])
def test_what_jpeg_leaves_around_the_strokes_does_not_widen_the_digit(k: int) -> None:
    digit = np.pad(255 - enlarged(seven(), k), 8, constant_values=255)
    assert likeness(field(digit, "JPEG"), field(digit)) > 0.95


def test_a_speck_beside_a_digit_counts_only_as_far_as_it_is_bright() -> None:
    large = np.pad(enlarged(seven(), 10), 40)
    clean = field(large)
    large[5, 5] = 40  # of 255
    assert np.array_equal(field(large), clean)
    large[5, 5] = 255
    assert not np.array_equal(field(large), clean)


# The centre of mass


@pytest.mark.parametrize("turn", range(4))
def test_the_centre_of_mass_is_in_the_middle_as_far_as_the_field_allows(turn: int) -> None:
    bar = np.zeros((120, 120), np.uint8)
    bar[10:100, 30:50] = 255  # a bar with a foot on one side
    bar[80:100, 30:90] = 255
    found = field(np.rot90(bar, turn).copy())
    assert centre_of_mass(found) == pytest.approx((16, 16), abs=0.51)


def test_a_digit_with_all_its_mass_at_one_end_stays_inside_28_pixels() -> None:
    lopsided = np.zeros((100, 100), np.uint8)
    lopsided[0:20, 0:20] = 255
    lopsided[0:100, 9:11] = 60  # a long faint tail
    found = field(np.pad(lopsided, 30))
    top, left, bottom, right = extent(found)
    assert 2 <= top < bottom <= 30
    assert 2 <= left < right <= 30
    assert bottom == 30  # the mass is near the top, so it was moved down as far as it goes
    assert centre_of_mass(found)[0] < 16


# Pictures without a digit


@pytest.mark.parametrize("shape", [(28, 28), (1, 1), (1, 300), (300, 1), (2, 2)])
@pytest.mark.parametrize("grey", [0, 90, 255])
def test_an_empty_picture_is_an_empty_field(shape: tuple[int, int], grey: int) -> None:
    found = prepared(np.full(shape, grey))
    assert not found.pixels.any()
    assert found.tensor.isfinite().all()
    assert all(np.isfinite(found.box))
    assert found.box[0] < found.box[2]
    assert found.box[1] < found.box[3]


def test_one_pixel_is_a_square_in_the_middle() -> None:
    pixels = np.zeros((50, 50), np.uint8)
    pixels[20, 30] = 200
    expected = np.zeros((32, 32), np.uint8)
    expected[6:26, 6:26] = 255
    assert np.array_equal(field(pixels), expected)


@pytest.mark.parametrize("size", [(1, 1), (1, 2048), (2048, 1), (7, 300), (2048, 2048)])
def test_any_picture_can_be_prepared(size: tuple[int, int]) -> None:
    found = DigitPreparation()(noise_image(*size))
    assert found.size == (32, 32)
    assert found.tensor.isfinite().all()


def test_lines_one_pixel_wide_and_very_long_are_prepared() -> None:
    for axis in (0, 1):
        pixels = np.zeros((1500, 1500), np.uint8)
        pixels[(slice(None), 700) if axis else (700, slice(None))] = 255
        found = field(pixels)
        top, left, bottom, right = extent(found)
        assert sorted((bottom - top, right - left)) == [1, 20]
        assert found.max() == 255


# What comes of it


def test_the_tensor_is_the_picture_normalised() -> None:
    found = prepared(enlarged(seven(), 5))
    assert found.tensor.dtype == torch.float32
    assert found.tensor.shape == (1, 1, 32, 32)
    expected = (found.pixels[:, :, 0].astype(np.float64) / 255 - 0.1) / 0.28
    np.testing.assert_allclose(found.tensor[0, 0].numpy(), expected, rtol=1e-6, atol=1e-6)


def test_what_is_shown_cannot_be_written_to() -> None:
    found = prepared(seven())
    assert found.pixels.shape == (32, 32, 3)
    for pixels in (found.pixels, *(step.pixels for step in found.steps)):
        assert pixels.dtype == np.uint8
        with pytest.raises(ValueError, match="read-only"):
            pixels[0] = 0


@pytest.mark.parametrize("is_light", [True, False])
def test_every_step_is_told_in_order_and_the_last_is_what_is_received(is_light: bool) -> None:
    large = enlarged(seven(), 6)
    found = prepared(255 - large if is_light else large)
    top, left, bottom, right = extent(seven())
    phrases = [step.phrase for step in found.steps]
    inversion = ["inverted, since its border is light: MNIST is white on black"] if is_light else []
    assert phrases == [
        "without colour", *inversion, f"cut to the ink and resized to {right - left} × {bottom - top}",
        "its centre of mass moved to the middle of 32 × 32",
    ]  # fmt: skip
    assert np.array_equal(found.steps[-1].pixels, found.pixels)
    first = found.steps[0].pixels
    assert np.array_equal(first[:, :, 0], 255 - large if is_light else large)
    assert found.steps[-2].pixels.shape == (bottom - top, right - left, 3)
    if is_light:
        assert np.array_equal(found.steps[1].pixels, 255 - first)


@pytest.mark.parametrize("k", [1, 2, 5, 10])
@pytest.mark.parametrize("corner", [(0, 0), (40, 7), (300, 450)])
def test_the_box_is_where_the_field_lies_in_the_picture(corner: tuple[int, int], k: int) -> None:
    """The field holds a digit of 28 x 28 and two pixels around it; each is k pixels of the picture."""
    large = enlarged(seven(), k)
    canvas = np.zeros((600, 750), np.uint8)
    y, x = corner
    canvas[y : y + large.shape[0], x : x + large.shape[1]] = large
    top, left, bottom, right = prepared(canvas).box
    assert (bottom - top, right - left) == pytest.approx((32 * k, 32 * k))
    assert (top, left) == pytest.approx((y - 2 * k, x - 2 * k), abs=k / 2 + 1e-6)


def test_the_box_leads_from_the_field_back_to_the_ink() -> None:
    canvas = np.zeros((400, 300), np.uint8)
    canvas[100:260, 50:90] = 255
    found = prepared(canvas)
    ink = np.array(extent(found.pixels[:, :, 0]))
    top, left, bottom, right = found.box
    scale = np.array([bottom - top, right - left] * 2) / 32
    back = np.array([top, left] * 2) + ink * scale
    assert back == pytest.approx([100, 50, 260, 90], abs=0.5 * scale[0])


def test_networks_of_digits_are_prepared_so_and_others_are_not() -> None:
    readers = {name for name, info in CATALOG.items() if info.reads == "digits"}
    assert {"lenet5", "mlp"} == readers
    for name in readers:
        assert source_of(CATALOG[name]).preparation(CATALOG[name]) == DigitPreparation()
        assert (DigitPreparation().size, DigitPreparation().n_channels) == (CATALOG[name].size, 1)
    assert source_of(CATALOG["basic_cnn"]).preparation(CATALOG["basic_cnn"]) == PhotoPreparation(64, 64)


@pytest.mark.parametrize("name", ["lenet5", "mlp"])
def test_a_network_of_digits_runs_on_it(name: str) -> None:
    network = explorer.load_network(name, "random")
    trace = explorer.run(network, picture(255 - enlarged(seven(), 10)), "top")
    assert trace.logits.shape == (10,)
    assert trace.is_finite
    assert np.array_equal(trace.prepared.pixels, prepared(enlarged(seven(), 10)).pixels)
    with torch.inference_mode():
        expected = network.graph.recorder(trace.prepared.tensor)[0]
    np.testing.assert_allclose(trace.logits, expected[0].numpy(), atol=1e-5)
