"""The kernel lab against cv2.filter2D, torch and a slow loop; its kernels against OpenCV's; its sentences."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

import explorer
from explorer.convolution.kernels import LARGEST, as_text, filter_kernel, first_layer, named_kernel, typed_kernel
from explorer.convolution.lab import (
    Experiment,
    convolve,
    input_names,
    is_as_recorded,
    own_experiment,
    size_question,
    source,
    sources,
)
from explorer.convolution.recipes import RECIPES, spread
from explorer.convolution.sentences import size_sentences, weights_sentence
from explorer.errors import BadKernel
from explorer.filters.measures import frequency, orientation
from explorer.geometry import Axis
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.trace import FloatArray, Trace
from explorer.ui.boundary import plain
from tests.tiny import chain, tiny_network

# (height, width), kernel, stride, padding, dilation
SETTINGS = [
    ((9, 9), (3, 3), (1, 1), (0, 0), (1, 1)),
    ((9, 11), (3, 3), (1, 1), (1, 1), (1, 1)),
    ((10, 13), (3, 5), (2, 2), (1, 1), (1, 1)),
    ((17, 12), (3, 3), (1, 1), (2, 2), (2, 2)),
    ((17, 14), (2, 4), (3, 3), (2, 2), (3, 3)),
    ((20, 18), (1, 1), (4, 4), (0, 0), (1, 1)),
    ((16, 19), (5, 3), (2, 3), (0, 4), (3, 1)),
    ((16, 16), (15, 15), (1, 1), (7, 7), (1, 1)),
    ((5, 5), (5, 5), (1, 1), (0, 0), (1, 1)),
    ((1, 1), (1, 1), (1, 1), (0, 0), (1, 1)),
    ((1, 1), (3, 3), (2, 2), (1, 1), (1, 1)),
]


def noise(*shape: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def experiments() -> list[Experiment]:
    """Every setting, with one channel and with three."""
    return [
        convolve(noise(n_in, *size), noise(n_in, *kernel, seed=1), stride, padding, dilation, bias)
        for size, kernel, stride, padding, dilation in SETTINGS
        for n_in, bias in ((1, 0.0), (3, 0.7))
    ]


def slowly(e: Experiment) -> FloatArray:
    """The definition, product by product."""
    (n_in, height, width), (_, k_y, k_x), window = e.source.shape, e.weights.shape, e.window
    found = np.empty(e.values.shape, np.float64)
    for y in range(found.shape[0]):
        for x in range(found.shape[1]):
            total = e.bias
            for c in range(n_in):
                for i in range(k_y):
                    for j in range(k_x):
                        at_y = y * window.stride[0] - window.padding[0] + i * window.dilation[0]
                        at_x = x * window.stride[1] - window.padding[1] + j * window.dilation[1]
                        if 0 <= at_y < height and 0 <= at_x < width:
                            total += float(e.weights[c, i, j]) * float(e.source[c, at_y, at_x])
            found[y, x] = total
    return found.astype(np.float32)


def by_opencv(e: Experiment) -> FloatArray:
    """filter2D gives a value for every pixel of a padded picture: those whose window fits in are cut out, and strided.

    Dilation is a kernel with zeros between its cells, and the anchor its first cell.
    """
    window, total = e.window, None
    for plane, kernel in zip(e.source, e.weights, strict=True):
        spans = [d * (k - 1) + 1 for d, k in zip(window.dilation, window.kernel, strict=True)]
        spread_out = np.zeros(spans, np.float32)
        spread_out[:: window.dilation[0], :: window.dilation[1]] = kernel
        padded = np.pad(plane, [(p, p) for p in window.padding])
        everywhere = cv2.filter2D(padded, cv2.CV_32F, spread_out, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
        fitting = everywhere[: padded.shape[0] - spans[0] + 1, : padded.shape[1] - spans[1] + 1]
        strided = fitting[:: window.stride[0], :: window.stride[1]]
        total = strided if total is None else total + strided
    assert total is not None
    return np.asarray(total + np.float32(e.bias))


def by_torch(e: Experiment) -> FloatArray:
    layer = nn.Conv2d(len(e.source), 1, e.window.kernel, e.window.stride, e.window.padding, e.window.dilation)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(e.weights)[None])
        assert layer.bias is not None
        layer.bias.fill_(e.bias)
        return layer(torch.tensor(e.source)[None])[0, 0].numpy()


@pytest.mark.parametrize("reference", [slowly, by_opencv, by_torch])
def test_it_is_what_others_compute(reference: Callable[[Experiment], FloatArray]) -> None:
    for e in experiments():
        expected = reference(e)
        assert e.values.shape == expected.shape == e.window.output_size(*e.source.shape[1:])
        assert np.allclose(e.values, expected, rtol=1e-5, atol=1e-5 * np.abs(e.weights).sum())


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_on_a_photograph_is_what_opencv_computes(name: str, pocket_trace: Trace) -> None:
    plane = source(pocket_trace.prepared, "luminance")
    for size in (RECIPES[name].sizes[0], RECIPES[name].sizes[-1]):
        e = convolve(plane, named_kernel(name, size).weights, (2, 2), (size // 2, size // 2))
        assert np.allclose(e.values, by_opencv(e), atol=1e-5 * np.abs(e.weights).sum())


def test_the_result_is_read_only_float32() -> None:
    for e in experiments():
        assert e.values.dtype == np.float32
        assert not e.values.flags.writeable


def test_every_value_opens_into_its_products() -> None:
    for e in experiments():
        for y, x in np.ndindex(e.values.shape):
            cell = e.open(y, x)
            assert cell.agrees
            assert cell.value == e.values[y, x]
            assert math.isclose(cell.total, e.bias + float((cell.inputs * e.weights.astype(float)).sum()), abs_tol=1e-6)
            assert not cell.inputs[:, cell.is_padding].any()
    plane = np.arange(1, 26, dtype=np.float32).reshape(1, 5, 5)  # no zero but the padding
    e = convolve(plane, noise(1, 3, 3), (2, 2), (1, 1), (2, 2))
    assert e.open(0, 0).inputs[0].tolist() == [[0, 0, 0], [0, 7, 9], [0, 17, 19]]
    assert e.open(0, 0).is_padding.tolist() == [[True, True, True], [True, False, False], [True, False, False]]
    assert e.open(1, 0).inputs[0].tolist() == [[0, 7, 9], [0, 17, 19], [0, 0, 0]]


def test_a_sum_that_is_not_the_value_is_told() -> None:
    cell = convolve(noise(1, 5, 5), noise(1, 3, 3)).open(1, 1)
    wrong = type(cell)(**{**vars(cell), "value": cell.value + 0.01})
    assert not wrong.agrees


# The output size


def test_sizes_and_what_the_floor_drops_by_marking_what_is_read() -> None:
    for n in (1, 2, 7, 12):
        for k in (1, 2, 3, 5):
            for s in (1, 2, 3, 5):
                for p in (0, 1, 2):
                    for d in (1, 2, 3):
                        axis = Axis(n, k, s, p, d)
                        read, n_out, start = set(), 0, -p
                        while start + d * (k - 1) < n + p:
                            read |= {start + d * i for i in range(k)}
                            n_out, start = n_out + 1, start + s
                        assert max(axis.n_out, 0) == n_out
                        if n_out:
                            pixels = set(range(n))
                            assert axis.unread_end == len([i for i in pixels if i > max(read)])
                            assert axis.unread_between == len([i for i in pixels - read if i < max(read)])
                            assert axis.dropped == n + p - 1 - max(read)


def test_the_formula_is_written_out() -> None:
    e = convolve(noise(1, 224, 224), noise(1, 7, 7), (2, 2), (3, 3))
    assert size_sentences(e.axes, "the picture") == (
        "Height and width: ⌊(224 + 2 · 3 − 1 · (7 − 1) − 1) / 2⌋ + 1 = ⌊223 / 2⌋ + 1 = 112. The floor "
        "drops 1 row and column at the bottom and at the right, too few for another step: padding only, so all of the "
        "picture is within reach.",
    )
    e = convolve(noise(1, 9, 10), noise(1, 1, 3), (4, 4), (1, 0))
    assert size_sentences(e.axes, "the picture") == (
        "Height: ⌊(9 + 2 · 1 − 1 · (1 − 1) − 1) / 4⌋ + 1 = ⌊10 / 4⌋ + 1 = 3. The floor drops 2 rows at "
        "the bottom, too few for another step: 1 of padding and 1 of the picture, which no window reads. 6 more of the "
        "picture lie between what the windows read.",
        "Width: ⌊(10 + 2 · 0 − 1 · (3 − 1) − 1) / 4⌋ + 1 = ⌊7 / 4⌋ + 1 = 2. The floor drops 3 columns at "
        "the right, too few for another step, which no window reads. 1 more of the picture lies between what the "
        "windows read.",
    )
    e = convolve(noise(1, 8, 8), noise(1, 3, 3), (1, 1), (1, 1))
    assert size_sentences(e.axes, "the picture")[0].endswith(
        "The floor drops nothing: the last window ends with the last row and column of the padding."
    )
    e = convolve(noise(1, 8, 8), noise(1, 3, 3))
    assert size_sentences(e.axes, "the picture")[0].endswith(
        "The floor drops nothing: the last window ends with the last row and column."
    )


def test_the_question_has_one_right_answer_among_four() -> None:
    asked = experiments()
    asked += [convolve(noise(1, 32, 32), noise(1, 15, 15)), convolve(noise(1, 224, 224), noise(1, 3, 3), (2, 2))]
    for e in asked:
        question = size_question(e)
        assert len(set(question.answers)) == 4
        sizes = [tuple(map(int, answer.split(" × "))) for answer in question.answers]
        assert sizes == sorted(sizes)
        assert min(map(min, sizes)) > 0
        s, p, d = (int(question.text.split(f"{word} ")[1].split(",")[0].split(" ")[0].rstrip(":"))
                   for word in ("stride", "padding", "dilation"))  # fmt: skip
        assert (s, p, d) != (e.window.stride[0], e.window.padding[0], e.window.dilation[0])
        answer = convolve(e.source, e.weights, (s, s), (p, p), (d, d)).values.shape
        assert question.answers[question.right] == f"{answer[0]} × {answer[1]}"
        assert str(answer[0]) in question.why


def test_the_usual_slips_are_among_the_answers() -> None:
    question = size_question(convolve(noise(1, 224, 224), noise(1, 3, 3)))
    assert "stride 2, padding 1 and dilation 2" in question.text
    # right; rounded up; without dilation; without padding are 111, 112, 112 and 110
    assert question.answers[question.right] == "111 × 111"
    assert {"110 × 110", "112 × 112"} < set(question.answers)


# What it is laid over


def test_sources_are_the_picture_as_received(pocket_trace: Trace) -> None:
    prepared = pocket_trace.prepared
    assert sources(pocket_trace.network) == ("luminance", "red", "green", "blue")
    for c, name in enumerate(("red", "green", "blue")):
        found = source(prepared, name)
        assert found.shape == (1, *prepared.size)
        assert np.array_equal(np.round(found[0] * 255).astype(np.uint8), prepared.pixels[:, :, c])
    grey = cv2.cvtColor(prepared.pixels.astype(np.float32) / 255, cv2.COLOR_RGB2GRAY)
    assert np.allclose(source(prepared, "luminance")[0], grey, atol=1e-5)
    assert not source(prepared, "luminance").flags.writeable


def test_a_network_for_digits_has_brightness_alone(random_network: Callable[[str], Network]) -> None:
    network = random_network("lenet5")
    trace = explorer.run(network, load_sample("digit"))
    assert sources(network) == ("brightness",)
    assert input_names(network, "c1") == ("brightness",)
    plane = source(trace.prepared, "brightness")
    own = own_experiment(trace, "c1", 0).source
    assert np.allclose((plane - network.preprocessing.mean) / network.preprocessing.std, own, atol=1e-6)


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
    photo = noise(40, 50)
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


# What cannot be done


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"stride": (0, 0)}, "The stride cannot be 0. Choose 1 or more."),
        ({"dilation": (1, 0)}, "The dilation cannot be 0. Choose 1 or more."),
        ({"padding": (-1, 0)}, "The padding cannot be -1. Choose 0 or more."),
        ({"padding": (9, 9)}, "A padding of 9 is wider than the picture (8 × 8 pixels). Choose less padding."),
        (
            {"dilation": (4, 4)},
            "This kernel with dilation 4 spans 9 × 9 pixels, and the picture with its padding has 8 × 8: the result "
            "would have no value. Choose a smaller kernel, less dilation or more padding.",
        ),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, tuple[int, int]], sentence: str) -> None:
    with pytest.raises(BadKernel) as error:
        convolve(noise(1, 8, 8), noise(1, 3, 3), **settings)
    assert str(error.value) == sentence


def test_a_kernel_larger_than_the_picture() -> None:
    with pytest.raises(BadKernel) as error:
        convolve(noise(1, 4, 9), noise(1, 7, 7), padding=(1, 1))
    assert str(error.value) == (
        "This kernel spans 7 × 7 pixels, and the picture with its padding has 6 × 11: the result would have no value. "
        "Choose a smaller kernel, less dilation or more padding."
    )


def test_a_kernel_for_other_channels() -> None:
    with pytest.raises(BadKernel) as error:
        convolve(noise(1, 8, 8), noise(3, 3, 3))
    assert str(error.value) == "A kernel for 3 channels cannot be laid over 1. Choose a source with as many."


@pytest.mark.parametrize(("y", "x"), [(-1, 0), (0, 6), (6, 0)])
def test_a_place_outside(y: int, x: int) -> None:
    with pytest.raises(BadKernel) as error:
        convolve(noise(1, 8, 8), noise(1, 3, 3)).open(y, x)
    assert str(error.value) == f"The result has no value at y {y}, x {x}: y goes from 0 to 5, x from 0 to 5."


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


# The network's own


@pytest.mark.parametrize("name", ["lenet5", "basic_cnn", "googlenet"])
def test_a_first_layer_laid_over_by_hand_is_what_was_recorded(
    name: str, random_network: Callable[[str], Network]
) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("digit" if name == "lenet5" else "chelsea"))
    layer = first_layer(network)
    assert layer is not None
    for filter in (0, network.layer(layer).n_channels - 1):
        e = own_experiment(trace, layer, filter)
        assert np.allclose(e.values, trace[layer][filter], atol=1e-4 * float(np.abs(trace[layer]).max()))
        assert is_as_recorded(trace, layer, filter)
        kernel = filter_kernel(trace, layer, filter)
        assert np.array_equal(kernel.weights, network.weights(layer)["weight"][filter])
        assert len(input_names(network, layer)) == len(kernel.weights)
        assert "drawn at random" in kernel.formula


def test_a_map_that_is_another_one_is_told(
    pocket_trace: Trace, pocket: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_as_recorded(pocket_trace, "conv1", 3)
    recorded = pocket_trace["conv1"]
    monkeypatch.setattr(Trace, "__getitem__", lambda trace, layer: np.roll(recorded, 1, axis=0))
    assert not is_as_recorded(pocket_trace, "conv1", 3)


def test_a_bias_is_added(image: ImageInput) -> None:
    network = tiny_network(chain(nn.Conv2d(3, 2, 3, stride=2, padding=1, dilation=2)))
    trace = explorer.run(network, image)
    kernel = filter_kernel(trace, "0", 1)
    assert kernel.bias == pytest.approx(float(network.weights("0")["bias"][1]))
    assert kernel.bias != 0
    assert is_as_recorded(trace, "0", 1)


def test_networks_without_a_first_convolution(
    random_network: Callable[[str], Network], pocket: Network, pocket_trace: Trace
) -> None:
    assert first_layer(random_network("mlp")) is None
    assert first_layer(pocket) == "conv1"
    with pytest.raises(BadKernel) as error:
        filter_kernel(pocket_trace, "conv1", 32)
    assert str(error.value) == f"conv1 has no filter 32; its filters are 0 to {len(pocket_trace['conv1']) - 1}."


# The section of the page


def _section(name: str, picture: str) -> None:
    from explorer.pictures.samples import load_sample
    from explorer.ui.kernel_lab import kernel_lab
    from explorer.ui.session import Selection, network

    kernel_lab(Selection(load_sample(picture), network(name, "project"), None))


def section(network: str = "pocket_resnet", picture: str = "chelsea", **settings: str) -> AppTest:
    """The section as a page of its own, opened with a link."""
    app = AppTest.from_function(_section, default_timeout=60, args=(network, picture))
    for key, value in settings.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    """All that is written there, as a reader sees it."""
    return " ".join(element.value for element in [*app.markdown, *app.caption]).replace("\\", "")


def test_every_kernel_can_be_chosen() -> None:
    app = section()
    names = [*RECIPES, "typed", "filter of the first layer"]
    assert app.selectbox(key="lab_kernel").options == names
    for name in names:
        app.selectbox(key="lab_kernel").set_value(name).run()
        assert not app.exception
        assert not app.error
        assert "✓" in said(app)
        assert "✗" not in said(app)
        assert app.radio[0].options == list(dict.fromkeys(app.radio[0].options))


def test_what_is_typed_wrong_can_be_corrected() -> None:
    app = section(lab_kernel="typed", lab_typed="1 x")
    assert [error.value for error in app.error] == [
        plain(
            "'x' in row 1 is not a number. Type numbers such as 2, -0.5 or 1/9, with spaces between them and a ; after "
            "each row."
        )
    ]
    app.text_area(key="lab_typed").set_value("0 0; 0 0").run()
    assert not app.error
    assert "All values are 0." in said(app)
    app.text_area(key="lab_typed").set_value("").run()  # the example stands there in its stead
    assert "16 weights" not in said(app)
    assert "9 weights, which add up to 16" in said(app)


def test_a_recipe_can_be_changed_by_hand() -> None:
    app = section(lab_kernel="Gaussian", lab_size="5")
    app.button(key="lab-edit").click().run()
    assert app.selectbox(key="lab_kernel").value == "typed"
    assert app.text_area(key="lab_typed").value == as_text(named_kernel("Gaussian", 5).weights[0])
    assert "Typed, 5 × 5, laid over luminance: 156 × 156 values" in said(app)


def test_a_window_that_does_not_fit_is_told_and_can_be_corrected() -> None:
    app = section("lenet5", "digit", lab_kernel="box", lab_size="15", lab_dilation="3")
    assert [error.value for error in app.error] == [
        plain(
            "This kernel with dilation 3 spans 43 × 43 pixels, and the picture with its padding has 32 × 32: the "
            "result would have no value. Choose a smaller kernel, less dilation or more padding."
        )
    ]
    app.number_input(key="lab_padding").set_value(6).run()
    assert not app.error
    assert "2 × 2 values" in said(app)


@pytest.mark.parametrize(
    ("network", "picture"), [("pocket_resnet", "chelsea"), ("lenet5", "digit"), ("basic_cnn", "chelsea")]
)
def test_the_network_s_own_filters_tick_unless_it_does_otherwise(network: str, picture: str) -> None:
    app = section(network, picture, lab_kernel="filter of the first layer", lab_filter="3")
    assert "values are what the network recorded as channel 3 of" in said(app)
    app.toggle(key="lab_other").set_value(True).run()
    app.number_input(key="lab_stride").set_value(3).run()
    assert not app.error
    assert "it recorded nothing to compare with" in said(app)


def test_a_network_of_dense_layers_has_the_lab_without_filters() -> None:
    app = section("mlp", "digit", lab_kernel="filter of the first layer")
    assert not app.error
    assert "filter of the first layer" not in app.selectbox(key="lab_kernel").options
    assert app.selectbox(key="lab_source").options == ["brightness"]
