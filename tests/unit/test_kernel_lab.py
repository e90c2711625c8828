"""The kernel lab against cv2.filter2D, torch and a slow loop."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.convolution.kernels import filter_kernel, first_layer, named_kernel
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
from explorer.convolution.recipes import RECIPES
from explorer.convolution.sentences import size_sentences
from explorer.errors import BadKernel
from explorer.geometry import Axis
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.trace import FloatArray, Trace
from tests.arrays import numbers
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


def experiments() -> list[Experiment]:
    """Every setting, with one channel and with three."""
    return [
        convolve(numbers(n_in, *size), numbers(n_in, *kernel, seed=1), stride, padding, dilation, bias)
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
    plane = source(pocket_trace.network, pocket_trace.prepared, "luminance")
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
    e = convolve(plane, numbers(1, 3, 3), (2, 2), (1, 1), (2, 2))
    assert e.open(0, 0).inputs[0].tolist() == [[0, 0, 0], [0, 7, 9], [0, 17, 19]]
    assert e.open(0, 0).is_padding.tolist() == [[True, True, True], [True, False, False], [True, False, False]]
    assert e.open(1, 0).inputs[0].tolist() == [[0, 7, 9], [0, 17, 19], [0, 0, 0]]


def test_a_sum_that_is_not_the_value_is_told() -> None:
    cell = convolve(numbers(1, 5, 5), numbers(1, 3, 3)).open(1, 1)
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
    e = convolve(numbers(1, 224, 224), numbers(1, 7, 7), (2, 2), (3, 3))
    assert size_sentences(e.axes, "the picture") == (
        "Height and width: ⌊(224 + 2 · 3 − 1 · (7 − 1) − 1) / 2⌋ + 1 = ⌊223 / 2⌋ + 1 = 112. The floor "
        "drops 1 row and column at the bottom and at the right, too few for another step: padding only, so all of the "
        "picture is within reach.",
    )
    e = convolve(numbers(1, 9, 10), numbers(1, 1, 3), (4, 4), (1, 0))
    assert size_sentences(e.axes, "the picture") == (
        "Height: ⌊(9 + 2 · 1 − 1 · (1 − 1) − 1) / 4⌋ + 1 = ⌊10 / 4⌋ + 1 = 3. The floor drops 2 rows at "
        "the bottom, too few for another step: 1 of padding and 1 of the picture, which no window reads. 6 more of the "
        "picture lie between what the windows read.",
        "Width: ⌊(10 + 2 · 0 − 1 · (3 − 1) − 1) / 4⌋ + 1 = ⌊7 / 4⌋ + 1 = 2. The floor drops 3 columns at "
        "the right, too few for another step, which no window reads. 1 more of the picture lies between what the "
        "windows read.",
    )
    e = convolve(numbers(1, 8, 8), numbers(1, 3, 3), (1, 1), (1, 1))
    assert size_sentences(e.axes, "the picture")[0].endswith(
        "The floor drops nothing: the last window ends with the last row and column of the padding."
    )
    e = convolve(numbers(1, 8, 8), numbers(1, 3, 3))
    assert size_sentences(e.axes, "the picture")[0].endswith(
        "The floor drops nothing: the last window ends with the last row and column."
    )


def test_the_question_has_one_right_answer_among_four() -> None:
    asked = experiments()
    asked += [
        convolve(numbers(1, 32, 32), numbers(1, 15, 15)),
        convolve(numbers(1, 224, 224), numbers(1, 3, 3), (2, 2)),
    ]
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
    question = size_question(convolve(numbers(1, 224, 224), numbers(1, 3, 3)))
    assert "stride 2, padding 1 and dilation 2" in question.text
    # right; rounded up; without dilation; without padding are 111, 112, 112 and 110
    assert question.answers[question.right] == "111 × 111"
    assert {"110 × 110", "112 × 112"} < set(question.answers)


# What it is laid over


def test_sources_are_the_picture_as_received(pocket_trace: Trace) -> None:
    prepared = pocket_trace.prepared
    assert sources(pocket_trace.network) == ("luminance", "red", "green", "blue")
    for c, name in enumerate(("red", "green", "blue")):
        found = source(pocket_trace.network, prepared, name)
        assert found.shape == (1, *prepared.size)
        assert np.array_equal(np.round(found[0] * 255).astype(np.uint8), prepared.pixels[:, :, c])
    grey = cv2.cvtColor(prepared.pixels.astype(np.float32) / 255, cv2.COLOR_RGB2GRAY)
    assert np.allclose(source(pocket_trace.network, prepared, "luminance")[0], grey, atol=1e-5)
    assert not source(pocket_trace.network, prepared, "luminance").flags.writeable


def test_a_network_for_digits_has_brightness_alone(random_network: Callable[[str], Network]) -> None:
    network = random_network("lenet5")
    trace = explorer.run(network, load_sample("digit"))
    assert sources(network) == ("brightness",)
    assert input_names(network, "c1") == ("brightness",)
    plane = source(trace.network, trace.prepared, "brightness")
    own = own_experiment(trace, "c1", 0).source
    assert np.allclose(network.preprocessing.scaled(torch.tensor(plane)), own, atol=1e-6)


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
        convolve(numbers(1, 8, 8), numbers(1, 3, 3), **settings)
    assert str(error.value) == sentence


def test_a_kernel_larger_than_the_picture() -> None:
    with pytest.raises(BadKernel) as error:
        convolve(numbers(1, 4, 9), numbers(1, 7, 7), padding=(1, 1))
    assert str(error.value) == (
        "This kernel spans 7 × 7 pixels, and the picture with its padding has 6 × 11: the result would have no value. "
        "Choose a smaller kernel, less dilation or more padding."
    )


def test_a_kernel_for_other_channels() -> None:
    with pytest.raises(BadKernel) as error:
        convolve(numbers(1, 8, 8), numbers(3, 3, 3))
    assert str(error.value) == "A kernel for 3 channels cannot be laid over 1. Choose a source with as many."


@pytest.mark.parametrize(("y", "x"), [(-1, 0), (0, 6), (6, 0)])
def test_a_place_outside(y: int, x: int) -> None:
    with pytest.raises(BadKernel) as error:
        convolve(numbers(1, 8, 8), numbers(1, 3, 3)).open(y, x)
    assert str(error.value) == f"The result has no value at y {y}, x {x}: y goes from 0 to 5, x from 0 to 5."


# The network's own


@pytest.mark.parametrize("name", ["lenet5", "basic_cnn", "googlenet"])
def test_a_first_layer_laid_over_by_hand_is_what_was_recorded(
    name: str, random_network: Callable[[str], Network]
) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("digit" if name == "lenet5" else "chelsea"))
    layer = first_layer(network)
    assert layer is not None
    for index in (0, network.layer(layer).n_channels - 1):
        e = own_experiment(trace, layer, index)
        assert np.allclose(e.values, trace[layer][index], atol=1e-4 * float(np.abs(trace[layer]).max()))
        assert is_as_recorded(trace, layer, index)
        kernel = filter_kernel(trace, layer, index)
        assert np.array_equal(kernel.weights, network.weights(layer)["weight"][index])
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
