"""Questions that the network's own build answers: how many, how large, how far it sees."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..convolution import sentences as of_convolutions
from ..errors import BadLesson
from ..loading.catalog import CATALOG
from ..pooling import sentences as of_poolings
from ..pooling.layers import pooling_of
from ..questions import Question
from ..trace import Trace
from ..wording import by, plural
from .lesson import Ask

_N_ANSWERS = 4


def of_numbers(text: str, right: int, others: Iterable[int], why: str) -> Question:
    """A question for a number; the wrong ones are those of `others` that are nearest to it in ratio, and above 0."""
    wrong = {one for one in others if one > 0 and one != right}
    near = sorted(wrong, key=lambda one: (abs(math.log(one / right)), one))[: _N_ANSWERS - 1]
    answers = sorted([right, *near])
    return Question(text, tuple(f"{one:,}" for one in answers), answers.index(right), why)


def input_numbers(trace: Trace, ask: Ask) -> Question:
    """How many numbers the network receives of a picture: channels × height × width."""
    shape = tuple(trace.prepared.tensor.shape[1:])
    n, (height, width) = math.prod(shape), shape[1:]
    others = (height * width, 2 * height * width, 3 * height * width, height + width, 3 * (height + width), 256)
    return of_numbers(
        f"How many numbers does {trace.network.title} receive of a picture?", n, others,
        f"{by(shape)} = {n:,}: {'one shade' if shape[0] == 1 else f'{shape[0]} colours'} for each of "
        f"{height} rows of {width} pixels.",
    )  # fmt: skip


def output_size(trace: Trace, ask: Ask) -> Question:
    """How high the maps of a layer are, worked out from its window. Raises BadLesson for a layer without one."""
    network = trace.network
    layer = network.layer(ask.layer)
    found = (
        of_poolings.size_question(network, pooling_of(network, ask.layer))
        if layer.pooling is not None
        else of_convolutions.size_question(network, ask.layer)
    )
    if found is None:
        raise BadLesson(f"{ask.layer} has no window whose size is to be worked out. Choose a convolution or a pooling.")
    return found


def n_maps(trace: Trace, ask: Ask) -> Question:
    """How many maps a layer gives."""
    layer = trace.network.layer(ask.layer)
    n, height = layer.n_channels, (layer.size or (1,))[0]
    return of_numbers(
        f"How many maps does {ask.layer} of {trace.network.title} give?", n, (n // 2, 2 * n, 3, height, 4 * n),
        f"{ask.layer} gives {by(layer.shape)} numbers: {n:,} maps, each {by(layer.shape[1:])}.",
    )  # fmt: skip


def n_places(trace: Trace, ask: Ask) -> Question:
    """How many cells a map of a layer has."""
    layer = trace.network.spatial_layer(ask.layer)
    height, width = layer.size
    n, side = height * width, trace.network.preprocessing.size
    return of_numbers(
        f"The picture has {side} × {side} pixels. How many places has a map of {ask.layer}?", n,
        (side * side, side, n // 4, 4 * n, height),
        f"{height} × {width} = {n:,} places. Each stands for a patch of the picture; {layer.n_channels:,} maps say "
        "what is there.",
    )  # fmt: skip


def n_weights(trace: Trace, ask: Ask) -> Question:
    """How many weights a convolution or a dense layer has, its biases aside. Raises BadLesson for one without."""
    weights = trace.network.weights(ask.layer).get("weight")
    if weights is None or weights.ndim < 2:
        raise BadLesson(f"{ask.layer} multiplies by no weights. Choose a convolution or a dense layer.")
    n, shape = weights.size, weights.shape
    n_side = math.prod(shape[2:])
    others = (n // shape[0], n // shape[1], n // max(2, n_side), shape[0] + shape[1], 2 * n, n_side * shape[0])
    return of_numbers(
        f"How many weights has {ask.layer}, its biases aside?", n, others,
        f"{by(shape)} = {n:,}: {shape[0]:,} filters, each with one {'kernel' if n_side > 1 else 'weight'} for every "
        f"one of {plural(shape[1], 'input')}.",
    )  # fmt: skip


def n_parameters(trace: Trace, ask: Ask) -> Question:
    """How many numbers the whole network learned; the wrong answers are those of other networks."""
    network = trace.network
    n = sum(layer.n_parameters for layer in network.layers.values())
    return of_numbers(
        f"How many numbers did {network.title} learn, in all?", n, (info.n_parameters for info in CATALOG.values()),
        f"{n:,} weights and biases, all of them found by training.",
    )  # fmt: skip


def receptive_field(trace: Trace, ask: Ask) -> Question:
    """How wide the patch of the picture is that one cell of a layer can see."""
    network = trace.network
    field = network.layer(ask.layer).receptive_field
    side = network.preprocessing.size
    if field.whole:
        raise BadLesson(f"Each number of {ask.layer} sees the whole picture. Choose a layer with maps.")
    width = field.size[1]
    widths = [one.receptive_field.size[1] for one in network.layers.values() if not one.receptive_field.whole]
    reach = "It is wider than the picture: what lies outside counts as padding." if width > side else ""
    return of_numbers(
        f"How many pixels wide is the patch that one cell of {ask.layer} can see, in a picture {side} wide?", width,
        (*widths, side, network.layer(ask.layer).size[1] if network.layer(ask.layer).size else 1),
        f"{width} pixels. Each layer with a window before it widened the patch. {reach}".strip(),
    )  # fmt: skip
