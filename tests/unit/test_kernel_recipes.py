"""Kernels by name and as somebody types them: against OpenCV's, and what is said about them."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from explorer.convolution.kernels import LARGEST, as_text, named_kernel, typed_kernel
from explorer.convolution.lab import convolve
from explorer.convolution.recipes import RECIPES, spread
from explorer.convolution.sentences import weights_sentence
from explorer.errors import BadKernel
from explorer.filters.measures import frequency, orientation
from explorer.trace import FloatArray
from tests.arrays import numbers

# Kernels


@pytest.mark.parametrize("size", range(3, 16, 2))
def test_kernels_are_those_of_opencv(size: int) -> None:
    def weights(name: str) -> FloatArray:
        return named_kernel(name, size).weights[0]

    derivative, smooth = cv2.getDerivKernels(1, 0, size)
    assert np.array_equal(weights("Sobel x"), smooth @ derivative.T)
    assert np.array_equal(weights("Sobel y"), derivative @ smooth.T)
    bell = cv2.getGaussianKernel(size, spread(size))
    assert np.allclose(weights("Gaussian"), bell @ bell.T, atol=1e-7)
    centre = np.zeros((size, size), np.float32)
    centre[size // 2, size // 2] = 1
    assert np.array_equal(weights("identity"), centre)
    assert np.allclose(weights("sharpen"), 2 * centre - bell @ bell.T, atol=1e-6)
    photo = numbers(40, 50)
    e = convolve(photo[None], named_kernel("box", size).weights)
    half = size // 2
    assert np.allclose(e.values, cv2.blur(photo, (size, size))[half : 40 - half, half : 50 - half], atol=1e-5)
    for angle, wavelength in ((0, 4), (30, 5), (90, 2), (135, 12)):
        found = named_kernel("Gabor", size, angle, wavelength).weights[0]
        # OpenCV's angle is that of the axis across the stripes, and its kernel is turned upside down
        turned = cv2.getGaborKernel(
            (size, size), 0.56 * wavelength, math.radians(90 - angle), wavelength, gamma=1, psi=0
        )[::-1, ::-1]
        balanced = turned - turned.mean()
        assert np.allclose(found, balanced / np.abs(balanced).sum(), atol=1e-6)


def test_the_small_kernels() -> None:
    assert named_kernel("Sobel x").weights[0].tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    ramp = (np.indices((9, 9))[0] ** 2 / 2).astype(np.float32)[None]
    laplacian = named_kernel("Laplacian").weights
    assert np.array_equal(convolve(ramp, laplacian).values, np.ones((7, 7)))  # second derivative of y² / 2
    assert laplacian[0].tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    emboss = named_kernel("emboss").weights[0]
    assert np.array_equal(emboss + emboss[::-1, ::-1], 2 * named_kernel("identity").weights[0])


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_of_their_size_and_do_to_flat_areas_what_is_said(name: str) -> None:
    for size in RECIPES[name].sizes:
        kernel = named_kernel(name, size)
        assert kernel.weights.shape == (1, size, size)
        assert size % 2 == 1
        assert size <= LARGEST
        assert not kernel.weights.flags.writeable
        flat = convolve(np.full((1, 20, 20), 0.5, np.float32), kernel.weights).values
        scale = float(np.abs(kernel.weights).sum())
        said = weights_sentence(kernel.weights)
        expected = 0.0 if "a flat area gives 0" in said else 0.5
        assert ("a flat area keeps its value" in said) == (expected == 0.5)
        assert np.allclose(flat, expected, atol=1e-5 * scale)
    assert all((kernel.formula, kernel.origin, kernel.answers_to))


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 120, 165])
def test_a_gabor_has_stripes_in_its_direction(angle: int) -> None:
    weights = named_kernel("Gabor", 15, angle, 5).weights[None]
    assert abs((float(orientation(weights)[0]) - angle + 90) % 180 - 90) < 1
    assert abs(float(frequency(weights)[0]) - 1 / 5) < 0.02


def test_a_laplacian_of_gaussian_answers_to_spots() -> None:
    weights = named_kernel("Laplacian of Gaussian", 9).weights
    assert np.allclose(weights[0], weights[0].T)
    assert weights[0].argmin() == 9 * 4 + 4
    assert abs(float(weights.sum())) < 1e-6


def test_sentences_about_weights() -> None:
    assert weights_sentence(named_kernel("Sobel x").weights) == (
        "9 weights, which add up to 0: a flat area gives 0, so only differences are answered. It is separable, one "
        "column times one row: 3 + 3 multiplications would do for 3 × 3."
    )
    assert weights_sentence(typed_kernel("1 2 1; 2 4 2; 1 2 3").weights) == (
        "9 weights, which add up to 18: a flat area is multiplied by 18."
    )
    assert weights_sentence(typed_kernel("0 0").weights).startswith("2 weights, which add up to 0: a flat area")
    assert weights_sentence(typed_kernel("2").weights) == (
        "1 weight, which adds up to 2: a flat area is multiplied by 2."
    )
    assert weights_sentence(np.ones((3, 2, 2), np.float32)) == "12 weights, which add up to 12."
    broken = np.array([[[np.nan, 1], [2, 3]]], np.float32)
    assert weights_sentence(broken) == "4 weights, and some of them are not finite: nothing adds up."


# Typed kernels


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1 2 1; 2 4 2; 1 2 1", [[1, 2, 1], [2, 4, 2], [1, 2, 1]]),
        ("1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("1, -2;\n\n -3, +4;;", [[1, -2], [-3, 4]]),
        ("1/4 −1/2 1e2", [[0.25, -0.5, 100]]),
        ("5", [[5]]),
        ("0 0; 0 0", [[0, 0], [0, 0]]),
    ],
)
def test_what_is_typed_is_read(text: str, rows: list[list[float]]) -> None:
    assert typed_kernel(text).weights.tolist() == [rows]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" ;\n", "The kernel is empty. Type rows of numbers, such as 1 2 1; 2 4 2; 1 2 1."),
        ("1 2; 3", "Row 1 has 2 numbers and row 2 has 1. Give every row as many."),
        ("1; 2 3", "Row 1 has 1 number and row 2 has 2. Give every row as many."),
        ("1 nan", "'nan' in row 1 is not finite. Type a number that can be multiplied."),
        ("1; -inf", "'-inf' in row 2 is not finite. Type a number that can be multiplied."),
        ("1e999", "'1e999' in row 1 is not finite. Type a number that can be multiplied."),
        ("1e10", "'1e10' in row 1 is too large. Type numbers from -1e9 to 1e9."),
        (" ".join(["1"] * 16), "This kernel has 1 × 16 cells; at most 15 × 15 can be shown."),
        (";".join(["1"] * 17), "This kernel has 17 × 1 cells; at most 15 × 15 can be shown."),
    ],
)
def test_what_cannot_be_read_is_told(text: str, sentence: str) -> None:
    with pytest.raises(BadKernel) as error:
        typed_kernel(text)
    assert str(error.value) == sentence


@pytest.mark.parametrize("word", ["a", "1.2.3", "1/0", "1/2/3", "--1", "[1", "x" * 500])
def test_words_that_are_no_numbers(word: str) -> None:
    shown = word if len(word) <= 20 else word[:20] + "…"
    with pytest.raises(BadKernel) as error:
        typed_kernel(f"1 1; 1 {word}")
    assert str(error.value) == (
        f"'{shown}' in row 2 is not a number. Type numbers such as 2, -0.5 or 1/9, with spaces between them and a ; "
        "after each row."
    )


def test_a_kernel_as_text_is_the_kernel() -> None:
    for name in RECIPES:
        weights = named_kernel(name, RECIPES[name].sizes[-1]).weights
        assert np.array_equal(typed_kernel(as_text(weights[0])).weights, weights)
    assert as_text(named_kernel("Sobel x").weights[0]) == "-1 0 1; -2 0 2; -1 0 1"


def test_recipes_that_do_not_exist() -> None:
    with pytest.raises(BadKernel) as error:
        named_kernel("Sobelx")
    assert str(error.value).startswith("There is no kernel 'Sobelx'. Nearest: 'Sobel x'. Choose one of: Sobel x, ")
    with pytest.raises(BadKernel) as error:
        named_kernel("Laplacian", 5)
    assert str(error.value) == "The kernel 'Laplacian' cannot be made 5 × 5. Choose one of these sizes: 3."
    for angle, wavelength in ((0, 1), (0, 100), (math.inf, 4), (math.nan, 4), (0, math.nan)):
        with pytest.raises(BadKernel, match=r"cannot be drawn\. Choose 2 to 64 pixels and any angle\."):
            named_kernel("Gabor", 5, angle, wavelength)
