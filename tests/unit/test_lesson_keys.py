"""Every answer of the lessons that come along, worked out again by other means than the lessons': from the recorded
arrays, the weights and the formulas of textbooks."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

import explorer
from explorer.challenges import changed
from explorer.lessons import Ask, shelf
from explorer.lessons.history import HUMAN, SECOND, WINNERS
from explorer.lessons.lesson import Setting
from explorer.lessons.questions import KINDS, check_lesson, question_of
from explorer.networks.network import Network
from explorer.pictures import load_sample
from explorer.questions import Question
from explorer.trace import Trace
from explorer.wording import number
from tests.sentences.case import field_of

LESSONS = shelf().lessons
ASKS = [(f"{name}-{i}", ask) for name, lesson in LESSONS.items() for i, ask in enumerate(lesson.asks)]
Expected = Callable[[Trace, Ask, Question], str]


@cache
def network(name: str, weights: str) -> Network:
    return explorer.load_network(name, "pretrained" if weights == "Trained" else "random")


@cache
def trace_of(setting: Setting) -> Trace:
    return explorer.run(network(setting.network, setting.weights), load_sample(setting.sample), "top")


def source(trace: Trace, layer: str) -> np.ndarray:
    inputs = trace.network.layer(layer).inputs
    return trace[inputs[0]] if inputs else trace.prepared.tensor[0].numpy()


def strongest_colour(trace: Trace, ask: Ask, asked: Question) -> str:
    """The sixth of the seven bars is red, by the standard of the test card."""
    assert load_sample("bars").pixels[80, 252].tolist() == trace.prepared.pixels[ask.y, ask.x].tolist()
    return ("red", "green", "blue")[np.argmax(load_sample("bars").pixels[80, 252])]


def quarter(trace: Trace, ask: Ask, asked: Question) -> str:
    values = trace[ask.layer].ravel().tolist()
    share = sum(value == 0 for value in values) / len(values)
    low = next(i for i in (3, 2, 1, 0) if share >= i / 4)
    return asked.answers[low]


def after_relu(trace: Trace, ask: Ask, asked: Question) -> str:
    return number(max(0.0, float(source(trace, ask.layer)[ask.channel].min())))


def which_window(trace: Trace, ask: Ask, asked: Question) -> str:
    """Of the four places the one whose 2 x 2 cells have the number in the question as their maximum or mean."""
    wanted = re.search(r"Of which is (\S+) the (largest value|mean)", asked.text)
    assert wanted is not None
    fold = np.max if wanted[2] == "largest value" else np.mean
    found = {}
    for letter, y, x in re.findall(r"([A-D]) \S+ \(y (\d+), x (\d+)\)", asked.why):
        top, left = 2 * int(y), 2 * int(x)
        found[letter] = number(float(fold(source(trace, ask.layer)[ask.channel, top : top + 2, left : left + 2])))
    (right,) = (letter for letter, value in found.items() if value == wanted[1])
    return right


def sum_and_bias(trace: Trace, ask: Ask, asked: Question) -> str:
    weights = trace.network.weights(ask.layer)
    y, x = np.unravel_index(trace[ask.layer][ask.channel].argmax(), trace[ask.layer].shape[1:])
    kernel = weights["weight"][ask.channel].astype(float)
    window = source(trace, ask.layer)[:, y : y + kernel.shape[1], x : x + kernel.shape[2]]
    products = sum(a * b for a, b in zip(kernel.ravel(), window.astype(float).ravel(), strict=True))
    assert number(products) in asked.text
    return number(products + float(weights["bias"][ask.channel]))


def which_kernel(trace: Trace, ask: Ask, asked: Question) -> str:
    """The one whose own sliding over the picture gives the recorded map, by how alike its drawing is."""
    layer = trace.network.layer(ask.layer)
    kernels = torch.from_numpy(trace.network.weights(ask.layer)["weight"].copy())
    made = F.conv2d(trace.prepared.tensor, kernels, stride=layer.window.stride, padding=layer.window.padding)[0].numpy()
    recorded = trace[ask.layer][ask.channel]
    fits = [np.corrcoef(one.ravel(), recorded.ravel())[0, 1] for one in made]
    assert int(np.argmax(fits)) == ask.channel
    kernel = kernels[ask.channel].numpy()
    side = kernel.shape[-1]
    alike = []
    for png in asked.pictures:
        drawn = np.asarray(Image.open(io.BytesIO(png)).convert("RGB").resize((side, side)), float)
        drawn = np.moveaxis(drawn, 2, 0) if len(kernel) == 3 else drawn[None, :, :, 0] - drawn[None, :, :, 2]
        alike.append(float(np.corrcoef(drawn.ravel(), kernel.ravel())[0, 1]))
    assert max(alike) > 0.9 > 0.5 > min(alike)
    return "AB"[int(np.argmax(alike))]


def added(trace: Trace, ask: Ask, asked: Question) -> str:
    one, other = (trace[name] for name in trace.network.layer(ask.layer).inputs)
    return number(float((one + other).max()))


def strongest_channel(trace: Trace, ask: Ask, asked: Question) -> str:
    channels = [int(answer.split()[1]) for answer in asked.answers]
    return f"channel {max(channels, key=lambda c: trace[ask.layer][c].sum())}"


def adds_most(trace: Trace, ask: Ask, asked: Question) -> str:
    channels = [int(answer.split()[1]) for answer in asked.answers]
    weights = trace.network.weights("fc")["weight"][int(trace.logits.argmax())]
    return f"channel {max(channels, key=lambda c: trace['layer4'][c].mean() * weights[c])}"


def class_after(trace: Trace, ask: Ask, asked: Question) -> str:
    after = explorer.run(trace.network, changed(trace.image, ask.change, ask.strength))
    share = np.sort(after.probabilities)[::-1]
    assert share[0] > 1.1 * share[1], "another machine's last digits must not decide"
    return trace.network.categories[int(after.logits.argmax())]


def where(trace: Trace, ask: Ask, asked: Question) -> str:
    """Grad-CAM by its paper's equations, enlarged by torch."""
    layer = trace.network.cam_layer
    weights = trace.gradient(layer).mean(axis=(1, 2))
    cam = torch.from_numpy(np.maximum(np.tensordot(weights, trace[layer], 1), 0))[None, None]
    side = trace.network.preprocessing.size
    large = F.interpolate(cam, (side, side), mode="bilinear", align_corners=False)[0, 0].numpy()
    half = side // 2
    sums = large.reshape(2, half, 2, half).sum(axis=(1, 3)).ravel()
    assert sorted(sums)[-1] > 1.05 * sorted(sums)[-2]
    return ("top left", "top right", "bottom left", "bottom right")[int(sums.argmax())]


def receptive_field(trace: Trace, ask: Ask, asked: Question) -> str:
    layer = trace.network.resolve(ask.layer)
    first, last = field_of(trace.network, layer, trace.network.layer(layer).size[1] // 2, 1)
    return f"{last - first + 1:,}"


def n_parameters(trace: Trace, ask: Ask, asked: Question) -> str:
    tensors = [trace.network.weights(name) for name in trace.network.layers]
    return f"{sum(one[key].size for one in tensors for key in ('weight', 'bias') if key in one):,}"


EXPECTED: dict[str, Expected] = {
    "input_numbers": lambda trace, ask, asked: f"{trace.prepared.tensor.numel():,}",
    "strongest_colour": strongest_colour,
    "output_size": lambda trace, ask, asked: f"{trace[ask.layer].shape[1]}",
    "n_maps": lambda trace, ask, asked: f"{trace[ask.layer].shape[0]:,}",
    "n_places": lambda trace, ask, asked: f"{trace[ask.layer][0].size:,}",
    "n_weights": lambda trace, ask, asked: f"{trace.network.weights(ask.layer)['weight'].size:,}",
    "n_parameters": n_parameters,
    "receptive_field": receptive_field,
    "share_of_zeros": quarter,
    "after_relu": after_relu,
    "which_window": which_window,
    "sum_and_bias": sum_and_bias,
    "which_kernel": which_kernel,
    "added": added,
    "strongest_channel": strongest_channel,
    "adds_most": adds_most,
    "top_class": lambda trace, ask, asked: trace.network.categories[int(trace.logits.argmax())],
    "class_after": class_after,
    "where": where,
    "choice": lambda trace, ask, asked: ask.right,
}


def test_every_kind_of_question_is_worked_out_again() -> None:
    assert set(EXPECTED) == set(KINDS)
    assert {ask.kind for _, ask in ASKS} == set(KINDS), "a kind that no lesson asks"
    assert len(LESSONS) == 11
    assert not shelf().problems


@pytest.mark.parametrize("ask", [ask for _, ask in ASKS], ids=[name for name, _ in ASKS])
def test_the_answer_is_the_network_s(ask: Ask) -> None:
    trace = trace_of(ask.setting)
    asked = question_of(trace, ask)
    assert asked.answers[asked.right] == EXPECTED[ask.kind](trace, ask, asked)
    assert 2 <= len({*asked.answers}) == len(asked.answers)
    assert asked.why.endswith((".", "!"))
    assert asked.text.endswith("?")


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_whole(name: str) -> None:
    lesson = LESSONS[name]
    check_lesson(lesson, trace_of)
    assert lesson.looks
    assert 5 <= lesson.minutes <= 30
    assert all(len(step.text) < 450 for step in lesson.steps), "a step is read in half a minute"


def test_what_the_texts_say_of_the_networks_is_so() -> None:
    pocket, basic = (network(name, "Trained") for name in ("pocket_resnet", "basic_cnn"))
    for number_, said in ((62 * 62, "62 × 62 = 3,844"), (basic.layer("relu1").size[0], "62 × 62")):
        assert said in LESSONS["06_pooling"].steps[2].text
        assert f"{number_:,}" in said
    assert ", ".join(pocket.categories) in LESSONS["08_classes"].steps[2].text
    assert pocket.layer("maxpool").receptive_field.jump == (4, 4)  # a cell is 4 pixels wide and sees 11
    assert pocket.layer("maxpool").receptive_field.size == (11, 11)
    assert pocket.layer("maxpool").window.kernel > pocket.layer("maxpool").window.stride  # they overlap
    assert float((trace_of(Setting("pocket_resnet", "chelsea"))["layer4"] == 0).mean()) > 0.75
    networks = {info.name: info for info in explorer.list_networks()}
    assert round(networks["alexnet"].n_parameters / 1e6) == 61
    assert networks["efficientnet_lite0"].year == 2020
    assert networks["pocket_resnet"].year == 2026


def test_the_errors_by_year() -> None:
    """As the papers have them (in percent), and as the question of that lesson asks."""
    assert [(one.year, round(100 * one.error, 2)) for one in WINNERS] == [
        (2010, 28.2), (2011, 25.8), (2012, 16.4), (2013, 11.7), (2014, 6.7), (2015, 3.57), (2016, 2.99), (2017, 2.25),
    ]  # fmt: skip
    assert (HUMAN.error, SECOND.error) == (0.051, 0.073)
    assert LESSONS["11_history"].question.right == str(next(one.year for one in WINNERS if one.error < HUMAN.error))
